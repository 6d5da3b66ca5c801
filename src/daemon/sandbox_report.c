/* sandbox_report.c - in order of time: be one of them, be looked at, try what must not work. */
#include "daemon/sandbox_report.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "daemon/facts.h"
#include "daemon/filter.h"
#include "daemon/landlock.h"
#include "daemon/message.h"
#include "daemon/sandbox.h"
#include "daemon/secrets.h"
#include "daemon/tries.h"
#include "net/socket.h"

enum kind { SUPERVISOR, LEADER, WORKER, ADMIN, KINDS };

static const char *const names[KINDS] = {"supervisor", "leader", "worker", "admin"};

/* Memory that the process shares with us, who look at it. */
struct shared {
    _Atomic uint64_t denied;
    _Atomic bool is_hidden; /* nobody looks into it: only the process itself knows for sure */
};

struct report {
    const struct secho_config *config;
    const struct privilege *privilege;
    struct shared *shared;
    enum kind kind; /* of the process that is looked at */
    int log;        /* where its lines go; nobody reads them */
    bool all;       /* so far all is in force */
};

/* ---- the process ---- */

static void note(struct report *report)
{
    atomic_store(&report->shared->is_hidden, prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0);
}

static void *wait_for_the_end(void *ignored)
{
    (void)poll(NULL, 0, -1);
    return ignored;
}

/* A second thread, since a sandbox of one thread would be none. */
static int begin(void *context, struct secho_error *err)
{
    pthread_t id;

    note(context);
    if (pthread_create(&id, NULL, wait_for_the_end, NULL) != 0) {
        return error_set(err, SECHO_ERR_SYSTEM, "no second thread");
    }
    return 0;
}

static int enter(struct report *report, struct secho_error *err)
{
    const struct privilege *privilege = report->privilege;
    const struct log silent = {.level = SECHO_LEVEL_ERROR};
    const struct sandbox sandbox = {
        .role = report->kind == ADMIN ? SANDBOX_ADMIN : SANDBOX_WORKER,
        .privilege = privilege,
        .log = &silent,
        .log_writer = report->log,
        .denied = &report->shared->denied,
        .begin = begin,
        .context = report,
    };

    if (sandbox_supervise(err) != 0) {
        return -1;
    }
    if ((report->kind == LEADER || report->kind == WORKER) &&
        sandbox_lead(privilege, report->config->watch, err) != 0) {
        return -1;
    }
    note(report);
    return report->kind == WORKER || report->kind == ADMIN ? sandbox_enter(&sandbox, err) : 0;
}

/*
 * A child that has entered and then tries `one`; with NULL it waits to be ended. It says on `ready`
 * that it has entered.
 */
static _Noreturn void be(struct report *report, const struct try *one, int ready)
{
    struct tries_means means;
    struct secho_error err = {0};
    int lines[2] = {-1, -1};

    if (message_channel(lines) != 0) {
        _exit(0);
    }
    report->log = lines[1];
    if (tries_prepare(&means, report->log, &err) != 0 || enter(report, &err) != 0) {
        (void)fprintf(stderr, "secho-server: %s: %s\n", names[report->kind], err.text);
        _exit(0);
    }
    (void)!write(ready, "", 1);
    if (one != NULL) {
        tries_end_with(one, &means);
    }
    (void)poll(NULL, 0, -1);
    _exit(0);
}

/* Its pid, once it has entered; -1 when it has not. */
static pid_t start(struct report *report, const struct try *one)
{
    int ends[2];
    char byte;

    (void)fflush(NULL); /* or both would write what waits */
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return -1;
    }
    pid_t pid = fork();

    if (pid == 0) {
        be(report, one, ends[1]);
    }
    socket_close(ends[1]);
    bool entered = pid != -1 && read(ends[0], &byte, 1) == 1;

    socket_close(ends[0]);
    if (pid != -1 && !entered) {
        (void)waitpid(pid, NULL, 0);
    }
    return entered ? pid : -1;
}

/* ---- one line of the table ---- */

static void line(struct report *report, const char *what, bool in_force, const char *how)
{
    report->all = report->all && in_force;
    (void)printf("%-10s  %-30s  %-8s  %s\n", names[report->kind], what, in_force ? "yes" : "NO",
                 how);
}

/* ---- from outside ---- */

static bool is_all(const unsigned ids[4], unsigned wanted)
{
    return ids[0] == wanted && ids[1] == wanted && ids[2] == wanted && ids[3] == wanted;
}

static void look_at_user(struct report *report, const struct facts *facts)
{
    const struct privilege *privilege = report->privilege;
    bool same = is_all(facts->users, privilege->change ? privilege->user : geteuid()) &&
                is_all(facts->groups, privilege->change ? privilege->group : getegid());
    char how[96];

    (void)snprintf(how, sizeof how, "/proc: Uid %u, Gid %u%s", facts->users[0], facts->groups[0],
                   facts->users[0] == 0 ? ": root, because \"user\" says so" : "");
    line(report, "is not root", same && facts->users[0] != 0, how);
    line(report, "has no other group", !facts->has_other_groups,
         facts->has_other_groups ? "/proc: Groups; only root can give them away" : "/proc: Groups");
}

static void look_at_capabilities(struct report *report, const struct facts *facts)
{
    bool root = geteuid() == 0;
    uint64_t allowed = report->kind == SUPERVISOR ? SANDBOX_SUPERVISOR_KEEPS
                       : report->kind == LEADER   ? SANDBOX_LEADER_KEEPS(report->config->watch)
                                                  : 0;
    char how[96];

    (void)snprintf(how, sizeof how, "/proc: Cap... %#llx%s",
                   (unsigned long long)facts->capabilities,
                   allowed == 0 ? "" : ", what its work needs");
    line(report, allowed == 0 ? "has no capability" : "has few capabilities",
         (facts->capabilities & ~allowed) == 0, how);
    if (root) { /* who is not cannot take them away, and cannot get them either */
        (void)snprintf(how, sizeof how, "/proc: CapBnd %#llx", (unsigned long long)facts->bounding);
        line(report, "can get no other one",
             (facts->bounding & ~(report->kind == SUPERVISOR ? allowed : 0)) == 0, how);
    }
}

static void look_at_memory(struct report *report, const struct facts *facts)
{
    char how[96];

    line(report, "cannot be looked into", atomic_load(&report->shared->is_hidden),
         "PR_GET_DUMPABLE");
    line(report, "leaves no core", !facts->leaves_core, "/proc: limits");
    if (report->kind == LEADER || report->kind == WORKER) {
        (void)snprintf(how, sizeof how, "/proc: VmLck %llu kB%s",
                       (unsigned long long)facts->locked_kb,
                       facts->locked_kb > 0 ? "" : ": ulimit -l is too low");
        line(report, "keys are never swapped out", facts->locked_kb > 0, how);
    }
}

static void look_at_threads(struct report *report, const struct facts *facts)
{
    char how[96];

    if (report->kind != SUPERVISOR) {
        line(report, "gets no new privileges", facts->no_new_privileges, "/proc: NoNewPrivs");
    }
    if (report->kind == WORKER || report->kind == ADMIN) {
        (void)snprintf(how, sizeof how, "/proc: Seccomp of %u threads%s", facts->threads,
                       filter_is_possible() ? "" : ": not in this build, or this kernel");
        line(report, "system calls are filtered", facts->is_filtered, how);
    }
}

static void look(struct report *report)
{
    pid_t pid = start(report, NULL);
    struct facts facts;

    if (pid == -1 || facts_read(pid, &facts) != 0) {
        line(report, "enters its sandbox", false, "it has said why");
    } else {
        if (report->kind != SUPERVISOR) {
            look_at_user(report, &facts);
        }
        look_at_capabilities(report, &facts);
        look_at_memory(report, &facts);
        look_at_threads(report, &facts);
    }
    if (pid != -1) {
        (void)kill(pid, SIGKILL);
        (void)waitpid(pid, NULL, 0);
    }
}

/* ---- from inside ---- */

static void try_one(struct report *report, const struct try *one)
{
    uint64_t before = atomic_load(&report->shared->denied);
    pid_t pid = start(report, one);
    char what[64], how[96];
    int status = 0;

    if (pid == -1 || waitpid(pid, &status, 0) != pid) {
        line(report, one->name, false, "the process could not be made");
        return;
    }
    if (WIFSIGNALED(status)) {
        (void)snprintf(how, sizeof how, "tried: it died by SIG%s", sigabbrev_np(WTERMSIG(status)));
    } else if (WEXITSTATUS(status) == 0) {
        (void)snprintf(how, sizeof how, "tried: it worked");
    } else {
        (void)snprintf(how, sizeof how, "tried: %s%s", strerror(WEXITSTATUS(status)),
                       atomic_load(&report->shared->denied) > before ? ", and counted" : "");
    }
    (void)snprintf(what, sizeof what, "cannot %s", one->name);
    line(report, what, WIFSIGNALED(status) || WEXITSTATUS(status) != 0, how);
}

static void try_all(struct report *report)
{
    for (size_t i = 0; i < tries_count; i++) {
        if (report->kind == WORKER || report->kind == ADMIN ||
            (report->kind == LEADER && tries_all[i].in_leader)) {
            try_one(report, &tries_all[i]);
        }
    }
}

bool sandbox_report(const struct secho_config *config, const struct privilege *privilege)
{
    struct report report = {.config = config, .privilege = privilege, .all = true};

    report.shared = mmap(NULL, sizeof *report.shared, PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (report.shared == MAP_FAILED) {
        (void)fprintf(stderr, "secho-server: %s\n", strerror(errno));
        return false;
    }
    (void)printf("sandbox: %s; the kernel has version %d of Landlock (0: none)\n\n",
                 sandbox_words(), landlock_version());
    (void)printf("%-10s  %-30s  %-8s  %s\n", "process", "what", "in force", "how it was found out");
    for (int kind = SUPERVISOR; kind < KINDS; kind++) {
        report.kind = (enum kind)kind;
        if (report.kind != ADMIN || config->admin.present) {
            look(&report);
            try_all(&report);
        }
    }
    (void)printf("\n%s\n", report.all ? "all of it is in force" : "not all of it is in force");
    (void)munmap(report.shared, sizeof *report.shared);
    return report.all;
}
