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
#include "daemon/announce.h"
#include "daemon/crew.h"
#include "daemon/handover.h"
#include "daemon/level.h"
#include "daemon/message.h"
#include "daemon/posting.h"
#include "daemon/prepare.h"
#include "daemon/process.h"
#include "daemon/secrets.h"
#include "daemon/signals.h"
#include "daemon/stuck.h"
#include "net/socket.h"

#define WORKER_TITLE "secho-server: worker"

struct leader {
    char **argv;
    struct prepared own;
    struct crew crew;
    struct watchdog watchdog;
    struct board_crew told; /* what the board says of it */
    bool announced;         /* everybody is told that we serve */
    bool left;              /* nobody comes in here any more, and the supervisor knows */
    bool retiring;          /* another generation accepts */
    bool draining;
    int64_t patience_ms; /* until when the connections of a retired one may last */
    bool alone;          /* the supervisor is gone */
    int status;
};

bool generation_is_meant(char **argv)
{
    return strcmp(argv[0], GENERATION_TITLE) == 0;
}

/* ---- fork ---- */

static int worker_main(struct leader *leader, size_t index, int channel)
{
    const struct process_settings settings = {
        .service = &leader->own.load.service,
        .privilege = &leader->own.load.privilege,
        .counters = leader->own.counters,
        .generation = leader->own.start.block,
        .first = index * leader->crew.threads,
        .threads = leader->crew.threads,
        .channel = channel,
        .lifeline = GENERATION_LIFELINE,
        .log_writer = GENERATION_LOG,
        .log_format = leader->own.log.format,
    };
    sigset_t none;

    watch_done(&leader->own.load.watch); /* its folders are the leader's */
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
        log_event(&leader->own.log, SECHO_LEVEL_ERROR, "worker_failed", log_number("worker", index),
                  log_text("why", strerror(errno)));
        crew_postpone(&leader->crew, index);
        return;
    }
    crew_born(&leader->crew, index, pid, channel);
    log_event(&leader->own.log, SECHO_LEVEL_INFO, "worker_start", log_number("worker", index),
              log_number("pid", (uint64_t)pid),
              log_number("generation", leader->own.start.generation));
}

/* Nobody comes any more. */
static bool is_leaving(const struct leader *leader)
{
    return leader->retiring || leader->draining;
}

static void replace_the_dead(struct leader *leader)
{
    size_t index;

    while (!is_leaving(leader) && (index = crew_due(&leader->crew)) != CREW_NOBODY) {
        give_birth(leader, index);
    }
}

/* ---- announce ---- */

static void tell_everybody(struct leader *leader)
{
    level_follow(&leader->own.log, &leader->own.counters->log_level,
                 leader->own.load.config->log.level);
    admin_door_announce(&leader->own.log, &leader->own.door);
    announce_serving(&leader->own.log, &leader->own.load.service, &leader->crew,
                     leader->own.start.generation);
}

/*
 * Who reads "serving" finds us ready: at a start it waits for MESSAGE_KNOWN. Who reads "reload" has
 * read what comes before.
 */
static void announce(struct leader *leader)
{
    service_size_queues(&leader->own.load.service);
    if (leader->own.start.is_reload) {
        tell_everybody(leader);
    }
    handover_serving(GENERATION_CONTROL, leader->own.load.config, leader->own.log.format);
    leader->announced = true;
}

/* ---- look after the workers ---- */

static void drain(struct leader *leader)
{
    leader->draining = true;
    crew_tell_all(&leader->crew, MESSAGE_DRAIN);
    for (size_t k = 0; k < leader->own.load.service.slot_count && !leader->retiring; k++) {
        if (leader->crew.watcher[k] == CREW_NOBODY) { /* else its watcher accepts first */
            service_refuse(&leader->own.load.service, k);
        }
    }
}

/* Those who are here stay, but not for ever. */
static void retire(struct leader *leader)
{
    int64_t longest_ms = leader->own.load.config->timeouts.reload_drain_ms;

    leader->retiring = true;
    leader->patience_ms = longest_ms > 0 ? clock_now_ms() + longest_ms : INT64_MAX;
    crew_tell_all(&leader->crew, MESSAGE_RETIRE);
}

/* In how many ms the patience with them ends; -1: never. */
static int64_t retirement_ms(const struct leader *leader)
{
    int64_t left_ms = leader->patience_ms - clock_now_ms();

    return !leader->retiring || leader->draining || leader->patience_ms == INT64_MAX ? -1
           : left_ms > 0                                                             ? left_ms
                                                                                     : 0;
}

static void bury(struct leader *leader, size_t index, int status)
{
    uint64_t lost = 0;

    for (size_t t = 0; t < leader->crew.threads; t++) {
        lost += counters_bury(leader->own.counters, leader->own.start.block,
                              index * leader->crew.threads + t);
    }
    announce_exit(&leader->own.log, &leader->crew,
                  &(struct announce_exit){index, status, lost, is_leaving(leader)});
    crew_buried(&leader->crew, index);
    if (!leader->announced && !is_leaving(leader) &&
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

static void obey(struct leader *leader, const struct message *message)
{
    if (message->type == MESSAGE_KNOWN && !leader->own.start.is_reload) {
        tell_everybody(leader);
    } else if (message->type == MESSAGE_REFUSE) {
        crew_pass_on(&leader->crew, message);
    } else if (message->type == MESSAGE_RETIRE) {
        retire(leader);
    } else if (message->type == MESSAGE_DRAIN) {
        drain(leader);
    } else if (message->type == MESSAGE_STOP) {
        leader->draining = true;
        crew_kill_all(&leader->crew);
    }
}

static void hear_supervisor(struct leader *leader)
{
    struct message message;
    int fd = -1;

    switch (message_receive(GENERATION_CONTROL, &message, &fd)) {
    case HEARD:
        socket_close(fd);
        obey(leader, &message);
        break;
    case HEARD_END: /* nothing would ever end us */
        leader->alone = true;
        drain(leader);
        break;
    case HEARD_NOTHING:
        break;
    }
}

/* ---- watch the files ---- */

static bool is_watching(const struct leader *leader)
{
    return leader->own.load.config->watch && leader->announced && !is_leaving(leader);
}

static void watch(struct leader *leader)
{
    const struct message changed = {.type = MESSAGE_CHANGED};

    if (is_watching(leader) &&
        watch_look(&leader->own.load.watch, leader->own.load.config, clock_now_ms())) {
        log_event(&leader->own.log, SECHO_LEVEL_INFO, "files_changed",
                  log_text("why", "certificates, keys or lists are different from those that were "
                                  "loaded: a reload follows"));
        (void)message_send(GENERATION_CONTROL, &changed, -1);
    }
}

/* ---- the loop ---- */

static void sooner(int64_t *wait_ms, int64_t other_ms)
{
    *wait_ms = other_ms != -1 && other_ms < *wait_ms ? other_ms : *wait_ms;
}

static int64_t longest_wait_ms(const struct leader *leader)
{
    int64_t wait_ms = ratchet_due_ms(leader->own.load.service.ratchet, clock_boot_s());

    sooner(&wait_ms,
           is_leaving(leader) ? retirement_ms(leader) : crew_next_birth_ms(&leader->crew));
    sooner(&wait_ms, is_watching(leader) ? WATCH_LOOK_MS : -1);
    sooner(&wait_ms, watchdog_wait_ms(&leader->watchdog, clock_now_ms()));
    return wait_ms;
}

static void wait_and_hear(struct leader *leader, const sigset_t *while_waiting)
{
    struct crew *crew = &leader->crew;
    struct pollfd at[1 + CREW_MAX];
    int64_t wait_ms = longest_wait_ms(leader);
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

static void on_child(int ignored)
{
    (void)ignored; /* it only has to interrupt ppoll */
}

/* The terminal's Ctrl-C reaches every process: what to do about it is the supervisor's to say. */
static void arrange_signals(sigset_t *while_waiting)
{
    static const int ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE,
                                  SIGXFSZ}; /* a key log that may not grow harms nobody */
    static const int handled[] = {SIGCHLD};

    signals_ignore(ignored, sizeof ignored / sizeof ignored[0]);
    signals_while_waiting(handled, sizeof handled / sizeof handled[0], on_child, while_waiting);
}

/* From now on everybody gets the new configuration. */
static void tell_when_left(struct leader *leader)
{
    const struct message left = {.type = MESSAGE_LEFT};

    if (leader->retiring && !leader->left && crew_has_left(&leader->crew)) {
        leader->left = true;
        (void)message_send(GENERATION_CONTROL, &left, -1);
    }
}

static void look_after(struct leader *leader, const sigset_t *while_waiting)
{
    while (!is_leaving(leader) || crew_has_anybody(&leader->crew)) {
        /* By itself too: who is born later must not inherit what is over. */
        ratchet_step(leader->own.load.service.ratchet, clock_boot_s());
        replace_the_dead(leader);
        wait_and_hear(leader, while_waiting);
        stuck_workers(&leader->watchdog, &leader->crew, &leader->own);
        reap(leader);
        if (retirement_ms(leader) == 0) {
            drain(leader);
        }
        tell_when_left(leader);
        watch(leader);
        if (!leader->retiring) { /* the slots belong to another generation */
            crew_assign_slots(&leader->crew);
        }
        posting_crew(leader->own.board, leader->own.start.block, &leader->crew, is_leaving(leader),
                     &leader->told);
        if (!leader->announced && crew_is_ready(&leader->crew)) {
            announce(leader);
        }
    }
}

int generation_main(char **argv, const char *config_path)
{
    struct leader leader = {.argv = argv, .watchdog.stuck_ms = STUCK_WORKER_MS};
    sigset_t while_waiting;

    (void)prctl(PR_SET_NAME, "secho-leader");
    arrange_signals(&while_waiting);
    secrets_hide();
    leader.status = prepare_all(&leader.own, config_path);
    if (leader.status == EX_OK) {
        crew_init(&leader.crew, (size_t)leader.own.load.config->workers.processes,
                  (size_t)leader.own.load.config->workers.threads);
        announce_warnings(&leader.own.log, &leader.own.load.service, &leader.crew);
        leader.status = prepare_step_down(&leader.own);
    }
    if (leader.status == EX_OK) {
        look_after(&leader, &while_waiting);
    }
    load_done(&leader.own.load);
    return leader.status;
}
