/*
 * report.h - both ends' view of one connection: on the wire, as JSON, and compared. Pure: no I/O.
 *
 * Opt-in by ALPN "secho-report/1" (tls/alpn.h). Inside TLS then:
 *
 *     client   REPORT_REQUEST_BYTES: the line REPORT_ASK, then a nonce
 *     server   the line REPORT_TELL, four bytes of length (big endian), so much JSON; close_notify
 *
 * An end that knows nothing of this echoes the request, and so gives itself away.
 */
#ifndef SECHO_REPORT_H
#define SECHO_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"
#include "net/address.h"
#include "tls/alpn.h"
#include "tls/view.h"

/* ---- on the wire ---- */

#define REPORT_ASK           "secho-report/1\r\n"
#define REPORT_TELL          "secho-answer/1\r\n"
#define REPORT_LINE_BYTES    16
#define REPORT_NONCE_BYTES   32 /* also the context of the exporter */
#define REPORT_REQUEST_BYTES (REPORT_LINE_BYTES + REPORT_NONCE_BYTES)
#define REPORT_HEAD_BYTES    (REPORT_LINE_BYTES + 4)
#define REPORT_JSON_MAX      65535 /* bytes; no view is longer */

/* Writes a request with this nonce. */
void report_ask(const unsigned char nonce[static REPORT_NONCE_BYTES],
                unsigned char out[static REPORT_REQUEST_BYTES]);

/* Can these first bytes, `len` up to REPORT_REQUEST_BYTES, be (the beginning of) a request? */
bool report_is_request(const unsigned char *bytes, size_t len);

/* Writes what stands in front of `len` bytes of JSON. */
void report_head(size_t len, unsigned char out[static REPORT_HEAD_BYTES]);

/* What came back so far. */
enum report_came {
    REPORT_CAME_PART,   /* the beginning of an answer or of an echo */
    REPORT_CAME_ECHO,   /* the request itself */
    REPORT_CAME_ANSWER, /* a whole one: the JSON is `json` bytes long, behind the head */
    REPORT_CAME_OTHER,  /* neither */
};
enum report_came report_look(const unsigned char *bytes, size_t len,
                             const unsigned char request[static REPORT_REQUEST_BYTES],
                             size_t *json);

/* ---- a view ---- */

/* What a load balancer said in front (proxy_protocol.h). Texts are escaped, "" where it is silent.
 */
struct report_proxy {
    int version; /* 1 or 2; 0: there was no header */
    char source[ADDRESS_TEXT_SIZE], destination[ADDRESS_TEXT_SIZE];
    char authority[VIEW_TEXT], unique_id[VIEW_TEXT], alpn[VIEW_TEXT];
    bool tls;         /* the client spoke TLS to it */
    bool certificate; /* and showed a certificate */
    bool verified;    /* which was good */
    char tls_version[VIEW_TEXT], tls_suite[VIEW_TEXT], tls_client[VIEW_TEXT];
};

struct report_view {
    char software[64], openssl[64]; /* "secho 0.1", "OpenSSL 3.0.19 ..." */
    char host[VIEW_TEXT];           /* the name of its machine */
    char listener[VIEW_TEXT];       /* of a server */
    char time[32];                  /* RFC 3339 with milliseconds */
    char local[ADDRESS_TEXT_SIZE], peer[ADDRESS_TEXT_SIZE];
    char via[ADDRESS_TEXT_SIZE]; /* the proxy, when the peer is somebody behind it */
    struct report_proxy proxy;
    char verdict[VIEW_TEXT]; /* of this end on the certificate of the other */
    struct view tls;
};

/* One JSON object of at most REPORT_JSON_MAX bytes; free() it. NULL without memory. */
char *report_encode(const struct report_view *view);

/*
 * Reads it again, from an end that may be anybody: only JSON with the right types, at most
 * REPORT_JSON_MAX bytes; keys that it does not know are passed over, those that lack are "", 0,
 * false. Texts are escaped and cut. 0, or -1 and `why` says what is wrong (static).
 */
MUST_CHECK int report_decode(const char *json, size_t len, struct report_view *out,
                             const char **why);

/* ---- what it means ---- */

enum report_verdict {
    REPORT_END_TO_END, /* one TLS session: equal exporters */
    REPORT_TERMINATED, /* two sessions: somebody in between has opened TLS */
    REPORT_ECHOED,     /* likewise: ALPN was agreed on by somebody whom the far end does not know */
    REPORT_NONE,       /* ALPN was not agreed on */
    REPORT_UNKNOWN,    /* no exporter, and nothing else differs */
};

/* "end_to_end", "terminated" (twice), "no_report", "unknown": for scripts. */
const char *report_verdict_name(enum report_verdict verdict);

/* A sentence or two for people: what that means. */
const char *report_verdict_words(enum report_verdict verdict);

#define REPORT_NOTES_MAX 16
#define REPORT_NOTE_SIZE 640

/* What else is worth knowing: one sentence each. */
struct report_finding {
    enum report_verdict verdict;
    char notes[REPORT_NOTES_MAX][REPORT_NOTE_SIZE];
    size_t note_count;
};

/* Adds a note; one too many is left out. */
void report_note(struct report_finding *finding, const char *fmt, ...) PRINTF_LIKE(2, 3);

/*
 * Compares the view of a client (`here`) with that of the server (`there`).
 *
 * Equal exporters prove one session; other exporters, versions, suites or server certificates
 * prove two. What a proxy changes without opening TLS (addresses) is only noted.
 */
void report_compare(const struct report_view *here, const struct report_view *there,
                    struct report_finding *out);

#endif
