#include "daemon/privilege.h"

#include <grp.h>
#include <linux/securebits.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/error.h"
#include "daemon/capabilities.h"
#include "daemon/sandbox.h"

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

static bool is_done(const struct privilege *privilege)
{
    uid_t user, user_effective, user_saved;
    gid_t group, group_effective, group_saved;

    return getresuid(&user, &user_effective, &user_saved) == 0 &&
           getresgid(&group, &group_effective, &group_saved) == 0 && getgroups(0, NULL) == 0 &&
           user == privilege->user && user_effective == user && user_saved == user &&
           group == privilege->group && group_effective == group && group_saved == group;
}

static int change_user(const struct privilege *privilege, struct secho_error *err)
{
    if (!privilege->change || is_done(privilege)) {
        return 0;
    }
    if (setgroups(0, NULL) != 0 || setgid(privilege->group) != 0 || setuid(privilege->user) != 0) {
        return error_errno(err, "becoming user %u", (unsigned)privilege->user);
    }
    return 0;
}

/* For good: root by name is no root any more, and no flag ever makes a capability of it again. */
#define SECURE_BITS (SECBIT_NOROOT | SECBIT_NO_CAP_AMBIENT_RAISE)

static void give_up_capabilities_of_later(void)
{
    /* Only who has CAP_SETPCAP can; others have no_new_privs for the same purpose. */
    (void)prctl(PR_SET_SECUREBITS, SECURE_BITS | SECURE_BITS << 1, 0, 0, 0);
    capabilities_bound(CAPABILITIES_NONE);
    (void)setgroups(0, NULL);
}

int privilege_drop(const struct privilege *privilege, uint64_t kept, struct secho_error *err)
{
    if (sandbox_is_built()) {
        give_up_capabilities_of_later();
        /* Else the change of user takes all of them. */
        (void)prctl(PR_SET_KEEPCAPS, kept != CAPABILITIES_NONE, 0, 0, 0);
    }
    if (change_user(privilege, err) != 0 ||
        (sandbox_is_built() && capabilities_hold(kept, err) != 0)) {
        return -1;
    }
    if (privilege->change && privilege->user != 0 && setuid(0) == 0) {
        return error_set(err, SECHO_ERR_SYSTEM, "could become root again");
    }
#ifdef SECHO_SANITIZED
    /* The leak checker traces its own process, which a change of user forbids. */
    (void)prctl(PR_SET_DUMPABLE, 1);
#endif
    return 0;
}
