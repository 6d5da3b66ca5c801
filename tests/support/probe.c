#include "probe.h"

#include <check.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "daemon/sandbox.h"

_Atomic uint64_t *probe_denied;
int probe_lines[2];

void probe_setup(void)
{
    probe_denied =
        mmap(NULL, sizeof *probe_denied, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(probe_denied, MAP_FAILED);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, probe_lines), 0);
}

void probe_teardown(void)
{
    (void)munmap(probe_denied, sizeof *probe_denied);
    (void)close(probe_lines[0]);
    (void)close(probe_lines[1]);
}

/* ---- a process that tries something ---- */

#define ORDINARY 65534 /* the number of some user that is not root */

struct probe {
    const struct probe_attempt *attempt;
    struct tries_means means;
    pthread_t thread;
    int go[2];
};

static void *try_in_thread(void *argument)
{
    struct probe *probe = argument;
    char byte;

    (void)!read(probe->go[0], &byte, 1);
    tries_end_with(probe->attempt->one, &probe->means);
}

static int begin(void *argument, struct secho_error *err)
{
    struct probe *probe = argument;

    (void)err;
    if (probe->attempt->thread) {
        return pthread_create(&probe->thread, NULL, try_in_thread, probe) == 0 ? 0 : -1;
    }
    return 0;
}

static int enter(struct probe *probe)
{
    const struct log log = {.level = SECHO_LEVEL_INFO, .format = LOG_FORMAT_TEXT};
    struct privilege privilege;
    struct secho_error err;
    enum probe_place place = probe->attempt->place;
    const struct sandbox sandbox = {.role = place == PROBE_ADMIN ? SANDBOX_ADMIN : SANDBOX_WORKER,
                                    .privilege = &privilege,
                                    .log = &log,
                                    .log_writer = probe_lines[1],
                                    .denied = probe_denied,
                                    .begin = begin,
                                    .context = probe};

    if (privilege_resolve("", &privilege, &err) != 0) {
        return -1;
    }
    return place == PROBE_OUTSIDE  ? begin(probe, &err)
           : place == PROBE_LEADER ? sandbox_lead(&privilege, false, &err)
                                   : sandbox_enter(&sandbox, &err);
}

#define NO_ENTRY 250 /* no errno */

static _Noreturn void try_it(const struct probe_attempt *attempt)
{
    struct probe probe = {.attempt = attempt};

    if ((attempt->ordinary && geteuid() == 0 && setuid(ORDINARY) != 0) ||
        tries_prepare(&probe.means, probe_lines[1], NULL) != 0 || pipe(probe.go) != 0 ||
        enter(&probe) != 0) {
        _exit(NO_ENTRY);
    }
    if (attempt->thread) {
        (void)!write(probe.go[1], "", 1);
        (void)poll(NULL, 0, -1);
    }
    if (attempt->twice) {
        (void)attempt->one->go(&probe.means);
    }
    tries_end_with(attempt->one, &probe.means);
}

pid_t probe_start(const struct probe_attempt *attempt)
{
    pid_t pid = fork();

    ck_assert_int_ne(pid, -1);
    if (pid == 0) {
        try_it(attempt);
    }
    return pid;
}

int probe_outcome(const struct probe_attempt *attempt)
{
    int status = 0;
    pid_t pid = probe_start(attempt);

    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    if (WIFSIGNALED(status)) {
        ck_assert_int_eq(WTERMSIG(status), SIGSYS);
        return PROBE_DIES;
    }
    ck_assert_msg(WEXITSTATUS(status) != NO_ENTRY, "it could not enter the sandbox");
    return WEXITSTATUS(status);
}

static int wait_in_there(const struct tries_means *means)
{
    (void)means;
    (void)send(probe_lines[1], "r", 1, 0);
    (void)poll(NULL, 0, -1);
    return 0;
}

struct facts probe_facts(enum probe_place place)
{
    const struct try one = {.name = "wait", .go = wait_in_there};
    const struct probe_attempt attempt = {
        .place = place, .thread = place == PROBE_WORKER || place == PROBE_ADMIN, .one = &one};
    struct facts facts;
    char byte;
    pid_t pid = probe_start(&attempt);

    ck_assert_int_eq(recv(probe_lines[0], &byte, 1, 0), 1);
    ck_assert_int_eq(facts_read(pid, &facts), 0);
    (void)kill(pid, SIGKILL);
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
    return facts;
}
