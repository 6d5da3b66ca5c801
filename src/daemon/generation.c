/* generation.c - in order of time: load, bind, hand up, fork, announce, look after. */
#include "daemon/generation.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <sysexits.h>

#include "base/clock.h"
#include "base/log.h"
#include "daemon/adopt.h"
#include "daemon/crew.h"
#include "daemon/descriptors.h"
#include "daemon/load.h"
#include "daemon/message.h"
#include "daemon/process.h"
#include "daemon/systemd.h"
#include "net/socket.h"

#define WORKER_TITLE "secho-server: worker"

struct leader {
    char **argv;
    struct load load;
    struct log log;
    struct counters_shared *counters;
    size_t number; /* whose blocks of counters */
    struct crew crew;
    bool announced; /* everybody is told that we serve */
    bool draining;
    bool alone; /* the supervisor is gone */
    int status;
};

bool generation_is_meant(char **argv)
{
    return strcmp(argv[0], GENERATION_TITLE) == 0;
}

/* ---- load, bind, hand up ---- */

static void print_problem(void *ignored, const char *line)
{
    (void)ignored;
    (void)fprintf(stderr, "%s\n", line);
}

static int bind_all(struct leader *leader)
{
    struct secho_error err;

    if (service_bind(&leader->load.service, &err) != 0) {
        (void)fprintf(stderr, "secho-server: %s\n", err.text);
        return EX_OSERR;
    }
    leader->counters = counters_map(GENERATION_COUNTERS);
    if (leader->counters == NULL) {
        (void)fprintf(stderr, "secho-server: shared memory: %s\n", strerror(errno));
        return EX_OSERR;
    }
    adopt_hand_up(&leader->load.service, GENERATION_CONTROL);
    return EX_OK;
}

static int prepare(struct leader *leader, const char *path)
{
    struct adoption adoption = {0};

    if (adopt_receive(&adoption, GENERATION_CONTROL) != 0) {
        adopt_done(&adoption);
        return EX_OSERR;
    }
    leader->number = adoption.generation % COUNTERS_GENERATIONS;
    if (load_all(path, print_problem, NULL, &leader->load) != 0) {
        adopt_done(&adoption);
        return EX_CONFIG;
    }
    if (adopt_place(&adoption, &leader->load.service) != 0) {
        return EX_OSERR;
    }
    return bind_all(leader);
}

static void send_line(void *ignored, const char *line, size_t len)
{
    (void)ignored;
    (void)send(GENERATION_LOG, line, len, MSG_NOSIGNAL);
}

static void settle(struct leader *leader)
{
    const struct secho_config *config = leader->load.config;

    leader->log =
        (struct log){.level = config->log.level, .format = config->log.format, .sink = send_line};
    if (config->log.format == LOG_FORMAT_TEXT && systemd_journal_is_stderr()) {
        leader->log.format = LOG_FORMAT_SYSTEMD;
    }
    crew_init(&leader->crew, (size_t)config->workers.processes, (size_t)config->workers.threads);
    leader->counters->generations[leader->number].threads_used = leader->load.service.slot_count;
}

/* Each process has its own descriptors; the kernel spreads connections over them. */
static void check_descriptors(const struct leader *leader)
{
    unsigned long allowed = descriptors_allow_all() * leader->crew.processes;
    unsigned long wanted = (unsigned long)leader->load.config->limits.connections;

    if (wanted > allowed) {
        log_event(&leader->log, SECHO_LEVEL_WARN, "few_descriptors", log_number("wanted", wanted),
                  log_number("allowed", allowed),
                  log_text("why", "/limits/connections is more than the system lets this server "
                                  "open: raise the limit (ulimit -n, LimitNOFILE=), or lower it"));
    }
}

static void log_warning(void *log, const struct listener *listener, const char *pointer,
                        const char *why)
{
    bool key_log = strstr(pointer, "/key_log") != NULL;

    log_event(log, SECHO_LEVEL_WARN, key_log ? "key_log" : "certificate_warning",
              log_text("listener", listener->config->name), log_text("why", why));
}

/* ---- fork ---- */

static int worker_main(struct leader *leader, size_t index, int channel)
{
    const struct process_settings settings = {
        .service = &leader->load.service,
        .privilege = &leader->load.privilege,
        .counters = leader->counters,
        .generation = leader->number,
        .first = index * leader->crew.threads,
        .threads = leader->crew.threads,
        .channel = channel,
        .log_writer = GENERATION_LOG,
        .log_format = leader->log.format,
    };
    sigset_t none;

    memcpy(leader->argv[0], WORKER_TITLE, strlen(GENERATION_TITLE)); /* for ps(1) */
    (void)prctl(PR_SET_NAME, "secho-worker");
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    return process_run(&settings);
}

/* The child's pid and our end of the channel; -1 and errno. */
static pid_t fork_worker(struct leader *leader, size_t index, int *channel)
{
    int ends[2];

    if (message_channel(ends) != 0) {
        return -1;
    }
    pid_t pid = fork();

    if (pid == 0) {
        exit(worker_main(leader, index, ends[1]));
    }
    socket_close(ends[1]);
    if (pid == -1) {
        socket_close(ends[0]);
    }
    *channel = ends[0];
    return pid;
}

static void give_birth(struct leader *leader, size_t index)
{
    int channel = -1;
    pid_t pid = fork_worker(leader, index, &channel);

    if (pid == -1) {
        log_event(&leader->log, SECHO_LEVEL_ERROR, "worker_failed", log_number("worker", index),
                  log_text("why", strerror(errno)));
        crew_postpone(&leader->crew, index);
        return;
    }
    crew_born(&leader->crew, index, pid, channel);
    log_event(&leader->log, SECHO_LEVEL_INFO, "worker_start", log_number("worker", index),
              log_number("pid", (uint64_t)pid), log_number("generation", leader->number));
}

static void replace_the_dead(struct leader *leader)
{
    size_t index;

    while (!leader->draining && (index = crew_due(&leader->crew)) != CREW_NOBODY) {
        give_birth(leader, index);
    }
}

/* ---- announce ---- */

static void announce_listener(const struct leader *leader, const struct listener *listener)
{
    char host[ADDRESS_TEXT_SIZE];

    address_print_host(&listener->address, host);
    log_event(&leader->log, SECHO_LEVEL_INFO, "ready", log_text("listener", listener->config->name),
              log_text("transport", listener->context != NULL ? "tls" : "tcp"),
              log_text("address", host), log_number("port", address_port(&listener->address)));
}

static void announce(struct leader *leader)
{
    const struct message serving = {
        .type = MESSAGE_SERVING, .level = leader->log.level, .format = leader->log.format};

    /* Before the lines: who reads "serving" may send a signal at once. */
    (void)message_send(GENERATION_CONTROL, &serving, -1);
    for (size_t i = 0; i < leader->load.service.listener_count; i++) {
        announce_listener(leader, &leader->load.service.listeners[i]);
    }
    log_event(
        &leader->log, SECHO_LEVEL_INFO, "serving", log_number("processes", leader->crew.processes),
        log_number("threads", leader->crew.threads), log_number("generation", leader->number));
    leader->announced = true;
}

/* ---- look after the workers ---- */

static void drain(struct leader *leader)
{
    leader->draining = true;
    crew_tell_all(&leader->crew, MESSAGE_DRAIN);
    for (size_t k = 0; k < leader->load.service.slot_count; k++) {
        if (leader->crew.watcher[k] == CREW_NOBODY) { /* else its watcher accepts first */
            service_refuse(&leader->load.service, k);
        }
    }
}

static void tell_exit(const struct leader *leader, size_t index, int status, uint64_t lost)
{
    bool killed = WIFSIGNALED(status);
    bool drained = leader->draining && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    char signal_name[CREW_SIGNAL_SIZE];

    crew_signal_name(status, signal_name);
    log_event(&leader->log, drained ? SECHO_LEVEL_INFO : SECHO_LEVEL_ERROR, "worker_exit",
              log_number("worker", index),
              log_number("pid", (uint64_t)leader->crew.children[index].pid),
              log_text("signal", signal_name),
              log_number("status", WIFEXITED(status) ? (uint64_t)WEXITSTATUS(status) : 0),
              log_number("lost", lost),
              log_text("why", drained            ? "drained"
                              : leader->draining ? "it did not end as it should"
                              : killed           ? "killed by this signal; it is replaced"
                                                 : "it ended by itself; it is replaced"));
}

static void bury(struct leader *leader, size_t index, int status)
{
    uint64_t lost = 0;

    for (size_t t = 0; t < leader->crew.threads; t++) {
        lost += counters_fold(&leader->counters->generations[leader->number],
                              index * leader->crew.threads + t);
    }
    tell_exit(leader, index, status, lost);
    crew_buried(&leader->crew, index);
    if (!leader->announced && !leader->draining &&
        WIFEXITED(status)) { /* it would not do better the next time */
        leader->status = EX_OSERR;
        drain(leader);
    }
}

static void reap(struct leader *leader)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        size_t index = crew_find(&leader->crew, pid);

        if (index != CREW_NOBODY) {
            bury(leader, index, status);
        }
    }
}

/* ---- hear ---- */

static void hear_supervisor(struct leader *leader)
{
    struct message message;
    int fd = -1;

    switch (message_receive(GENERATION_CONTROL, &message, &fd)) {
    case HEARD:
        socket_close(fd);
        if (message.type == MESSAGE_DRAIN) {
            drain(leader);
        } else if (message.type == MESSAGE_STOP) {
            leader->draining = true;
            crew_kill_all(&leader->crew);
        }
        break;
    case HEARD_END: /* nothing would ever end us */
        leader->alone = true;
        drain(leader);
        break;
    case HEARD_NOTHING:
        break;
    }
}

static void wait_and_hear(struct leader *leader, const sigset_t *while_waiting)
{
    struct crew *crew = &leader->crew;
    struct pollfd at[1 + CREW_MAX];
    int64_t birth_ms = leader->draining ? -1 : crew_next_birth_ms(crew);
    int64_t step_ms = ratchet_due_ms(leader->load.service.ratchet, clock_boot_s());
    int64_t wait_ms = birth_ms != -1 && birth_ms < step_ms ? birth_ms : step_ms;
    const struct timespec limit = {.tv_sec = wait_ms / 1000, .tv_nsec = wait_ms % 1000 * 1000000};

    at[0] = (struct pollfd){.fd = leader->alone ? -1 : GENERATION_CONTROL, .events = POLLIN};
    for (size_t i = 0; i < crew->processes; i++) {
        at[1 + i] = (struct pollfd){.fd = crew->children[i].channel, .events = POLLIN};
    }
    if (ppoll(at, 1 + crew->processes, &limit, while_waiting) <= 0) {
        return;
    }
    if (at[0].revents != 0) {
        hear_supervisor(leader);
    }
    for (size_t i = 0; i < crew->processes; i++) {
        if (at[1 + i].revents != 0) {
            crew_hear(crew, i);
        }
    }
}

/* ---- the loop ---- */

static void on_child(int ignored)
{
    (void)ignored; /* it only has to interrupt ppoll */
}

/* The terminal's Ctrl-C reaches every process: what to do about it is the supervisor's to say. */
static void arrange_signals(sigset_t *while_waiting)
{
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    const struct sigaction wake = {.sa_handler = on_child};
    sigset_t child;

    (void)sigaction(SIGINT, &ignore, NULL);
    (void)sigaction(SIGTERM, &ignore, NULL);
    (void)sigaction(SIGHUP, &ignore, NULL);
    (void)sigaction(SIGPIPE, &ignore, NULL);
    (void)sigaction(SIGXFSZ, &ignore, NULL); /* a key log that may not grow harms nobody */
    (void)sigaction(SIGCHLD, &wake, NULL);
    (void)sigemptyset(&child);
    (void)sigaddset(&child, SIGCHLD);
    (void)sigprocmask(SIG_SETMASK, &child, NULL); /* the supervisor left more blocked */
    (void)sigemptyset(while_waiting);
}

static void look_after(struct leader *leader, const sigset_t *while_waiting)
{
    while (!leader->draining || crew_has_anybody(&leader->crew)) {
        /* By itself too: who is born later must not inherit what is over. */
        ratchet_step(leader->load.service.ratchet, clock_boot_s());
        replace_the_dead(leader);
        wait_and_hear(leader, while_waiting);
        reap(leader);
        crew_assign_slots(&leader->crew);
        if (!leader->announced && crew_is_ready(&leader->crew)) {
            announce(leader);
        }
    }
}

int generation_main(char **argv, const char *config_path)
{
    struct leader leader = {.argv = argv};
    sigset_t while_waiting;

    (void)prctl(PR_SET_NAME, "secho-leader");
    arrange_signals(&while_waiting);
    leader.status = prepare(&leader, config_path);
    if (leader.status == EX_OK) {
        settle(&leader);
        check_descriptors(&leader);
        service_warn(&leader.load.service, log_warning, &leader.log);
        look_after(&leader, &while_waiting);
    }
    load_done(&leader.load);
    return leader.status;
}
