#include "daemon/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
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
#include "daemon/activation.h"
#include "daemon/birth.h"
#include "daemon/crew.h"
#include "daemon/descriptors.h"
#include "daemon/farewell.h"
#include "daemon/generation.h"
#include "daemon/generations.h"
#include "daemon/message.h"
#include "daemon/relay.h"
#include "daemon/reload.h"
#include "daemon/sandbox.h"
#include "daemon/scribe.h"
#include "daemon/signals.h"
#include "daemon/standing.h"
#include "daemon/stop.h"
#include "daemon/stuck.h"
#include "daemon/succession.h"
#include "daemon/systemd.h"
#include "daemon/waiting.h"
#include "net/socket.h"
#include "server/counters.h"

#define FULL_MS 100  /* before another look whether a generation has ended */
#define STOP_MS 1000 /* how long the second signal waits for everybody's end, twice */

static volatile sig_atomic_t stop_signals, reload_signals, last_stop_signal;

/* ---- birth of a leader ---- */

static void hand_down(struct supervisor *supervisor, struct generation *generation)
{
    struct message start = {
        .type = MESSAGE_START,
        .generation = generation->number,
        .block = (uint32_t)(generation - supervisor->generations.all),
        .is_reload = supervisor->is_served,
        .falls_back = supervisor->falls_back,
        .format = supervisor->log.format,
    };

    ratchet_seed_step(&supervisor->seed, clock_boot_s());
    start.seed = supervisor->seed;
    for (size_t i = 0; i < supervisor->shelf.count; i++) {
        const struct shelf_item *item = &supervisor->shelf.items[i];

        generation_tell(generation, &item->message, item->fd);
    }
    if (supervisor->steward.fd != -1) {
        generation_tell(generation, &supervisor->steward.now, supervisor->steward.fd);
    }
    generation_tell(generation, &start, supervisor->config_fd);
    OPENSSL_cleanse(&start, sizeof start);
}

static void start_leader(struct supervisor *supervisor)
{
    struct generation *generation = generations_add(&supervisor->generations);

    if (generation == NULL) { /* too many drain: one of them will end */
        supervisor->due_ms = clock_now_ms() + FULL_MS;
        return;
    }
    size_t block = (size_t)(generation - supervisor->generations.all);

    if (!supervisor->falls_back) { /* else what is asked for begins later */
        reload_begins(supervisor);
    }
    board_clear(supervisor->board, block);
    atomic_store(&supervisor->counters->generations[block].leader_turned_ms, 0); /* not yet */
    if (birth_leader(supervisor, generation) == -1) {
        generation->state = GENERATION_FREE;
        succession_not_born(supervisor, errno);
        return;
    }
    hand_down(supervisor, generation);
}

/* ---- reap ---- */

/* False when there is no child at all any more: workers of a dead leader are ours too. */
static bool reap(struct supervisor *supervisor)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        struct generation *generation = generations_of(&supervisor->generations, pid);

        if (generation != NULL) {
            succession_end(supervisor, generation, status);
        } else {
            (void)steward_buried(supervisor, pid, status);
        }
    }
    generations_bury(&supervisor->generations, supervisor->counters);
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
    static const int ignored[] = {SIGPIPE, SIGXFSZ}; /* a log that may not grow */
    static const int handled[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD};

    signals_ignore(ignored, sizeof ignored / sizeof ignored[0]);
    signals_while_waiting(handled, sizeof handled / sizeof handled[0], on_signal, while_waiting);
}

/* The second signal: nobody waits for anything any more. */
static void stop_at_once(struct supervisor *supervisor)
{
    int64_t until_ms = clock_now_ms() + STOP_MS;
    uint64_t cut = counters_open(supervisor->counters) +
                   counters_sum(supervisor->counters, offsetof(struct counters, cut));

    supervisor->is_told_to_drain = true; /* who ends now is not replaced */
    generations_say(&supervisor->generations, MESSAGE_STOP);
    steward_end(&supervisor->steward);
    while (reap(supervisor) && clock_now_ms() < until_ms) {
        (void)poll(NULL, 0, 10);
    }
    while (reap(supervisor) && clock_now_ms() < until_ms + STOP_MS) {
        stuck_end_all(supervisor);
        (void)poll(NULL, 0, 10);
    }
    steward_done(&supervisor->steward);
    log_event(&supervisor->log, SECHO_LEVEL_WARN, "stopped", log_number("cut", cut),
              log_text("why", "a second signal came before the drain was over"));
    (void)scribe_finish(supervisor->scribe);
}

static void obey_signals(struct supervisor *supervisor)
{
    if (reload_signals > 0) {
        reload_signals = 0;
        supervisor->wants_reload = true;
        supervisor->manager.asked++;
    }
    if (stop_signals > 0 && !supervisor->draining) {
        stop_begin(supervisor, last_stop_signal == SIGINT ? "SIGINT" : "SIGTERM");
        stop_signals--;
    }
    if (stop_signals > 0 && supervisor->drain_began_ms > 0) {
        stop_at_once(supervisor);
        exit(EXIT_FAILURE);
    }
}

/* ---- the loop ---- */

/* Nobody serves, and nobody is about to. */
static bool needs_leader(struct supervisor *supervisor)
{
    return (!supervisor->draining || stop_waits(supervisor)) &&
           generations_in(&supervisor->generations, GENERATION_SERVES) == NULL &&
           generations_in(&supervisor->generations, GENERATION_LOADS) == NULL;
}

/* Until a leader is due, or the drain; or for as long as it takes. */
static int64_t due_in_ms(struct supervisor *supervisor, int64_t now_ms)
{
    int64_t due_ms = stop_due_ms(supervisor);

    if (needs_leader(supervisor) && supervisor->due_ms < due_ms) {
        due_ms = supervisor->due_ms;
    }
    return due_ms == INT64_MAX ? INT64_MAX : due_ms > now_ms ? due_ms - now_ms : 0;
}

/* What one ppoll looks at. */
enum { ADMIN, LEADERS, LIFELINES = LEADERS + COUNTERS_GENERATIONS };
enum { WATCHED = LIFELINES + COUNTERS_GENERATIONS };

static void hear_generations(struct supervisor *supervisor, const struct pollfd *at)
{
    for (size_t i = 0; i < COUNTERS_GENERATIONS; i++) {
        struct generation *generation = &supervisor->generations.all[i];

        if (at[LEADERS + i].revents != 0) {
            succession_hear(supervisor, generation);
        }
        if (at[LIFELINES + i].revents != 0) { /* its last process has ended */
            socket_close(generation->lifeline);
            generation->lifeline = -1;
        }
    }
}

static void wait_and_hear(struct supervisor *supervisor, const sigset_t *while_waiting)
{
    int64_t now_ms = clock_now_ms(), wait_ms = due_in_ms(supervisor, now_ms);
    int64_t seed_ms = ratchet_seed_due_ms(&supervisor->seed, clock_boot_s());
    int64_t manager_ms = manager_wait_ms(&supervisor->manager, now_ms);
    int64_t watchdog_ms = watchdog_wait_ms(&supervisor->watchdog, now_ms);
    int64_t admin_ms = steward_due_in_ms(&supervisor->steward, now_ms);
    struct pollfd at[WATCHED] = {
        [ADMIN] = {.fd = supervisor->steward.control, .events = POLLIN},
    };

    for (size_t i = 0; i < COUNTERS_GENERATIONS; i++) {
        const struct generation *generation = &supervisor->generations.all[i];

        at[LEADERS + i] = (struct pollfd){.fd = generation->control,
                                          .events = outbox_events(&generation->outbox)};
        at[LIFELINES + i] = (struct pollfd){.fd = generation->lifeline, .events = POLLIN};
    }
    wait_ms = seed_ms < wait_ms ? seed_ms : wait_ms;
    wait_ms = manager_ms < wait_ms ? manager_ms : wait_ms;
    wait_ms = watchdog_ms < wait_ms ? watchdog_ms : wait_ms;
    wait_ms = admin_ms < wait_ms ? admin_ms : wait_ms;
    const struct timespec limit = {.tv_sec = wait_ms / 1000, .tv_nsec = wait_ms % 1000 * 1000000};

    if (waiting_poll(at, WATCHED, &limit, while_waiting) > 0) {
        if (at[ADMIN].revents != 0) {
            steward_hear(supervisor);
        }
        hear_generations(supervisor, at);
    }
}

static void look_after_admin(struct supervisor *supervisor)
{
    if (supervisor->draining && !stop_waits(supervisor) &&
        !generations_live(&supervisor->generations)) {
        steward_end(&supervisor->steward); /* it was there until the last connection ended */
    }
    if (steward_is_due(&supervisor->steward)) {
        birth_admin(supervisor);
    }
    steward_hurry(&supervisor->steward);
}

static void serve(struct supervisor *supervisor, const sigset_t *while_waiting)
{
    bool children = true;

    while (children || !supervisor->draining || stop_waits(supervisor)) {
        if (needs_leader(supervisor) && clock_now_ms() >= supervisor->due_ms) {
            start_leader(supervisor);
        }
        if (supervisor->status != 0 && !generations_live(&supervisor->generations)) {
            break; /* the start has failed */
        }
        wait_and_hear(supervisor, while_waiting);
        ratchet_seed_step(&supervisor->seed, clock_boot_s());
        children = reap(supervisor);
        obey_signals(supervisor);
        stop_when_due(supervisor);
        if (reload_is_due(supervisor)) {
            start_leader(supervisor);
        }
        standing_tell(supervisor);
        manager_tell(supervisor);
        stuck_others(supervisor);
        look_after_admin(supervisor);
    }
}

static int give_up(void)
{
    struct secho_error err;

    if (sandbox_supervise(&err) != 0) {
        systemd_complain("secho-server: %s", err.text);
        return -1;
    }
    return 0;
}

static int prepare(struct supervisor *supervisor)
{
    int channel[2];

    if (manager_open(&supervisor->manager) != 0) {
        return -1;
    }
    /* During a reload the sockets of two configurations are here; all children inherit it. */
    (void)descriptors_allow_all();
    if (ratchet_seed_make(&supervisor->seed, clock_boot_s()) != 0) {
        systemd_complain("secho-server: this system gives no random numbers");
        return -1;
    }
    supervisor->counters_fd = counters_create();
    if (supervisor->counters_fd == -1 ||
        (supervisor->counters = counters_map(supervisor->counters_fd)) == NULL ||
        standing_begin(supervisor) != 0) {
        systemd_complain("secho-server: %s", strerror(errno));
        return -1;
    }
    if (addresses_begin(&supervisor->counters->addresses) != 0) {
        systemd_complain("secho-server: this system gives no random numbers");
        return -1;
    }
    replay_begin(&supervisor->counters->replay, replay_clocks());
    /* Workers whose leader died become our children: nothing of ours is ever left behind. */
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
    /* Before: root's right to a large buffer. After: a thread keeps the rights it began with. */
    if (relay_channel(&channel[0], &channel[1]) != 0) {
        systemd_complain("secho-server: the way of the log: %s", strerror(errno));
        return -1;
    }
    if (give_up() != 0) {
        return -1;
    }
    supervisor->log_writer = channel[1];
    supervisor->scribe = scribe_open(supervisor->counters, channel, &supervisor->log);
    if (supervisor->scribe == NULL) {
        systemd_complain("secho-server: starting to write the log: %s", strerror(errno));
        return -1;
    }
    return 0;
}

int supervisor_run(char *config_path)
{
    struct supervisor supervisor = {
        .config_path = config_path,
        .config_fd = -1,
        .offered_config_fd = -1,
        .watchdog.stuck_ms = STUCK_OTHERS_MS,
        .patience.stuck_ms = STUCK_LOAD_MS,
        .orphans.stuck_ms = STUCK_WORKER_MS,
    };
    sigset_t while_waiting;

    generations_init(&supervisor.generations);
    steward_init(&supervisor.steward);
    arrange_signals(&while_waiting);
    if (activation_take(&supervisor.shelf) != 0) {
        return EX_CONFIG;
    }
    if (prepare(&supervisor) != 0) {
        return EX_OSERR;
    }
    serve(&supervisor, &while_waiting);
    farewell(&supervisor);
    shelf_done(&supervisor.shelf);
    notify_done(&supervisor.manager.notify);
    steward_done(&supervisor.steward);
    return supervisor.status;
}
