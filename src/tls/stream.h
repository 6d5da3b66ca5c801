/*
 * stream.h - handshake, SSL_read, SSL_write, goodbye: one answer type, no surprises.
 *
 * The only file that calls SSL_get_error. It also keeps the plain facts that explain a failure.
 */
#ifndef SECHO_STREAM_H
#define SECHO_STREAM_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>

#include <secho/error.h>

#include "tls/fault.h"

struct hello;

/* How one non-blocking attempt ended. */
enum io {
    IO_DONE,       /* it worked */
    IO_WANT_READ,  /* make the same call again when there is more to read */
    IO_WANT_WRITE, /* make the same call again when there is room to write */
    IO_EOF,        /* the peer said close_notify: a clean end */
    IO_FAILED,     /* the connection is over; err and the facts say why */
};

/* Why TLS gave up, in words that need no OpenSSL. */
enum stream_reason {
    STREAM_REASON_NONE,
    STREAM_REASON_TRUNCATED,         /* FIN without close_notify, or in the handshake */
    STREAM_REASON_SYSTEM,            /* the socket failed: err->os_errno */
    STREAM_REASON_NOT_TLS,           /* the first bytes are no TLS record */
    STREAM_REASON_ALERT,             /* the peer sent a fatal alert: alert_received */
    STREAM_REASON_NO_COMMON_VERSION, /* we refused: nothing in common */
    STREAM_REASON_NO_COMMON_SUITE,
    STREAM_REASON_NO_COMMON_GROUP,
    STREAM_REASON_NO_COMMON_SIGNATURE,
    STREAM_REASON_NO_COMMON_ALPN,
    STREAM_REASON_UNKNOWN_NAME,
    STREAM_REASON_CERTIFICATE_MISSING,  /* we need the peer's certificate and it sent none */
    STREAM_REASON_CERTIFICATE_REJECTED, /* we do not accept the peer's certificate */
    STREAM_REASON_PROTOCOL,             /* anything else: err has OpenSSL's words */
};

#define STREAM_NO_ALERT (-1)

#define STREAM_REFUSAL_SIZE 512

/* Whose certificate we refused, and why. Made only then: idle connections have no room for it. */
struct stream_refusal {
    enum fault fault;
    char subject[256];
    char why[STREAM_REFUSAL_SIZE]; /* behind "the certificate is refused: " */
};

struct stream_facts {
    enum stream_reason reason;
    short alert_received; /* number of the last alert but close_notify (RFC 8446 6.2), or none */
    short alert_sent;
    const char *words; /* OpenSSL's for `reason`, without its jargon; static, or NULL */
    struct stream_refusal *refusal; /* owned; NULL */
    struct hello *hello; /* owned; what a client has offered (hello.h). NULL: none came, or nobody
                            keeps it any more */
};

/*
 * Makes `facts` follow what happens on `tls` (info callback). The facts must live as long as
 * `tls`; call it after SSL_set_bio(), before anything is sent.
 */
void stream_watch(SSL *tls, struct stream_facts *facts);

/* Frees what the facts own. They stay as they are otherwise. */
void stream_facts_done(struct stream_facts *facts);

/* Puts the hello, from malloc, into the facts, in place of another one; frees it where nobody
 * watches. */
void stream_keep_hello(SSL *tls, struct hello *hello);

/* The handshake is done: no need to keep what was offered. */
void stream_forget_hello(struct stream_facts *facts);

/*
 * Notes that the peer's certificate is refused: this becomes STREAM_REASON_CERTIFICATE_REJECTED.
 * Returns the empty facts to fill in; NULL without memory, or where nobody watches.
 */
struct stream_refusal *stream_refuse(SSL *tls);

/* Was its certificate refused? Then its handshake never succeeds. */
bool stream_is_refused(const SSL *tls);

/*
 * How far the handshake of a server came, also after it failed: "client_hello" (until that was
 * taken), "client_certificate" (while that was looked at) or "handshake" (the rest). Static.
 */
const char *stream_stage(const SSL *tls);

/* The name of an alert as in RFC 8446, for example "unknown_ca". Never NULL. */
const char *stream_alert_name(int alert);

enum io stream_handshake(SSL *tls, struct secho_error *err);

/*
 * stream_read_early - the server's handshake up to its Finished, then the client's early data.
 *
 *   buf, len  as for stream_read()
 *   got       set to 1..len: so much came; or to 0: there is no (more) early data, go on with
 *             stream_handshake(). Only when IO_DONE is returned
 *
 * Call it first, where early data is taken, and in place of stream_handshake() until it says 0.
 * Early data that is not taken is skipped: the client sends it again after the handshake.
 */
enum io stream_read_early(SSL *tls, void *buf, size_t len, size_t *got, struct secho_error *err);

/*
 * A server's: to the client before its Finished, once stream_read_early() has returned IO_DONE
 * (0.5-RTT). A client's: along with its hello, before stream_handshake(), as much as the session
 * that it offers allows (SSL_SESSION_get_max_early_data(3)).
 */
enum io stream_write_early(SSL *tls, const void *buf, size_t len, size_t *put,
                           struct secho_error *err);

/*
 * Erases the ephemeral keys of the key exchange, ours and the peer's, which OpenSSL keeps as long
 * as the SSL: 430 bytes of each idle connection (X25519), and the secret with which recorded
 * traffic could be read. After the handshake nobody needs them (RFC 8446 7.1: it is the traffic
 * secrets from then on).
 */
void stream_forget_keys(SSL *tls);

/*
 * stream_read - take decrypted bytes that the peer sent.
 *
 *   buf, len  where to put them; at least 16 KiB, so that nothing stays inside OpenSSL
 *   got       set to 1..len, only when IO_DONE is returned
 *   err       filled only when IO_FAILED is returned
 *
 * IO_WANT_READ is also the answer after a record without plaintext (a KeyUpdate, a ticket): with
 * input left, call again. A FIN without close_notify is IO_FAILED with STREAM_REASON_TRUNCATED
 * (socket BIO only; the wire never feeds an end to OpenSSL).
 * Ownership: keeps no pointer. Thread: only the one that owns `tls`.
 */
enum io stream_read(SSL *tls, void *buf, size_t len, size_t *got, struct secho_error *err);
enum io stream_write(SSL *tls, const void *buf, size_t len, size_t *put, struct secho_error *err);

/*
 * After IO_WANT_READ: whether a record has ended there (one without data), or nothing has come at
 * all; false in the middle of one.
 */
bool stream_is_between_records(const SSL *tls);

/* Sends our close_notify; does not wait for the peer's. Forbidden after IO_FAILED. */
enum io stream_goodbye(SSL *tls, struct secho_error *err);

#endif
