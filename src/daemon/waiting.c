#include "daemon/waiting.h"

#include <errno.h>

#define MOMENT_MS 50

static int ask_each(struct pollfd *at, size_t count)
{
    int ready = 0;

    for (size_t i = 0; i < count; i++) {
        at[i].revents = 0;
        ready += poll(&at[i], 1, 0) == 1 ? 1 : 0;
    }
    return ready;
}

int waiting_poll(struct pollfd *at, size_t count, const struct timespec *limit,
                 const sigset_t *while_waiting)
{
    static const struct timespec moment = {.tv_nsec = MOMENT_MS * 1000000};
    int ready = ppoll(at, count, limit, while_waiting);

    if (ready != -1 || errno == EINTR) {
        return ready;
    }
    if (ppoll(NULL, 0, &moment, while_waiting) == -1) {
        return -1; /* a signal came */
    }
    return ask_each(at, count);
}
