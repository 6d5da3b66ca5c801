#include "daemon/descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

static int by_number(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

static void close_from_to(unsigned first, unsigned last)
{
    if (first <= last) {
        (void)close_range(first, last, 0); /* Linux 5.9 */
    }
}

void descriptors_keep(int *keep, size_t count)
{
    unsigned next = 3;

    if (count > 0) { /* qsort() may not be given NULL, even with nothing in it */
        qsort(keep, count, sizeof keep[0], by_number);
    }
    for (size_t i = 0; i < count; i++) {
        if (keep[i] >= (int)next) {
            close_from_to(next, (unsigned)keep[i] - 1);
            next = (unsigned)keep[i] + 1;
        }
    }
    close_from_to(next, ~0u);
}

int descriptors_drop_standard(void)
{
    int ends[2], rc = 0;

    if (pipe2(ends, O_CLOEXEC) != 0) {
        return -1;
    }
    for (int fd = 0; fd <= STDERR_FILENO && rc == 0; fd++) {
        rc = dup2(ends[0], fd) == -1 ? -1 : 0;
    }
    for (int i = 0; i < 2; i++) {
        if (ends[i] > STDERR_FILENO) { /* else one of the three was closed before */
            (void)close(ends[i]);
        }
    }
    return rc;
}

unsigned long descriptors_allow_all(void)
{
    struct rlimit limit = {0};

    (void)getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
        (void)getrlimit(RLIMIT_NOFILE, &limit);
    }
    return limit.rlim_cur;
}

#define COUNT_MAX 8
#define HIGH      (3 + COUNT_MAX) /* above every target: no move overwrites one that still waits */

int descriptors_hand_over(const int *fds, size_t count)
{
    int high[COUNT_MAX];

    if (count > COUNT_MAX) {
        errno = EINVAL;
        return -1;
    }
    for (size_t i = 0; i < count; i++) {
        high[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, HIGH);
        if (high[i] == -1) {
            return -1;
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (dup2(high[i], 3 + (int)i) == -1) {
            return -1;
        }
    }
    close_from_to(3 + (unsigned)count, ~0u);
    return 0;
}
