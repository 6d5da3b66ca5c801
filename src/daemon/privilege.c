#include "daemon/privilege.h"

#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/error.h"

int privilege_resolve(const char *name, struct privilege *out, struct secho_error *err)
{
    bool root = geteuid() == 0;
    const char *wanted = name[0] != '\0' ? name : "nobody";

    if (name[0] == '\0' && !root) {
        *out = (struct privilege){.change = false};
        return 0;
    }
    const struct passwd *entry = getpwnam(wanted);

    if (entry == NULL) {
        return error_set(err, SECHO_ERR_CONFIG, "no user \"%s\" on this system", wanted);
    }
    if (!root && entry->pw_uid != geteuid()) {
        return error_set(err, SECHO_ERR_CONFIG,
                         "only root can become \"%s\"; start as root, or leave \"user\" out",
                         wanted);
    }
    *out = (struct privilege){.change = root, .user = entry->pw_uid, .group = entry->pw_gid};
    return 0;
}

int privilege_drop(const struct privilege *privilege, struct secho_error *err)
{
    if (!privilege->change) {
        return 0;
    }
    if (setgroups(0, NULL) != 0 || setgid(privilege->group) != 0 || setuid(privilege->user) != 0) {
        return error_errno(err, "becoming user %u", (unsigned)privilege->user);
    }
    if (privilege->user != 0 && setuid(0) == 0) {
        return error_set(err, SECHO_ERR_SYSTEM, "could become root again");
    }
#ifdef SECHO_SANITIZED
    /* The leak checker traces its own process, which a change of user forbids. */
    (void)prctl(PR_SET_DUMPABLE, 1);
#endif
    return 0;
}
