/*
 * notify.h - the documented datagrams of sd_notify(3), without a library.
 *
 * Only the supervisor speaks: its children do not find the socket in their environment.
 */
#ifndef SECHO_NOTIFY_H
#define SECHO_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/attributes.h"

#define NOTIFY_TEXT_MAX 1024 /* bytes of one datagram */

struct notify {
    int fd; /* -1: nobody listens */
    struct sockaddr_un manager;
    socklen_t len;
    int64_t watchdog_ms; /* how often somebody wants to hear that we live; 0: nobody does */
};

/*
 * Takes NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID out of the environment. A socket that is
 * neither an absolute path nor abstract ('@') is told in `why`, and -1 is returned; without any,
 * and with one that cannot be reached, everything else goes on.
 */
MUST_CHECK int notify_open(struct notify *notify, const char **why);

/* True: it is sent, or nobody listens. False: not now, the manager's queue is full. Never waits. */
PRINTF_LIKE(2, 3) bool notify_send(const struct notify *notify, const char *format, ...);

void notify_done(struct notify *notify);

#endif
