/* generation.c - in order of time: adopt, load, bind, hand up, fork, announce, look after. */
#include "daemon/generation.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "daemon/load.h"
#include "daemon/message.h"
#include "daemon/process.h"
#include "net/socket.h"

#define WORKER_TITLE "secho-server: worker"

#define WORKERS_MAX 64

/* A worker that lived this long did not die of its birth: its successor comes at once. */
#define LIVED_MS       10000
#define DELAY_MS_FIRST 100
#define DELAY_MS_MAX   30000

struct child {
    pid_t pid;   /* 0: none */
    int channel; /* -1: none */
    bool ready;
    int64_t born_ms;
    int64_t delay_ms; /* before the next birth */
    int64_t due_ms;   /* when that is; 0: not to be born */
};

struct leader {
    char **argv;
    struct load load;
    struct log log;
    struct counters_shared *counters;
    size_t number; /* whose blocks of counters */
    struct child children[WORKERS_MAX];
    size_t processes, threads;
    size_t watcher[WORKERS_MAX]; /* which child watches slot k; NOBODY */
    bool announced, draining, alone;
    int status;
};

#define NOBODY SIZE_MAX

bool generation_is_meant(char **argv)
{
    return strcmp(argv[0], GENERATION_TITLE) == 0;
}

/* ---- adopt: sockets that an earlier leader had bound ---- */

struct adopted {
    struct message message;
    int fd;
};

struct adoption {
    struct adopted *all;
    size_t count;
    uint32_t generation;
};

static int adopt_next(struct adoption *adoption, bool *complete)
{
    struct pollfd control = {.fd = GENERATION_CONTROL, .events = POLLIN};
    struct message message;
    int fd = -1;

    (void)poll(&control, 1, -1);
    switch (message_receive(GENERATION_CONTROL, &message, &fd)) {
    case HEARD_NOTHING:
        return 0;
    case HEARD_END:
        return -1;
    case HEARD:
        break;
    }
    if (message.type == MESSAGE_START) {
        adoption->generation = message.generation % COUNTERS_GENERATIONS;
        *complete = true;
        return 0;
    }
    struct adopted *grown = realloc(adoption->all, (adoption->count + 1) * sizeof *adoption->all);

    if (grown == NULL || message.type != MESSAGE_SOCKET) {
        socket_close(fd);
        return grown == NULL ? -1 : 0;
    }
    adoption->all = grown;
    adoption->all[adoption->count++] = (struct adopted){.message = message, .fd = fd};
    return 0;
}

static int adopt_all(struct adoption *adoption)
{
    bool complete = false;

    while (!complete) {
        if (adopt_next(adoption, &complete) != 0) {
            return -1;
        }
    }
    return 0;
}

/* A socket fits when the listener still has the address that it is bound to. */
static bool fits(const struct listener *listener, const struct adopted *adopted)
{
    char ours[ADDRESS_TEXT_SIZE], theirs[ADDRESS_TEXT_SIZE];
    struct address bound;

    if (strcmp(listener->config->name, adopted->message.listener) != 0 ||
        socket_address(adopted->fd, &bound) != 0) {
        return false;
    }
    address_print_host(&listener->address, ours);
    address_print_host(&bound, theirs);
    return strcmp(ours, theirs) == 0 && (listener->config->port == 0 ||
                                         address_port(&bound) == (unsigned)listener->config->port);
}

static void place(struct service *service, struct adopted *adopted)
{
    size_t slot = adopted->message.slot;

    for (size_t i = 0; i < service->listener_count; i++) {
        struct listener *listener = &service->listeners[i];

        if (slot < service->slot_count && listener->slots[slot] == -1 && fits(listener, adopted)) {
            listener->slots[slot] = adopted->fd;
            adopted->fd = -1; /* the service owns it now */
            return;
        }
    }
}

static void place_all(struct leader *leader, struct adoption *adoption)
{
    for (size_t i = 0; i < adoption->count; i++) {
        place(&leader->load.service, &adoption->all[i]);
        socket_close(adoption->all[i].fd);
    }
    free(adoption->all);
    *adoption = (struct adoption){0};
}

/* ---- load, bind, hand up ---- */

static void print_problem(void *ignored, const char *line)
{
    (void)ignored;
    (void)fprintf(stderr, "%s\n", line);
}

static void send_line(void *ignored, const char *line, size_t len)
{
    (void)ignored;
    (void)send(GENERATION_LOG, line, len, MSG_NOSIGNAL);
}

static void hand_up_sockets(const struct service *service)
{
    for (size_t i = 0; i < service->listener_count; i++) {
        for (size_t k = 0; k < service->slot_count; k++) {
            const struct listener *listener = &service->listeners[i];
            struct message message = {.type = MESSAGE_SOCKET, .slot = (uint32_t)k};

            (void)snprintf(message.listener, sizeof message.listener, "%s", listener->config->name);
            (void)message_send(GENERATION_CONTROL, &message, listener->slots[k]);
        }
    }
}

static int prepare(struct leader *leader, const char *path)
{
    struct adoption adoption = {0};
    struct secho_error err;

    if (adopt_all(&adoption) != 0) {
        return EX_OSERR;
    }
    leader->number = adoption.generation;
    if (load_all(path, print_problem, NULL, &leader->load) != 0) {
        return EX_CONFIG;
    }
    place_all(leader, &adoption);
    if (service_bind(&leader->load.service, &err) != 0) {
        (void)fprintf(stderr, "secho-server: %s\n", err.text);
        return EX_OSERR;
    }
    leader->counters = counters_map(GENERATION_COUNTERS);
    if (leader->counters == NULL) {
        (void)fprintf(stderr, "secho-server: shared memory: %s\n", strerror(errno));
        return EX_OSERR;
    }
    hand_up_sockets(&leader->load.service);
    return EX_OK;
}

static void settle(struct leader *leader)
{
    const struct secho_config *config = leader->load.config;

    leader->log =
        (struct log){.level = config->log.level, .format = config->log.format, .sink = send_line};
    leader->processes = (size_t)config->workers.processes;
    leader->threads = (size_t)config->workers.threads;
    leader->counters->generations[leader->number].threads_used =
        leader->processes * leader->threads;
    for (size_t i = 0; i < WORKERS_MAX; i++) {
        leader->children[i].channel = -1;
        leader->watcher[i] = NOBODY;
    }
}

/* ---- fork ---- */

static int worker_main(struct leader *leader, size_t index, int channel)
{
    const struct process_settings settings = {
        .service = &leader->load.service,
        .privilege = &leader->load.privilege,
        .counters = leader->counters,
        .generation = leader->number,
        .first = index * leader->threads,
        .threads = leader->threads,
        .channel = channel,
        .log_writer = GENERATION_LOG,
    };
    sigset_t none;

    memcpy(leader->argv[0], WORKER_TITLE, strlen(GENERATION_TITLE)); /* for ps(1) */
    (void)prctl(PR_SET_NAME, "secho-worker");
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    return process_run(&settings);
}

static void postpone(struct child *child)
{
    child->due_ms = clock_now_ms() + child->delay_ms;
    child->delay_ms = child->delay_ms == 0                 ? DELAY_MS_FIRST
                      : child->delay_ms < DELAY_MS_MAX / 2 ? 2 * child->delay_ms
                                                           : DELAY_MS_MAX;
}

static void give_birth(struct leader *leader, size_t index)
{
    struct child *child = &leader->children[index];
    int ends[2];
    pid_t pid = -1;

    child->due_ms = 0;
    if (message_channel(ends) == 0) {
        pid = fork();
        if (pid == 0) {
            exit(worker_main(leader, index, ends[1]));
        }
        socket_close(ends[1]);
        if (pid == -1) {
            socket_close(ends[0]);
        }
    }
    if (pid == -1) {
        log_event(&leader->log, SECHO_LEVEL_ERROR, "worker_failed", log_number("worker", index),
                  log_text("why", strerror(errno)));
        postpone(child);
        return;
    }
    child->pid = pid;
    child->channel = ends[0];
    child->ready = false;
    child->born_ms = clock_now_ms();
    log_event(&leader->log, SECHO_LEVEL_INFO, "worker_start", log_number("worker", index),
              log_number("pid", (uint64_t)pid), log_number("generation", leader->number));
}

/* ---- who watches which slot: computed from who lives ---- */

static size_t watcher_for(const struct leader *leader, size_t slot)
{
    size_t own = slot / leader->threads;

    for (size_t i = 0; i < leader->processes; i++) {
        size_t candidate = (own + i) % leader->processes;

        if (leader->children[candidate].ready) {
            return candidate;
        }
    }
    return NOBODY;
}

static void tell(struct leader *leader, size_t child, enum message_type type, size_t slot)
{
    const struct message message = {.type = type, .slot = (uint32_t)slot};

    if (child != NOBODY && leader->children[child].channel != -1) {
        (void)message_send(leader->children[child].channel, &message, -1);
    }
}

static void assign_slots(struct leader *leader)
{
    for (size_t k = 0; k < leader->load.service.slot_count; k++) {
        size_t wanted = watcher_for(leader, k);

        if (wanted != leader->watcher[k]) {
            tell(leader, wanted, MESSAGE_WATCH, k);
            tell(leader, leader->watcher[k], MESSAGE_UNWATCH, k);
            leader->watcher[k] = wanted;
        }
    }
}

/* ---- announce ---- */

static const char *transport_name(enum config_transport transport)
{
    return transport == TRANSPORT_TLS ? "tls" : "tcp";
}

static void announce(struct leader *leader)
{
    const struct message serving = {
        .type = MESSAGE_SERVING, .level = leader->log.level, .format = leader->log.format};

    for (size_t i = 0; i < leader->load.service.listener_count; i++) {
        const struct listener *listener = &leader->load.service.listeners[i];
        char host[ADDRESS_TEXT_SIZE];

        address_print_host(&listener->address, host);
        log_event(&leader->log, SECHO_LEVEL_INFO, "ready",
                  log_text("listener", listener->config->name),
                  log_text("transport", transport_name(listener->config->transport)),
                  log_text("address", host), log_number("port", address_port(&listener->address)));
    }
    log_event(&leader->log, SECHO_LEVEL_INFO, "serving", log_number("processes", leader->processes),
              log_number("threads", leader->threads), log_number("generation", leader->number));
    (void)message_send(GENERATION_CONTROL, &serving, -1);
    leader->announced = true;
}

static bool all_ready(const struct leader *leader)
{
    for (size_t i = 0; i < leader->processes; i++) {
        if (!leader->children[i].ready) {
            return false;
        }
    }
    return true;
}

/* ---- look after the workers ---- */

static void fold_counters(struct leader *leader, size_t index)
{
    for (size_t t = 0; t < leader->threads; t++) {
        counters_fold(&leader->counters->generations[leader->number], index * leader->threads + t);
    }
}

static void describe_exit(int status, char *text, size_t size)
{
    if (WIFSIGNALED(status)) {
        const char *name = sigabbrev_np(WTERMSIG(status));

        (void)snprintf(text, size, "SIG%s", name != NULL ? name : "UNKNOWN");
    } else {
        text[0] = '\0';
    }
}

static void tell_exit(struct leader *leader, size_t index, int status)
{
    char signal_name[32];
    bool expected = leader->draining && WIFEXITED(status) && WEXITSTATUS(status) == 0;

    describe_exit(status, signal_name, sizeof signal_name);
    log_event(&leader->log, expected ? SECHO_LEVEL_INFO : SECHO_LEVEL_ERROR, "worker_exit",
              log_number("worker", index), log_number("pid", (uint64_t)leader->children[index].pid),
              log_text("signal", signal_name),
              log_number("status", WIFEXITED(status) ? (uint64_t)WEXITSTATUS(status) : 0),
              log_text("why", expected                 ? "drained"
                              : signal_name[0] != '\0' ? "killed by this signal; it is replaced"
                                                       : "it ended by itself; it is replaced"));
}

static void bury(struct leader *leader, size_t index, int status)
{
    struct child *child = &leader->children[index];

    tell_exit(leader, index, status);
    fold_counters(leader, index);
    socket_close(child->channel);
    if (clock_now_ms() - child->born_ms >= LIVED_MS) {
        child->delay_ms = 0;
    }
    child->pid = 0;
    child->channel = -1;
    child->ready = false;
    if (!leader->announced && WIFEXITED(status)) { /* it would not do better the next time */
        leader->status = EX_OSERR;
        leader->draining = true;
    }
    if (!leader->draining) {
        postpone(child);
    }
}

static void reap(struct leader *leader)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        for (size_t i = 0; i < leader->processes; i++) {
            if (leader->children[i].pid == pid) {
                bury(leader, i, status);
            }
        }
    }
}

static void replace_the_dead(struct leader *leader)
{
    for (size_t i = 0; i < leader->processes && !leader->draining; i++) {
        struct child *child = &leader->children[i];

        if (child->pid == 0 && child->due_ms <= clock_now_ms()) {
            give_birth(leader, i);
        }
    }
}

static void drain(struct leader *leader)
{
    leader->draining = true;
    for (size_t i = 0; i < leader->processes; i++) {
        tell(leader, i, MESSAGE_DRAIN, 0);
    }
    /* Slots of a worker that is not there: nobody will accept from them any more. */
    service_stop_listening(&leader->load.service);
}

static void kill_all(struct leader *leader)
{
    for (size_t i = 0; i < leader->processes; i++) {
        if (leader->children[i].pid > 0) {
            (void)kill(leader->children[i].pid, SIGKILL);
        }
    }
    leader->draining = true;
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
            kill_all(leader);
        }
        break;
    case HEARD_END: /* the supervisor is gone: nothing would ever end us */
        leader->alone = true;
        drain(leader);
        break;
    case HEARD_NOTHING:
        break;
    }
}

static void hear_child(struct leader *leader, size_t index)
{
    struct child *child = &leader->children[index];
    struct message message;
    int fd = -1;

    switch (message_receive(child->channel, &message, &fd)) {
    case HEARD:
        socket_close(fd);
        child->ready = child->ready || message.type == MESSAGE_READY;
        break;
    case HEARD_END: /* waitpid will tell how it died */
        socket_close(child->channel);
        child->channel = -1;
        child->ready = false;
        break;
    case HEARD_NOTHING:
        break;
    }
}

/* ---- the loop ---- */

static int64_t next_birth_ms(const struct leader *leader)
{
    int64_t wait_ms = -1;

    for (size_t i = 0; i < leader->processes && !leader->draining; i++) {
        const struct child *child = &leader->children[i];

        if (child->pid == 0) {
            int64_t left = child->due_ms - clock_now_ms();

            left = left > 0 ? left : 0;
            wait_ms = wait_ms == -1 || left < wait_ms ? left : wait_ms;
        }
    }
    return wait_ms;
}

static void wait_and_hear(struct leader *leader, const sigset_t *while_waiting)
{
    struct pollfd at[1 + WORKERS_MAX];
    int64_t wait_ms = next_birth_ms(leader);
    const struct timespec limit = {.tv_sec = wait_ms / 1000, .tv_nsec = wait_ms % 1000 * 1000000};

    at[0] = (struct pollfd){.fd = leader->alone ? -1 : GENERATION_CONTROL, .events = POLLIN};
    for (size_t i = 0; i < leader->processes; i++) {
        at[1 + i] = (struct pollfd){.fd = leader->children[i].channel, .events = POLLIN};
    }
    if (ppoll(at, 1 + leader->processes, wait_ms == -1 ? NULL : &limit, while_waiting) <= 0) {
        return;
    }
    if (at[0].revents != 0) {
        hear_supervisor(leader);
    }
    for (size_t i = 0; i < leader->processes; i++) {
        if (at[1 + i].revents != 0 && leader->children[i].channel != -1) {
            hear_child(leader, i);
        }
    }
}

static bool any_child(const struct leader *leader)
{
    for (size_t i = 0; i < leader->processes; i++) {
        if (leader->children[i].pid > 0) {
            return true;
        }
    }
    return false;
}

static void on_child(int ignored)
{
    (void)ignored; /* it only has to interrupt ppoll */
}

/* The terminal's Ctrl-C reaches every process: what to do is the supervisor's to say. */
static void arrange_signals(sigset_t *while_waiting)
{
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    const struct sigaction wake = {.sa_handler = on_child};
    sigset_t child;

    (void)sigaction(SIGINT, &ignore, NULL);
    (void)sigaction(SIGTERM, &ignore, NULL);
    (void)sigaction(SIGHUP, &ignore, NULL);
    (void)sigaction(SIGPIPE, &ignore, NULL);
    (void)sigaction(SIGCHLD, &wake, NULL);
    (void)sigemptyset(&child);
    (void)sigaddset(&child, SIGCHLD);
    (void)sigprocmask(SIG_BLOCK, &child, NULL);
    (void)sigemptyset(while_waiting);
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
        while (!leader.draining || any_child(&leader)) {
            replace_the_dead(&leader);
            wait_and_hear(&leader, &while_waiting);
            reap(&leader);
            assign_slots(&leader);
            if (!leader.announced && all_ready(&leader)) {
                announce(&leader);
            }
        }
    }
    load_done(&leader.load);
    return leader.status;
}
