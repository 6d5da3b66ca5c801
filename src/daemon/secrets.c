#include "daemon/secrets.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "daemon/sandbox.h"

void secrets_hide(void)
{
    const struct rlimit none = {0, 0};

    if (!sandbox_is_built()) {
        return; /* the leak checker traces its own process */
    }
    /*
     * The limit alone is not enough: where core_pattern is a pipe the kernel does not look at it
     * (core(5)). Who is not dumpable leaves no core in any case.
     */
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

/* ---- where they are ---- */

struct range {
    uintptr_t first, end;
};

#define RANGES_MAX 128 /* a program with its libraries has some thirty */

/* Written before there are threads, and before fork(2). */
static struct {
    struct range all[RANGES_MAX];
    size_t count;
} found;

/* A line of /proc/self/maps, when it is memory that may be written and that nobody shares. */
static bool is_own(const char *line, struct range *out)
{
    char mode[5];

    return sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %4s", &out->first, &out->end, mode) == 3 &&
           strcmp(mode, "rw-p") == 0;
}

void secrets_find(void)
{
    FILE *maps = sandbox_is_built() ? fopen("/proc/self/maps", "re") : NULL;
    char line[512];

    if (maps == NULL) {
        return;
    }
    found.count = 0;
    while (found.count < RANGES_MAX && fgets(line, sizeof line, maps) != NULL) {
        if (is_own(line, &found.all[found.count])) {
            found.count++;
        }
    }
    (void)fclose(maps);
}

/* ---- lock ---- */

uint64_t secrets_lock(void)
{
    uint64_t locked = 0;

    for (size_t i = 0; i < found.count; i++) {
        size_t len = found.all[i].end - found.all[i].first;

        /*
         * MLOCK_ONFAULT: pages that fork(2) shares with the leader stay shared, and what is not
         * there yet takes no memory.
         */
        if (mlock2((void *)found.all[i].first, len, MLOCK_ONFAULT) != 0) {
            (void)munlockall(); /* all or nothing: half of it would be no promise */
            return 0;
        }
        locked += len;
    }
    return locked;
}
