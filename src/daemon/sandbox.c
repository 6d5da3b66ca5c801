/* sandbox.c - in order of time: who we are, what we can reach, what we can ask the kernel for. */
#include "daemon/sandbox.h"

#include <sys/prctl.h>

#include "base/error.h"
#include "daemon/capabilities.h"
#include "daemon/landlock.h"
#include "daemon/secrets.h"

bool sandbox_is_built(void)
{
    return SECHO_SANDBOX != 0;
}

static int give_up_paths(struct secho_error *err)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return error_errno(err, "PR_SET_NO_NEW_PRIVS");
    }
    return landlock_enter(err);
}

int sandbox_enter(const struct sandbox *sandbox, struct secho_error *err)
{
    if (privilege_drop(sandbox->privilege, CAPABILITIES_NONE, err) != 0) {
        return -1;
    }
    if (!sandbox_is_built()) {
        return sandbox->begin(sandbox->context, err);
    }
    secrets_hide(); /* again: a change of user has undone it, fork(2) the locks */
    (void)secrets_lock();
    if (give_up_paths(err) != 0 || sandbox->begin(sandbox->context, err) != 0) {
        return -1;
    }
    return 0;
}

int sandbox_lead(const struct privilege *privilege, bool watches, struct secho_error *err)
{
    uint64_t kept = watches ? CAPABILITY(CAP_DAC_READ_SEARCH) : CAPABILITIES_NONE;

    if (!sandbox_is_built()) {
        return 0; /* its workers change the user, each for itself */
    }
    if (privilege_drop(privilege, kept, err) != 0) {
        return -1;
    }
    secrets_hide();
    secrets_find();
    (void)secrets_lock();
    return give_up_paths(err);
}

int sandbox_supervise(struct secho_error *err)
{
    const uint64_t kept = CAPABILITY(CAP_DAC_OVERRIDE) | CAPABILITY(CAP_DAC_READ_SEARCH) |
                          CAPABILITY(CAP_NET_BIND_SERVICE) | CAPABILITY(CAP_SETUID) |
                          CAPABILITY(CAP_SETGID) | CAPABILITY(CAP_SETPCAP) | CAPABILITY(CAP_KILL);

    if (!sandbox_is_built()) {
        return 0;
    }
    secrets_hide(); /* it has the seed of the ticket keys */
    capabilities_bound(kept);
    return capabilities_hold(kept, err);
}
