/* generation.c - in order of time: load, bind, hand up, fork, announce, look after. */
#include "daemon/generation.h"

#include <errno.h>
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
#include "daemon/secrets.h"
#include "daemon/signals.h"
#include "daemon/stuck.h"
#include "daemon/waiting.h"
#include "daemon/worker_birth.h"
#include "net/socket.h"

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

/* Nobody comes any more. */
static bool is_leaving(const struct leader *leader)
{
    return leader->retiring || leader->draining;
}

/* ---- end ---- */

/*
 * Will it serve at all? Until that is told, the sockets of a reload are those of whoever serves: no
 * slot of theirs is watched, and whatever becomes of us, they stay as they are.
 */
static bool is_on_trial(const struct leader *leader)
{
    return leader->own.start.is_reload && !leader->announced;
}

static void drain(struct leader *leader)
{
    leader->draining = true;
    if (is_on_trial(leader)) { /* nobody was let in */
        crew_kill_all(&leader->crew);
        return;
    }
    crew_tell_all(&leader->crew, MESSAGE_DRAIN);
    for (size_t k = 0; k < leader->own.load.service.slot_count && !leader->retiring; k++) {
        if (leader->crew.watcher[k] == CREW_NOBODY) { /* else its watcher accepts first */
            service_refuse(&leader->own.load.service, k);
        }
    }
}

/* A worker cannot be born: the next one would not do better. */
static void give_up(struct leader *leader, size_t index, const char *why)
{
    char line[CREW_WHY_SIZE + 64];

    (void)snprintf(line, sizeof line, "worker %zu cannot be started: %s", index, why);
    leader->status = prepare_failed(&leader->own, line);
    drain(leader);
}

/* ---- bear workers ---- */

static void not_born(struct leader *leader, size_t index, const char *why)
{
    if (!leader->announced) {
        give_up(leader, index, why);
        return;
    }
    log_event(&leader->own.log, SECHO_LEVEL_ERROR, "worker_failed", log_number("worker", index),
              log_text("why", why));
    crew_postpone(&leader->crew, index);
}

static void give_birth(struct leader *leader, size_t index)
{
    int channel = -1;
    pid_t pid = worker_birth(leader->argv, &leader->own, index, leader->crew.threads, &channel);

    if (pid == -1) {
        not_born(leader, index, strerror(errno));
        return;
    }
    crew_born(&leader->crew, index, pid, channel);
    log_event(&leader->own.log, SECHO_LEVEL_INFO, "worker_start", log_number("worker", index),
              log_number("pid", (uint64_t)pid),
              log_number("generation", leader->own.start.generation));
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
    bool gives_up = !leader->announced && !is_leaving(leader) && WIFEXITED(status);

    announce_exit(
        &leader->own.log, &leader->crew,
        &(struct announce_exit){.index = index,
                                .status = status,
                                .lost = lost,
                                .is_meant = is_leaving(leader),
                                .is_last = gives_up || (leader->draining && is_on_trial(leader))});
    if (gives_up) {
        char why[CREW_WHY_SIZE];

        crew_last_words(&leader->crew, index, status, why);
        crew_buried(&leader->crew, index);
        give_up(leader, index, why);
    } else {
        crew_buried(&leader->crew, index);
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
        at[1 + i] =
            (struct pollfd){.fd = crew->children[i].channel, .events = crew_events(crew, i)};
    }
    if (waiting_poll(at, 1 + crew->processes, &limit, while_waiting) <= 0) {
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

/* One that retires leaves them to another generation, one on trial has not got them yet. */
static bool watches_slots(const struct leader *leader)
{
    return !leader->retiring && (!is_on_trial(leader) || crew_is_ready(&leader->crew));
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
        if (watches_slots(leader)) {
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
