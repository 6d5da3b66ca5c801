#include "daemon/capabilities.h"

#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"

void capabilities_bound(uint64_t kept)
{
    for (unsigned long number = 0; number < 64; number++) {
        /* Fails for a number that this kernel does not know: it was the last one. */
        int has = prctl(PR_CAPBSET_READ, number, 0, 0, 0);

        if (has == -1) {
            return;
        }
        if (has == 1 && (kept & CAPABILITY(number)) == 0) {
            (void)prctl(PR_CAPBSET_DROP, number, 0, 0, 0);
        }
    }
}

/* The C library has no function for capget(2) and capset(2), and libcap is one more library. */
int capabilities_hold(uint64_t kept, struct secho_error *err)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};

    if (syscall(SYS_capget, &header, data) != 0) {
        return error_errno(err, "capget");
    }
    for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
        uint32_t some = (uint32_t)(kept >> (32 * i));

        data[i].permitted &= some;
        data[i].effective = data[i].permitted; /* what a change of user has taken for the moment */
        data[i].inheritable &= some;
    }
    /* An ambient capability is one that is permitted and inheritable: those go along. */
    return syscall(SYS_capset, &header, data) == 0 ? 0 : error_errno(err, "capset");
}
