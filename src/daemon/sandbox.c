/* sandbox.c - in order of time: who we are, what we can reach, what we can ask the kernel for. */
#include "daemon/sandbox.h"

#include <stdio.h>
#include <sys/prctl.h>

#include "base/error.h"
#include "daemon/descriptors.h"
#include "daemon/filter.h"
#include "daemon/landlock.h"
#include "daemon/secrets.h"
#include "daemon/trap.h"

bool sandbox_is_built(void)
{
    return SECHO_SANDBOX != 0;
}

const char *sandbox_words(void)
{
    static char words[96];

    if (!sandbox_is_built()) {
        return "no, not in this build";
    }
    (void)snprintf(words, sizeof words, "yes, with Landlock and %s", filter_version());
    return words;
}

/* ---- who serves ---- */

static int give_up_paths(struct secho_error *err)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return error_errno(err, "PR_SET_NO_NEW_PRIVS");
    }
    return landlock_enter(err);
}

static int enter_filter(const struct sandbox *sandbox, struct secho_error *err)
{
    bool worker = sandbox->role == SANDBOX_WORKER;
    const struct trap trap = {
        .process = worker ? "worker" : "admin",
        .log = sandbox->log,
        .log_writer = sandbox->log_writer,
        .denied = sandbox->denied,
    };

    trap_arrange(&trap);
    return filter_enter(worker ? FILTER_WORKER : FILTER_ADMIN, sandbox->log_writer, err);
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
    if (give_up_paths(err) != 0 || filter_refuse_rings(err) != 0 ||
        sandbox->begin(sandbox->context, err) != 0) {
        return -1;
    }
    if (descriptors_drop_standard() != 0) {
        return error_errno(err, "giving up stdin, stdout and stderr");
    }
    return enter_filter(sandbox, err);
}

/* ---- the leader ---- */

static uint64_t locked_bytes; /* of the leader; its workers lock the same pages */

int sandbox_lead(const struct privilege *privilege, bool watches, struct secho_error *err)
{
    if (!sandbox_is_built()) {
        return 0; /* its workers change the user, each for itself */
    }
    if (privilege_drop(privilege, SANDBOX_LEADER_KEEPS(watches), err) != 0) {
        return -1;
    }
    trap_learn_names(); /* once, for all workers */
    secrets_hide();
    secrets_find();
    locked_bytes = secrets_lock();
    return give_up_paths(err);
}

static const char *what_is_missing(void)
{
    return !sandbox_is_built()       ? "this build has no sandbox: only the user changes"
           : landlock_version() == 0 ? "this kernel has no Landlock, or it is switched off"
           : landlock_version() < 4  ? "the Landlock of this kernel knows no TCP"
           : !filter_is_possible()   ? "no filter of system calls: not in this build or kernel"
           : locked_bytes == 0
               ? "the limit of locked memory (LimitMEMLOCK=, ulimit -l) is too low for the keys"
               : "";
}

void sandbox_tell(const struct log *log)
{
    const char *missing = what_is_missing();

    log_event(log, sandbox_is_built() && missing[0] != '\0' ? SECHO_LEVEL_WARN : SECHO_LEVEL_INFO,
              "sandbox",
              log_number("landlock", sandbox_is_built() ? (uint64_t)landlock_version() : 0),
              log_text("filter", sandbox_is_built() && filter_is_possible() ? "yes" : "no"),
              log_number("locked_bytes", locked_bytes), log_text("why", missing));
}

/* ---- the supervisor ---- */

int sandbox_supervise(struct secho_error *err)
{
    if (!sandbox_is_built()) {
        return 0;
    }
    secrets_hide(); /* it has the seed of the ticket keys */
    capabilities_bound(SANDBOX_SUPERVISOR_KEEPS);
    return capabilities_hold(SANDBOX_SUPERVISOR_KEEPS, err);
}
