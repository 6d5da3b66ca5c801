#include "tls/early.h"

#include <stdbool.h>

#include "tls/witness.h"

/*
 * How much of what is not taken is skipped before we give up. A ticket may be from a time, or a
 * machine, with a larger limit, and small records count with all their overhead; who sends so much
 * for nothing is bounded by the deadline of the handshake.
 */
#define SKIPPED_BYTES_MAX (64u * 1024 * 1024)

/* Its client counts on more than we take now: to refuse all of it is better than to fail midway. */
static bool promises_too_much(SSL *tls, const struct early *early)
{
    const SSL_SESSION *session = SSL_get0_session(tls);

    return session == NULL || SSL_SESSION_get_max_early_data(session) > early->bytes;
}

/* SSL_CTX_set_allow_early_data_cb(3): asked last, when all else speaks for it. */
static int may_be_taken(SSL *tls, void *arg)
{
    const struct early *early = arg;

    bool reports = witness_of(tls) != NULL; /* its bytes are a question, not for the echo */

    if (early->window == NULL || reports || promises_too_much(tls, early) ||
        !replay_is_first(early->window, replay_tag(tls), replay_clocks())) {
        return 0;
    }
    return SSL_set_recv_max_early_data(tls, early->bytes);
}

void early_use(SSL_CTX *context, struct early *early)
{
    (void)SSL_CTX_set_recv_max_early_data(context, SKIPPED_BYTES_MAX);
    (void)SSL_CTX_set_max_early_data(context, early->bytes);
    if (early->bytes > 0) {
        (void)SSL_CTX_set_options(context, SSL_OP_NO_ANTI_REPLAY);
        SSL_CTX_set_allow_early_data_cb(context, may_be_taken, early);
    }
}
