/*
 * resolve.h - a name to addresses, within a time.
 *
 * getaddrinfo(3) knows no deadline, so it runs in a thread of its own. When the time is over the
 * thread is left alone: it ends when the resolver gives up (usually within 30 s) and frees what it
 * holds. Addresses need no resolver and no thread.
 */
#ifndef SECHO_RESOLVE_H
#define SECHO_RESOLVE_H

#include <stddef.h>
#include <stdint.h>

#include <secho/error.h>

#include "base/attributes.h"
#include "net/address.h"

#define RESOLVE_ADDRESSES_MAX 16 /* more of a name are not tried */

struct resolved {
    size_t count; /* 1..RESOLVE_ADDRESSES_MAX */
    struct address addresses[RESOLVE_ADDRESSES_MAX];
};

/* What to ask for. The texts are copied. */
struct resolve_question {
    const char *host;   /* a name, or an address without brackets */
    const char *port;   /* "1".."65535" */
    int family;         /* 0 any, 4 or 6 */
    int64_t timeout_ms; /* negative: wait as long as the resolver does */
};

/*
 * All addresses of a name, in the order of getaddrinfo(3). Fails with SECHO_ERR_RESOLVE,
 * SECHO_ERR_TIMEOUT or SECHO_ERR_SYSTEM.
 */
MUST_CHECK int resolve_host(const struct resolve_question *question, struct resolved *out,
                            struct secho_error *err);

#endif
