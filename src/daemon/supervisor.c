#include "daemon/supervisor.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "daemon/crew.h"
#include "daemon/descriptors.h"
#include "daemon/generation.h"
#include "daemon/message.h"
#include "daemon/relay.h"
#include "daemon/scribe.h"
#include "daemon/shelf.h"
#include "net/socket.h"
#include "server/counters.h"

#define DELAY_MS_FIRST 100 /* before a leader that died is replaced; doubles up to the last */
#define DELAY_MS_MAX   30000
#define LIVED_MS       10000
#define STOP_MS        1000 /* how long the second signal waits for everybody's end */
#define LINES_PER_TURN 256

struct supervisor {
    const char *config_path;
    struct log log;
    struct scribe scribe;
    int log_writer;
    int counters_fd;
    struct counters_shared *counters;
    struct shelf shelf; /* the listening sockets */
    struct ratchet_seed seed;
    pid_t leader; /* 0: none */
    int control;  /* to the leader; -1: none */
    uint32_t generation;
    bool served; /* a leader has served: from now on a dead one is replaced */
    bool draining;
    int64_t drain_began_ms;
    int64_t born_ms, delay_ms, due_ms;
    int status;
};

static volatile sig_atomic_t stop_signals, reload_signals, last_stop_signal;

/* ---- birth of a leader ---- */

static void become_leader(const struct supervisor *supervisor, int control)
{
    const int fds[GENERATION_FDS] = {control, supervisor->log_writer, supervisor->counters_fd};
    char *const argv[] = {(char[]){GENERATION_TITLE}, (char[]){"-c"},
                          strdup(supervisor->config_path), NULL};

    /* Our signals stay blocked until the leader has said what it does about them. */
    if (argv[2] != NULL && descriptors_hand_over(fds, GENERATION_FDS) == 0) {
        (void)execv("/proc/self/exe", argv);
    }
    (void)fprintf(stderr, "secho-server: starting the leader: %s\n", strerror(errno));
    _exit(EX_OSERR);
}

static void hand_down(struct supervisor *supervisor)
{
    struct message start = {.type = MESSAGE_START, .generation = supervisor->generation};

    ratchet_seed_step(&supervisor->seed, clock_boot_s());
    start.seed = supervisor->seed;
    for (size_t i = 0; i < supervisor->shelf.count; i++) {
        const struct shelf_item *item = &supervisor->shelf.items[i];

        (void)message_send(supervisor->control, &item->message, item->fd);
    }
    (void)message_send(supervisor->control, &start, -1);
    OPENSSL_cleanse(&start, sizeof start);
}

static void schedule(struct supervisor *supervisor)
{
    supervisor->due_ms = clock_now_ms() + supervisor->delay_ms;
    supervisor->delay_ms = supervisor->delay_ms == 0                 ? DELAY_MS_FIRST
                           : supervisor->delay_ms < DELAY_MS_MAX / 2 ? 2 * supervisor->delay_ms
                                                                     : DELAY_MS_MAX;
}

static void start_leader(struct supervisor *supervisor)
{
    int ends[2];
    pid_t pid = -1;

    if (message_channel(ends) == 0) {
        pid = fork();
        if (pid == 0) {
            become_leader(supervisor, ends[1]);
        }
        socket_close(ends[1]);
    }
    if (pid == -1) {
        log_event(&supervisor->log, SECHO_LEVEL_ERROR, "leader_failed",
                  log_text("why", strerror(errno)));
        schedule(supervisor);
        return;
    }
    supervisor->leader = pid;
    supervisor->control = ends[0];
    supervisor->born_ms = clock_now_ms();
    hand_down(supervisor);
}

/* ---- hear ---- */

static void leader_serves(struct supervisor *supervisor, const struct message *message)
{
    supervisor->served = true;
    supervisor->log.level = message->level;
    supervisor->log.format = message->format;
    shelf_settle(&supervisor->shelf);
}

static void hear_leader(struct supervisor *supervisor)
{
    struct message message;
    int fd = -1;

    switch (message_receive(supervisor->control, &message, &fd)) {
    case HEARD:
        if (message.type == MESSAGE_SOCKET) {
            shelf_put(&supervisor->shelf, &message, fd);
        } else if (message.type == MESSAGE_SERVING) {
            leader_serves(supervisor, &message);
        }
        break;
    case HEARD_END: /* waitpid tells the rest */
        socket_close(supervisor->control);
        supervisor->control = -1;
        break;
    case HEARD_NOTHING:
        break;
    }
}

/* ---- the end of a leader ---- */

static int exit_status(int status)
{
    return WIFEXITED(status) ? WEXITSTATUS(status) : EX_OSERR;
}

static void leader_ended(struct supervisor *supervisor, int status)
{
    char signal_name[CREW_SIGNAL_SIZE];

    crew_signal_name(status, signal_name);
    supervisor->leader = 0;
    socket_close(supervisor->control);
    supervisor->control = -1;
    if (supervisor->draining) {
        return;
    }
    if (!supervisor->served) { /* it has said why on stderr */
        supervisor->status = exit_status(status) != 0 ? exit_status(status) : EX_SOFTWARE;
        supervisor->draining = true;
        return;
    }
    log_event(&supervisor->log, SECHO_LEVEL_ERROR, "leader_exit", log_text("signal", signal_name),
              log_number("status", WIFEXITED(status) ? (uint64_t)WEXITSTATUS(status) : 0),
              log_text("why", "the leader died; its workers drain, and a new one starts"));
    if (clock_now_ms() - supervisor->born_ms >= LIVED_MS) {
        supervisor->delay_ms = 0;
    }
    supervisor->generation++;
    schedule(supervisor);
}

/* False when there is no child at all any more: workers of a dead leader are ours too. */
static bool reap(struct supervisor *supervisor)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid == supervisor->leader) {
            leader_ended(supervisor, status);
        }
    }
    return pid == 0;
}

/* ---- signals ---- */

static void on_signal(int number)
{
    if (number == SIGTERM || number == SIGINT) {
        last_stop_signal = number;
        stop_signals++;
    } else if (number == SIGHUP) {
        reload_signals++;
    }
}

static void arrange_signals(sigset_t *while_waiting)
{
    static const int handled[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD};
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    const struct sigaction note = {.sa_handler = on_signal};
    sigset_t blocked;

    (void)sigaction(SIGPIPE, &ignore, NULL);
    (void)sigemptyset(&blocked);
    for (size_t i = 0; i < sizeof handled / sizeof handled[0]; i++) {
        (void)sigaction(handled[i], &note, NULL);
        (void)sigaddset(&blocked, handled[i]);
    }
    (void)sigprocmask(SIG_BLOCK, &blocked, NULL); /* they arrive inside ppoll only */
    (void)sigemptyset(while_waiting);
}

static void tell_leader(struct supervisor *supervisor, enum message_type type)
{
    const struct message message = {.type = type};

    if (supervisor->control != -1) {
        (void)message_send(supervisor->control, &message, -1);
    }
}

static void begin_drain(struct supervisor *supervisor)
{
    supervisor->draining = true;
    supervisor->scribe.is_last = true;
    supervisor->drain_began_ms = clock_now_ms();
    log_event(&supervisor->log, SECHO_LEVEL_INFO, "drain",
              log_text("signal", last_stop_signal == SIGINT ? "SIGINT" : "SIGTERM"),
              log_number("open", counters_open(supervisor->counters)));
    if (supervisor->control != -1) {
        tell_leader(supervisor, MESSAGE_DRAIN);
    } else { /* nobody is there who would accept what is queued */
        shelf_stop(&supervisor->shelf);
    }
}

/* The second signal: nobody waits for anything any more. */
static void stop_at_once(struct supervisor *supervisor)
{
    int64_t until_ms = clock_now_ms() + STOP_MS;
    uint64_t cut = counters_open(supervisor->counters) +
                   counters_sum(supervisor->counters, offsetof(struct counters, cut));

    tell_leader(supervisor, MESSAGE_STOP);
    while (supervisor->leader > 0 && clock_now_ms() < until_ms) {
        struct pollfd control = {.fd = supervisor->control, .events = 0};

        (void)poll(&control, 1, 10); /* its end is seen as a hang-up */
        (void)reap(supervisor);
    }
    if (supervisor->leader > 0) {
        (void)kill(supervisor->leader, SIGKILL);
    }
    scribe_finish(&supervisor->scribe);
    log_event(&supervisor->log, SECHO_LEVEL_WARN, "stopped", log_number("cut", cut),
              log_text("why", "a second signal came before the drain was over"));
}

static void obey_signals(struct supervisor *supervisor)
{
    if (reload_signals > 0) {
        reload_signals = 0;
        log_event(&supervisor->log, SECHO_LEVEL_WARN, "reload_failed",
                  log_text("why", "reload is not in this version: everything stays as it was; "
                                  "restart secho-server to apply a new configuration"));
    }
    if (stop_signals > 0 && !supervisor->draining) {
        begin_drain(supervisor);
        stop_signals--;
    }
    if (stop_signals > 0 && supervisor->drain_began_ms > 0) {
        stop_at_once(supervisor);
        exit(EXIT_FAILURE);
    }
}

/* ---- the loop ---- */

/* Until a leader is due, or for as long as it takes. */
static int64_t birth_ms(const struct supervisor *supervisor, int64_t now_ms)
{
    bool due = supervisor->leader == 0 && !supervisor->draining;
    int64_t wait_ms = supervisor->due_ms - now_ms;

    return !due ? INT64_MAX : wait_ms > 0 ? wait_ms : 0;
}

static void wait_and_hear(struct supervisor *supervisor, const sigset_t *while_waiting)
{
    enum { LINES, LEADER, STDERR, COUNT };
    int64_t now_ms = clock_now_ms(), wait_ms = birth_ms(supervisor, now_ms);
    int64_t rest_ms = scribe_rest_ms(&supervisor->scribe, now_ms);
    int64_t seed_ms = ratchet_seed_due_ms(&supervisor->seed, clock_boot_s());
    bool listens = rest_ms == 0 && !supervisor->scribe.is_full;
    struct pollfd at[COUNT] = {
        [LINES] = {.fd = listens ? supervisor->scribe.reader : -1, .events = POLLIN},
        [LEADER] = {.fd = supervisor->control, .events = POLLIN},
        [STDERR] = {.fd = supervisor->scribe.is_full ? STDERR_FILENO : -1, .events = POLLOUT},
    };

    wait_ms = rest_ms > 0 && rest_ms < wait_ms ? rest_ms : wait_ms;
    wait_ms = seed_ms < wait_ms ? seed_ms : wait_ms;
    const struct timespec limit = {.tv_sec = wait_ms / 1000, .tv_nsec = wait_ms % 1000 * 1000000};

    if (ppoll(at, COUNT, &limit, while_waiting) > 0) {
        if ((at[LINES].revents | at[STDERR].revents) != 0) {
            scribe_write(&supervisor->scribe, LINES_PER_TURN);
        }
        if (at[LEADER].revents != 0) {
            hear_leader(supervisor);
        }
    }
}

static void serve(struct supervisor *supervisor, const sigset_t *while_waiting)
{
    bool children = true;

    while (children || !supervisor->draining) {
        if (supervisor->leader == 0 && !supervisor->draining &&
            clock_now_ms() >= supervisor->due_ms) {
            start_leader(supervisor);
        }
        wait_and_hear(supervisor, while_waiting);
        ratchet_seed_step(&supervisor->seed, clock_boot_s());
        children = reap(supervisor);
        obey_signals(supervisor);
    }
    scribe_finish(&supervisor->scribe);
}

static void tell_end(const struct supervisor *supervisor)
{
    uint64_t lost = counters_sum(supervisor->counters, offsetof(struct counters, log_lost)) +
                    supervisor->scribe.lost;

    if (lost > 0) {
        log_event(&supervisor->log, SECHO_LEVEL_WARN, "log_lost", log_number("lines", lost));
    }
    if (supervisor->drain_began_ms > 0) {
        log_event(
            &supervisor->log, SECHO_LEVEL_INFO, "stopped",
            log_number("cut", counters_sum(supervisor->counters, offsetof(struct counters, cut))),
            log_number("duration_ms", (uint64_t)(clock_now_ms() - supervisor->drain_began_ms)));
    }
}

static int prepare(struct supervisor *supervisor)
{
    if (ratchet_seed_make(&supervisor->seed, clock_boot_s()) != 0) {
        (void)fprintf(stderr, "secho-server: this system gives no random numbers\n");
        return -1;
    }
    supervisor->counters_fd = counters_create();
    if (supervisor->counters_fd == -1 ||
        (supervisor->counters = counters_map(supervisor->counters_fd)) == NULL ||
        relay_channel(&supervisor->scribe.reader, &supervisor->log_writer) != 0) {
        (void)fprintf(stderr, "secho-server: %s\n", strerror(errno));
        return -1;
    }
    /* Workers whose leader died become our children: nothing of ours is ever left behind. */
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
    return 0;
}

int supervisor_run(const char *config_path)
{
    struct supervisor supervisor = {
        .config_path = config_path,
        .log = {.level = SECHO_LEVEL_INFO, .sink = scribe_sink, .context = &supervisor.scribe},
        .control = -1,
    };
    sigset_t while_waiting;

    arrange_signals(&while_waiting);
    if (prepare(&supervisor) != 0) {
        return EX_OSERR;
    }
    serve(&supervisor, &while_waiting);
    tell_end(&supervisor);
    shelf_done(&supervisor.shelf);
    return supervisor.status;
}
