#include "daemon/stuck.h"

#include <signal.h>
#include <sys/wait.h>

#include "base/clock.h"

static int64_t turned_ms(const _Atomic int64_t *stamp)
{
    return atomic_load_explicit(stamp, memory_order_relaxed);
}

/* Not SIGABRT: it would wait for a process that is stopped, and there is no core to be had. */
static void end(pid_t pid)
{
    (void)kill(pid, SIGKILL);
}

static void look_at_worker(struct watchdog *watchdog, const struct crew *crew, size_t index,
                           const struct prepared *own)
{
    const struct counters_generation *block = &own->counters->generations[own->start.block];
    const struct child *child = &crew->children[index];

    for (size_t t = 0; t < crew->threads; t++) {
        size_t k = index * crew->threads + t;
        /* Until it is ready, what stands there is of another one. */
        int64_t last_ms = child->ready ? turned_ms(&block->threads[k].turned_ms) : 0;

        if (watchdog_sees_stuck(watchdog, k, last_ms)) {
            log_event(&own->log, SECHO_LEVEL_ERROR, "worker_stuck", log_number("worker", index),
                      log_number("pid", (uint64_t)child->pid), log_number("thread", t),
                      log_number("since_ms", (uint64_t)(clock_now_ms() - last_ms)),
                      log_text("why", "its loop does not turn: it is killed, and replaced"));
            end(child->pid);
            return; /* once for all of its threads */
        }
    }
}

void stuck_workers(struct watchdog *watchdog, const struct crew *crew, const struct prepared *own)
{
    int64_t now_ms = clock_now_ms();

    atomic_store(&own->counters->generations[own->start.block].leader_turned_ms, now_ms);
    if (!watchdog_looks(watchdog, now_ms)) {
        return;
    }
    for (size_t i = 0; i < crew->processes; i++) {
        if (crew->children[i].pid > 0) {
            look_at_worker(watchdog, crew, i, own);
        }
    }
}

static void end_leader(struct supervisor *supervisor, struct generation *generation,
                       int64_t last_ms)
{
    bool loads = generation->state == GENERATION_LOADS;

    log_event(&supervisor->log, SECHO_LEVEL_ERROR, "leader_stuck",
              log_number("generation", generation->number),
              log_number("pid", (uint64_t)generation->leader),
              log_number("since_ms", (uint64_t)(clock_now_ms() - last_ms)),
              log_text("why", loads ? "it does not get on with loading: it is killed"
                                    : "it does not turn: it is killed, and replaced"));
    generation->killed_for = "the new leader did not get on any more, and was killed";
    end(generation->leader);
}

static void look_at_leader(struct supervisor *supervisor, size_t block)
{
    struct generation *generation = &supervisor->generations.all[block];
    /* 0 until it has turned for the first time: it loads. */
    int64_t last_ms = generation->leader > 0
                          ? turned_ms(&supervisor->counters->generations[block].leader_turned_ms)
                          : 0;

    if (watchdog_sees_stuck(&supervisor->watchdog, block, last_ms)) {
        end_leader(supervisor, generation, last_ms);
    }
}

/* When it made its latest step; what was written before its birth is of another one. */
static int64_t got_on_ms(const struct supervisor *supervisor, size_t block)
{
    int64_t born_ms = supervisor->generations.all[block].born_ms;
    int64_t step_ms = turned_ms(&supervisor->counters->generations[block].leader_got_on_ms);

    return step_ms > born_ms ? step_ms : born_ms;
}

/* However much it has to do, and however busy the machine is: it gets on. */
static void look_at_load(struct supervisor *supervisor, size_t block)
{
    struct generation *generation = &supervisor->generations.all[block];
    bool loads = generation->leader > 0 && generation->state == GENERATION_LOADS;
    int64_t last_ms = loads ? got_on_ms(supervisor, block) : 0;

    if (watchdog_sees_stuck(&supervisor->patience, block, last_ms)) {
        end_leader(supervisor, generation, last_ms);
    }
}

/* Health checks ask it: standing still it would make a server look dead that serves. */
static void look_at_admin(struct supervisor *supervisor)
{
    pid_t pid = supervisor->steward.pid;
    int64_t last_ms = pid > 0 ? turned_ms(&supervisor->counters->admin_turned_ms) : 0;

    if (watchdog_sees_stuck(&supervisor->watchdog, COUNTERS_GENERATIONS, last_ms)) {
        log_event(&supervisor->log, SECHO_LEVEL_ERROR, "admin_stuck",
                  log_number("pid", (uint64_t)pid),
                  log_number("since_ms", (uint64_t)(clock_now_ms() - last_ms)),
                  log_text("why", "it does not turn: it is killed, and replaced"));
        end(pid);
    }
}

/* Who stands still for longest. The board may name the dead: they are no child of ours. */
struct slowest {
    size_t worker;
    pid_t pid;
    int64_t turned_ms; /* 0: nobody */
};

static bool is_our_child(int64_t pid)
{
    siginfo_t ignored;

    return pid > 0 && waitid(P_PID, (id_t)pid, &ignored, WEXITED | WNOHANG | WNOWAIT) == 0;
}

static struct slowest slowest_of(const struct counters_generation *block,
                                 const struct board_crew *crew)
{
    struct slowest found = {0};
    /* The board is memory of others, too: what it says is not trusted. */
    size_t threads = crew->count > 0 && crew->count <= BOARD_WORKERS
                         ? atomic_load(&block->threads_used) / crew->count
                         : 0;

    for (size_t k = 0; k < threads * crew->count && k < COUNTERS_THREADS; k++) {
        int64_t last_ms = turned_ms(&block->threads[k].turned_ms);
        int64_t pid = crew->workers[k / threads].pid;

        if (last_ms != 0 && (found.turned_ms == 0 || last_ms < found.turned_ms) &&
            is_our_child(pid)) {
            found = (struct slowest){k / threads, (pid_t)pid, last_ms};
        }
    }
    return found;
}

/* They end by themselves when their connections have; one that does not turn never would. */
static void look_at_orphans(struct supervisor *supervisor, size_t block)
{
    const struct generation *generation = &supervisor->generations.all[block];
    struct board_crew crew;

    if (generation->state == GENERATION_FREE || generation->leader != 0 ||
        !board_read_crew(supervisor->board, block, &crew)) {
        return;
    }
    struct slowest slowest = slowest_of(&supervisor->counters->generations[block], &crew);

    if (watchdog_sees_stuck(&supervisor->orphans, block, slowest.turned_ms)) {
        log_event(&supervisor->log, SECHO_LEVEL_ERROR, "worker_stuck",
                  log_number("worker", slowest.worker), log_number("pid", (uint64_t)slowest.pid),
                  log_number("since_ms", (uint64_t)(clock_now_ms() - slowest.turned_ms)),
                  log_text("why", "its loop does not turn, and its leader is gone: it is killed"));
        end(slowest.pid);
    }
}

static void end_orphans(struct supervisor *supervisor, size_t block)
{
    struct board_crew crew;

    if (!board_read_crew(supervisor->board, block, &crew)) {
        return;
    }
    for (size_t i = 0; i < crew.count && i < BOARD_WORKERS; i++) {
        if (is_our_child(crew.workers[i].pid)) {
            end((pid_t)crew.workers[i].pid);
        }
    }
}

void stuck_end_all(struct supervisor *supervisor)
{
    for (size_t i = 0; i < COUNTERS_GENERATIONS; i++) {
        if (supervisor->generations.all[i].leader > 0) {
            end(supervisor->generations.all[i].leader);
        }
        end_orphans(supervisor, i);
    }
}

void stuck_others(struct supervisor *supervisor)
{
    int64_t now_ms = clock_now_ms();

    if (!watchdog_looks(&supervisor->watchdog, now_ms)) {
        return;
    }
    (void)watchdog_looks(&supervisor->patience, now_ms); /* at the same times */
    (void)watchdog_looks(&supervisor->orphans, now_ms);
    for (size_t i = 0; i < COUNTERS_GENERATIONS; i++) {
        look_at_leader(supervisor, i);
        look_at_load(supervisor, i);
        look_at_orphans(supervisor, i);
    }
    look_at_admin(supervisor);
}
