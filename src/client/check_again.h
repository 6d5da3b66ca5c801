/* check_again.h - check --resume N: more connections, each with the newest session of those before.
 */
#ifndef SECHO_CHECK_AGAIN_H
#define SECHO_CHECK_AGAIN_H

#include <stdio.h>

#include "client/client.h"

#define AGAIN_MAX 1000

enum again_how {
    AGAIN_RESUMED,
    AGAIN_REFUSED,     /* the server did not take the session */
    AGAIN_NO_SESSION,  /* it had given none */
    AGAIN_NOT_OFFERED, /* its certificate would not be accepted now, or it has expired */
    AGAIN_FAILED,
};

/* Of a connection that is open; `had_session`: there was one to offer. Not AGAIN_FAILED. */
enum again_how again_how(const struct secho_client *one, bool had_session);

const char *again_how_name(enum again_how how); /* in JSON: "resumed", "refused", ... */

struct again_one {
    enum again_how how;
    struct early_data early; /* `wanted` and `fate` of it */
    int64_t handshake_us, echo_us;
};

struct again {
    int asked;              /* 1..AGAIN_MAX */
    int done, resumed;      /* of them; the last one done may have failed */
    struct again_one *each; /* owned: `done` of them */
    struct session *newest; /* before: to be offered first, or {0}; after: the newest */
};

/* Told of each connection; `number` counts from 2, the first one was there before. */
typedef void again_tell_fn(void *context, int number, const char *words);

/*
 * again_run - connect again->asked times, with the settings of `client`, which was proven.
 *
 * 0 when each was proven and resumed; else -1, and client->failure says which one failed, or how
 * many were not resumed. again_done() is needed in both cases.
 */
int again_run(struct secho_client *client, struct again *again, again_tell_fn *tell, void *context);

/* The JSON of check, with a member "resume" when again->asked is not 0. */
void again_print_json(const struct secho_client *client, int64_t echo_us, const struct again *again,
                      FILE *out);

void again_done(struct again *again);

#endif
