/* path_try.h - one try of the mode path: a connection that is unusual in one way, and a verdict. */
#ifndef SECHO_CLIENT_PATH_TRY_H
#define SECHO_CLIENT_PATH_TRY_H

#include "client/path.h"

/* In which way it is unusual. {0} is the small hello. */
struct path_way {
    const char *groups;  /* in place of those of the settings, which are small by default */
    const char *version; /* this one only: "1.2"; NULL: as the settings say */
    size_t split;        /* bytes of the hello that go ahead; 0: in one piece */
    struct odd_hello odd;
};

/* What one connection was like. */
struct path_seen {
    bool shaken, retried;
    size_t alike; /* bytes of the echo that were the right ones */
    char version[16], group[32], suite[64];
};

/*
 * path_attempt - one connection: handshake, 32 random bytes there and back, goodbye.
 *
 *   out   result, hello_bytes, took_us and failure are filled in
 *   seen  set in any case
 *
 * Without path->echoes the handshake is all that is asked for. What was reset or refused without
 * an answer gets a second attempt: out->again.
 */
void path_attempt(struct path *path, enum path_kind kind, const struct path_way *way,
                  struct path_try *out, struct path_seen *seen);

/*
 * A client for a try, not opened; NULL and `failure` when there can be none. secho_client_free()
 * it.
 */
struct secho_client *path_client(const struct path *path, const struct path_way *way,
                                 struct failure *failure);

/* Was it cut off or refused in the handshake, as machines on the way do it? */
bool path_is_cut(const struct failure *failure);

/*
 * Does what failed deserve another attempt? Then it has rested for more than a second. Servers and
 * firewalls may take so many connections of an address in a second, and ours come fast.
 */
bool path_rests(const struct path *path, const struct path_try *failed);

/* PATH_DECIDED or PATH_FAILS: whose doing the failure of `client` is. */
enum path_result path_judge(const struct secho_client *client, enum path_kind kind);

/* Why there is no such try. */
void path_not_tried(struct path *path, enum path_kind kind, const char *why);

/* The HelloRetryRequest: fills path->tries[PATH_RETRY]. */
void path_try_retry(struct path *path);

/* The silence: fills path->tries[PATH_IDLE]. */
void path_try_idle(struct path *path);

#endif
