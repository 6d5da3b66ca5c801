/*
 * shift_clock.c - preloaded into secho-server (ld.so(8), LD_PRELOAD): its CLOCK_BOOTTIME is ahead
 * by the seconds that stand in the file SHIFT_CLOCK, a little-endian int64_t. So a test passes
 * days.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *ahead_s;

/* At the start, and never again: later the file may be out of reach. Children inherit the memory.
 */
__attribute__((constructor)) static void look_up(void)
{
    const char *path = getenv("SHIFT_CLOCK");
    int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *memory =
        fd != -1 ? mmap(NULL, sizeof *ahead_s, PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;

    if (memory == MAP_FAILED) {
        _exit(99);
    }
    ahead_s = memory;
    (void)close(fd);
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    int rc = (int)syscall(SYS_clock_gettime, clock, now);

    if (rc == 0 && clock == CLOCK_BOOTTIME) {
        now->tv_sec += (time_t)*ahead_s;
    }
    return rc;
}
