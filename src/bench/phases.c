/* phases.c - open, warm-up, window, finish: what happens when, and who is told. */
#include <stddef.h>
#include <time.h>

#include "base/clock.h"
#include "bench/load_inside.h"

#define TICK_NS     (10 * LOAD_MS)
#define PROGRESS_NS (1000 * LOAD_MS)

void load_tell_all(const struct load *load)
{
    for (int i = 0; i < load->plan->threads && load->lanes[i] != NULL; i++) {
        lane_tell(load->lanes[i]);
    }
}

/* ---- what they have done so far ---- */

static uint64_t sum(const struct load *load, size_t offset)
{
    uint64_t total = 0;

    for (int i = 0; i < load->plan->threads; i++) {
        const char *block = (const char *)lane_progress(load->lanes[i]);

        total += progress_get((const _Atomic uint64_t *)(const void *)(block + offset));
    }
    return total;
}

#define SUM(load, counter) sum(load, offsetof(struct progress, counter))

static void tell_progress(struct load *load, int64_t now_ns)
{
    uint64_t ended = SUM(load, ended), begun = SUM(load, begun); /* in this order: never below 0 */
    struct load_progress progress = {
        .phase = load->phase,
        .elapsed_s = (double)(now_ns - load->phase_ns) / 1e9,
        .open = begun - ended,
        .messages = SUM(load, messages),
        .bytes = SUM(load, bytes),
        .handshakes = SUM(load, handshakes),
        .failed = SUM(load, failed),
    };

    load->told_ns = now_ns;
    load->progress(load->context, &progress);
}

/* ---- the clock ---- */

/* All callers are gone: nothing more will happen. */
static bool is_over(const struct load *load)
{
    return SUM(load, gone) == (uint64_t)load->plan->connections;
}

static bool is_stopped(const struct load *load)
{
    return atomic_load(&load->stop->signal) != 0;
}

static void enter(struct load *load, enum load_phase phase)
{
    load->phase = phase;
    load->phase_ns = clock_now_ns();
}

/* Sleeps for a tick, at most until `until_ns`; tells progress once a second. */
static void tick(struct load *load, int64_t until_ns)
{
    int64_t now_ns = clock_now_ns();
    int64_t wait_ns = until_ns - now_ns < TICK_NS ? until_ns - now_ns : TICK_NS;
    struct timespec wait = {.tv_nsec = wait_ns > 0 ? wait_ns : 0};

    (void)nanosleep(&wait, NULL);
    now_ns = clock_now_ns();
    if (load->progress != NULL && now_ns - load->told_ns >= PROGRESS_NS) {
        tell_progress(load, now_ns);
    }
    if (run_is_cut(load->run)) {
        load_tell_all(load);
    }
}

/* Goes on ticking until a moment. False when the run ends before it. */
static bool wait_until(struct load *load, int64_t until_ns)
{
    while (clock_now_ns() < until_ns) {
        if (is_stopped(load) || is_over(load)) {
            return false;
        }
        tick(load, until_ns);
    }
    return true;
}

static bool wait_until_open(struct load *load)
{
    enter(load, LOAD_OPEN);
    while (SUM(load, settled) < (uint64_t)load->plan->connections) {
        if (is_stopped(load)) {
            return false;
        }
        tick(load, RUN_NEVER);
    }
    return !is_over(load);
}

/* From now on everything is known beforehand: each thread finds its own way through the phases. */
static void set_clock(struct load *load)
{
    const struct plan *plan = load->plan;
    struct run *run = load->run;
    int64_t go_ns = clock_now_ns();
    int64_t ramp_ms = plan->mode == PLAN_HANDSHAKE && !run_is_open_loop(run) ? plan->ramp_ms : 0;
    int64_t start_ns = go_ns + (ramp_ms + plan->warmup_ms) * LOAD_MS;

    atomic_store(&run->end_ns, start_ns + plan->duration_ms * LOAD_MS);
    atomic_store(&run->start_ns, start_ns);
    atomic_store(&run->go_ns, go_ns);
    load_tell_all(load);
}

#define SOON_NS (1 * LOAD_MS) /* in the future: no thread has counted anything beyond it */

/* The window ends early: what it was is known only now. */
static void end_early(struct load *load)
{
    struct run *run = load->run;
    int64_t soon_ns = clock_now_ns() + SOON_NS;

    if (soon_ns < run->end_ns) {
        atomic_store(&run->end_ns, soon_ns);
    }
    while (clock_now_ns() < soon_ns) {
        tick(load, soon_ns);
    }
}

static void measure(struct load *load)
{
    const struct run *run = load->run;

    enter(load, LOAD_WARMUP);
    if (!wait_until(load, run->start_ns)) {
        return;
    }
    enter(load, LOAD_WINDOW);
    if (load->plan->pid_count > 0) {
        sampler_look(&load->sampler, &load->at_start);
    }
    (void)wait_until(load, run->end_ns);
    if (load->plan->pid_count > 0) {
        sampler_look(&load->sampler, &load->at_end);
        load->result->usage.known = true;
    }
}

/* Who asks for the end only now does not want to wait for what is under way. */
static void finish(struct load *load)
{
    bool asked = load->result->interrupted;

    enter(load, LOAD_FINISH);
    atomic_store(&load->run->leaving, true);
    load_tell_all(load);
    while (!is_over(load)) {
        if (!asked && is_stopped(load)) {
            asked = load->result->interrupted = true;
            atomic_store(&load->run->cut, true);
        }
        tick(load, RUN_NEVER);
    }
}

void load_run_phases(struct load *load)
{
    if (load->plan->mode == PLAN_HANDSHAKE || wait_until_open(load)) {
        set_clock(load);
        measure(load);
    }
    load->result->interrupted = is_stopped(load);
    if (clock_now_ns() < load->run->end_ns) {
        end_early(load);
    }
    finish(load);
}
