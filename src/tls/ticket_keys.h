/*
 * ticket_keys.h - the keys of a listener's session tickets: those of a file, or the ratchet's.
 *
 * A ticket holds the whole session, so any worker that has the key resumes it, and so does any
 * other server that reads the same file.
 */
#ifndef SECHO_TICKET_KEYS_H
#define SECHO_TICKET_KEYS_H

#include <openssl/ssl.h>
#include <stddef.h>

#include <secho/error.h>

#include "base/attributes.h"
#include "tls/ratchet.h"

#define TICKET_KEYS_MAX 16 /* in a file */

struct ticket_keys {
    struct ticket_key *keys; /* owned, of a file: the first seals, each opens */
    size_t count;            /* 0: there is no file */
    struct ratchet *ratchet; /* not owned; what is used without a file */
};

/*
 * ticket_keys_load - read a key file (secho.json(5), TICKETS).
 *
 * Fails with SECHO_ERR_FILE or SECHO_ERR_CONFIG and "PATH:LINE: what is wrong"; a key is never
 * shown. ticket_keys_done() in both cases.
 */
MUST_CHECK int ticket_keys_load(struct ticket_keys *keys, const char *path,
                                struct secho_error *err);

/* Has a context, which shared.h was told of, use those of its listener. */
void ticket_keys_use(SSL_CTX *context);

void ticket_keys_done(struct ticket_keys *keys); /* erases them; {0} is fine */

#endif
