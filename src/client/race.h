/*
 * race.h - connect to the first of several addresses that answers (RFC 8305).
 */
#ifndef SECHO_RACE_H
#define SECHO_RACE_H

#include <stddef.h>
#include <stdint.h>

#include <secho/error.h>

#include "base/attributes.h"
#include "client/resolve.h"

#define RACE_STAGGER_MS 250 /* RFC 8305 8: Connection Attempt Delay */

/*
 * Puts the addresses into the order of the attempts: the first stays first, then the families
 * take turns as long as both have addresses left (RFC 8305 4). Pure.
 */
void race_order(struct resolved *list);

enum race_state {
    RACE_WAITING, /* its turn has not come */
    RACE_TRYING,
    RACE_FAILED, /* os_errno is why */
    RACE_WON,
    RACE_LOST, /* another one was faster */
};

struct race_attempt {
    enum race_state state;
    int os_errno;
    int fd;
    int64_t started_us, took_us;
};

struct race {
    struct resolved list; /* in the order of the attempts */
    struct race_attempt attempts[RESOLVE_ADDRESSES_MAX];
    size_t winner;
};

/*
 * race_run - connect.
 *
 *   race        its list is set, and in order
 *   timeout_ms  for all of it; negative: as long as the kernel tries
 *   fd          set on success: connected, non-blocking; close it with socket_close()
 *
 * Fails with SECHO_ERR_CONNECT when each address has failed, SECHO_ERR_TIMEOUT, SECHO_ERR_SYSTEM
 * (no descriptor). The attempts say what became of each address, in any case.
 */
MUST_CHECK int race_run(struct race *race, int64_t timeout_ms, int *fd, struct secho_error *err);

/* "127.0.0.1:1 Connection refused, [::1]:1 no answer": what each address said. */
void race_describe(const struct race *race, char *text, size_t size);

#endif
