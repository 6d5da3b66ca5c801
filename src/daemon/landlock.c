#include "daemon/landlock.h"

#include <linux/landlock.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"

/*
 * The header of the oldest system that we are built on knows version 2 only: what came later is
 * written down here, from the kernel's documentation.
 */
struct ruleset {
    uint64_t paths, net, scopes;
};

#define PATHS_OF_1  ((UINT64_C(1) << 13) - 1) /* execute ... make_sym */
#define PATHS_REFER (UINT64_C(1) << 13)       /* 2 */
#define PATHS_TRUNC (UINT64_C(1) << 14)       /* 3 */
#define PATHS_IOCTL (UINT64_C(1) << 15)       /* 5: of devices */
#define NET_TCP     UINT64_C(3)               /* 4: bind, connect */
#define SCOPES      UINT64_C(3)               /* 6: abstract Unix sockets, signals */

int landlock_version(void)
{
    long version =
        syscall(SYS_landlock_create_ruleset, NULL, 0, (uint32_t)LANDLOCK_CREATE_RULESET_VERSION);

    return version > 0 ? (int)version : 0;
}

/* How much of a ruleset the kernel of this version knows. */
static size_t everything_of(int version, struct ruleset *rules)
{
    *rules = (struct ruleset){.paths = PATHS_OF_1};
    rules->paths |= version >= 2 ? PATHS_REFER : 0;
    rules->paths |= version >= 3 ? PATHS_TRUNC : 0;
    rules->paths |= version >= 5 ? PATHS_IOCTL : 0;
    rules->net = version >= 4 ? NET_TCP : 0;
    rules->scopes = version >= 6 ? SCOPES : 0;
    return version >= 6   ? sizeof *rules
           : version >= 4 ? offsetof(struct ruleset, scopes)
                          : offsetof(struct ruleset, net);
}

int landlock_enter(struct secho_error *err)
{
    struct ruleset rules;
    int version = landlock_version();

    if (version == 0) {
        return 0;
    }
    size_t size = everything_of(version, &rules);
    /* All of it is handled and no rule gives anything back: there is no path, and no port. */
    int fd = (int)syscall(SYS_landlock_create_ruleset, &rules, size, 0);

    if (fd == -1) {
        return error_errno(err, "landlock_create_ruleset");
    }
    long rc = syscall(SYS_landlock_restrict_self, fd, 0);

    if (rc != 0) {
        (void)error_errno(err, "landlock_restrict_self");
    }
    (void)close(fd);
    return rc == 0 ? 0 : -1;
}
