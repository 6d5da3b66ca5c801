/*
 * path.h - the mode "path": what of TLS gets through to a server, and what does not.
 *
 * Works against any TLS server: where it does not echo, a handshake is all that can be proven.
 */
#ifndef SECHO_CLIENT_PATH_H
#define SECHO_CLIENT_PATH_H

#include <stdbool.h>
#include <stdint.h>

#include "client/client.h"

/* One row of the table each, in this order. */
enum path_kind {
    PATH_SMALL,    /* a ClientHello that is small: when even that fails there is nothing to try */
    PATH_LARGE,    /* one larger than a segment */
    PATH_SPLIT,    /* one in two segments, cut within the header of its record */
    PATH_RETRY,    /* a key of a group that the server has not: it has to ask for a second hello */
    PATH_OLD,      /* TLS 1.2 only */
    PATH_NAMELESS, /* no server name (SNI) */
    PATH_IDLE,     /* a connection that is silent for long */
    PATH_KINDS,
};

enum path_result {
    PATH_NOT_TRIED,    /* `words` say why not */
    PATH_WORKS,        /* a whole handshake, and the bytes came back */
    PATH_DECIDED,      /* the server itself refused it, in words of TLS: `failure` */
    PATH_NOT_PROVOKED, /* this server does not let it come to that: `words` */
    PATH_FAILS,        /* something on the way, or the server, breaks it: `failure` */
};

#define PATH_WORDS_SIZE 160

struct path_try {
    enum path_result result;
    char words[PATH_WORDS_SIZE]; /* what else is known: of what works, how */
    size_t hello_bytes;          /* of the first ClientHello, with its record; 0: none was sent */
    int64_t took_us;
    int64_t survived_ms, ended_ms; /* PATH_IDLE: of silence; ended_ms is 0 while it lives */
    bool again;                    /* it is the second attempt */
    struct failure failure;
};

struct path;

/* Told when a try begins, and when it has ended: path->tries[kind]. */
typedef void path_tell_fn(const struct path *path, enum path_kind kind);

/* Start from {0} and fill in the first part. */
struct path {
    struct secho_client_settings settings; /* the texts are the caller's */
    bool insecure;
    client_trace_fn *trace;       /* or NULL */
    int64_t idle_ms;              /* the longest silence to try; 0: none */
    bool told;                    /* on stdout: when nobody reads that any more, it ends */
    path_tell_fn *begins, *ended; /* or NULL */

    struct path_try tries[PATH_KINDS];
    bool shaken;                     /* there was a handshake at all */
    bool echoes;                     /* the server gives bytes back */
    bool deserted;                   /* `told`, and the reader has left in the silence */
    char version[16];                /* what the first handshake agreed on: "TLSv1.3" */
    char host[256];                  /* as in the settings, without brackets */
    char address[ADDRESS_TEXT_SIZE]; /* of the server, "" without a connection */
    struct failure failure;          /* of the small hello: then nothing else was tried */
};

#define PATH_IDLE_MIN_MS 1000

/* How long each stage of a try may take: never for ever. */
int64_t path_patience_ms(const struct path *path);

/* All silences together, when the connection survives them. */
int64_t path_idle_takes_ms(const struct path *path);

const char *path_name(enum path_kind kind);            /* "large_hello": in JSON */
const char *path_label(enum path_kind kind);           /* "large hello": for people */
const char *path_result_name(enum path_result result); /* "works" */

/*
 * What on the way is known to do that, "a NAT, ...": when the try was cut off or refused in the
 * handshake, or forgotten after some silence. NULL: it would be a guess.
 */
const char *path_culprit(const struct path *path, enum path_kind kind);

/*
 * Tries everything. EXIT_PROVEN: nothing on the way breaks anything; EXIT_THRESHOLD: something
 * does; else path->failure has happened, and it is the exit status of that.
 */
enum exit_status path_run(struct path *path);

/*
 * All of it, and told on stdout: as one JSON object, or as a table, which `quiet` leaves out.
 * Returns path_run().
 */
int path_mode(struct path *path, bool json, bool quiet);

/* What is known after path_run() as a JSON object. NULL without memory; free() it. */
char *path_json(const struct path *path, enum exit_status status);

#endif
