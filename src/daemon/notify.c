#include "daemon/notify.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/socket.h"

/* ---- the environment ---- */

/* unix(7): a name that begins with NUL, written as '@', is abstract and has no NUL at its end. */
static int read_address(const char *text, struct notify *notify)
{
    size_t len = strlen(text);

    if ((text[0] != '/' && text[0] != '@') || len < 2 || len >= sizeof notify->manager.sun_path) {
        return -1;
    }
    notify->manager.sun_family = AF_UNIX;
    memcpy(notify->manager.sun_path, text, len + 1);
    notify->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + 1);
    if (text[0] == '@') {
        notify->manager.sun_path[0] = '\0';
        notify->len--;
    }
    return 0;
}

/* sd_watchdog_enabled(3): without WATCHDOG_PID whoever reads it is meant. */
static int64_t read_watchdog_ms(void)
{
    const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
    char *end = NULL;

    if (usec == NULL || (pid != NULL && strtoimax(pid, NULL, 10) != getpid())) {
        return 0;
    }
    errno = 0;
    intmax_t us = strtoimax(usec, &end, 10);

    return errno == 0 && *end == '\0' && us >= 1000 ? us / 1000 : 0;
}

int notify_open(struct notify *notify, const char **why)
{
    const char *socket_text = getenv("NOTIFY_SOCKET");
    int rc = 0;

    *notify = (struct notify){.fd = -1, .watchdog_ms = read_watchdog_ms()};
    if (socket_text != NULL && read_address(socket_text, notify) != 0) {
        *why = "NOTIFY_SOCKET is neither an absolute path nor an abstract socket (@name)";
        rc = -1;
    } else if (socket_text != NULL) {
        notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    }
    (void)unsetenv("NOTIFY_SOCKET");
    (void)unsetenv("WATCHDOG_USEC");
    (void)unsetenv("WATCHDOG_PID");
    return rc;
}

/* ---- to the manager ---- */

bool notify_send(const struct notify *notify, const char *format, ...)
{
    char text[NOTIFY_TEXT_MAX];
    va_list args;

    if (notify->fd == -1) {
        return true;
    }
    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);

    va_end(args);
    size_t sent = len < 0 ? 0 : (size_t)len < sizeof text ? (size_t)len : sizeof text - 1;
    /* By its name each time: a manager that starts anew makes a new socket there. */
    ssize_t rc = sendto(notify->fd, text, sent, MSG_DONTWAIT | MSG_NOSIGNAL,
                        (const struct sockaddr *)&notify->manager, notify->len);

    return rc != -1 || (errno != EAGAIN && errno != ENOBUFS && errno != EINTR);
}

void notify_done(struct notify *notify)
{
    socket_close(notify->fd);
    notify->fd = -1;
}
