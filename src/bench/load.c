/* load.c - the whole run but its clock: limits, probe, threads, what came of it. */
#include "bench/load.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/error.h"
#include "bench/judge.h"
#include "bench/load_inside.h"
#include "bench/machine.h"
#include "bench/probe.h"
#include "client/settings.h"
#include "tls/chosen.h"

/* Descriptors besides the connections: standard ones, a page, /proc; of each thread its loop. */
#define OTHER_FILES  16
#define THREAD_FILES 8

/* ---- before anything ---- */

static int fail_setup(struct load *load, const struct secho_error *err)
{
    failure_from_error(&load->result->failure, FAILURE_SETUP, err);
    return -1;
}

/* The soft limit of open files is ours to raise; the hard one is not. */
static int allow_descriptors(struct load *load)
{
    rlim_t connections = (rlim_t)load->plan->connections;
    rlim_t need = connections + OTHER_FILES + THREAD_FILES * (rlim_t)load->plan->threads;
    struct rlimit limit;
    struct secho_error err;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= need) {
        return 0;
    }
    limit.rlim_cur = need < limit.rlim_max ? need : limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur >= need) {
        return 0;
    }
    error_set(&err, SECHO_ERR_SYSTEM,
              "%ju connection%s %ju open files, and this process may have %ju",
              (uintmax_t)connections, connections == 1 ? " needs" : "s need", (uintmax_t)need,
              (uintmax_t)limit.rlim_max);
    (void)fail_setup(load, &err);
    failure_advise(&load->result->failure,
                   "Allow more (ulimit -Hn, LimitNOFILE= of a unit), or open fewer connections.");
    return -1;
}

static int look_before(struct load *load)
{
    struct secho_error err;
    struct sample before;

    if (load->plan->pid_count == 0) {
        return 0;
    }
    if (sampler_init(&load->sampler, load->plan, &err) != 0) {
        return fail_setup(load, &err);
    }
    sampler_look(&load->sampler, &before);
    load->result->usage.pss_before = before.pss;
    return 0;
}

/* ---- the probe ---- */

static void note_probe(struct load *load)
{
    const struct secho_client *probe = load->probe;
    struct result *result = load->result;

    (void)snprintf(result->address, sizeof result->address, "%s", probe->address);
    if (probe->tls != NULL) {
        (void)snprintf(result->version, sizeof result->version, "%s", SSL_get_version(probe->tls));
        (void)snprintf(result->suite, sizeof result->suite, "%s", chosen_suite(probe->tls));
        (void)snprintf(result->group, sizeof result->group, "%s", chosen_group(probe->tls));
    }
}

static int probe(struct load *load)
{
    struct secho_error err;

    if (probe_run(load->plan, &load->probe, &err) == 0) {
        note_probe(load);
        return 0;
    }
    if (load->probe == NULL) {
        return fail_setup(load, &err);
    }
    load->result->failure = load->probe->failure;
    return -1;
}

/* ---- the threads ---- */

static int64_t timeout_ns(const struct secho_client *probe)
{
    int64_t ms = client_timeout_ms(probe);

    return ms < 0 ? RUN_NEVER : ms * LOAD_MS;
}

static int make_run(struct load *load)
{
    const struct secho_client *probe = load->probe;
    const struct secho_client_settings *way = &probe->settings;
    struct run *run = calloc(1, sizeof *run);
    struct secho_error err;

    if (run == NULL) {
        error_set(&err, SECHO_ERR_MEMORY, "no memory for a run");
        return fail_setup(load, &err);
    }
    run->plan = load->plan;
    run->host = way->host;
    run->server_name = way->server_name != NULL ? way->server_name : way->host;
    run->address = probe->race.list.addresses[probe->race.winner];
    (void)snprintf(run->place, sizeof run->place, "%s", probe->address);
    run->timeout_ns = timeout_ns(probe);
    run->go_ns = run->start_ns = run->end_ns = RUN_NEVER;
    pattern_init(&run->pattern);
    (void)pthread_mutex_init(&run->lock, NULL);
    load->run = run;
    return 0;
}

static int make_lane(struct load *load, int index, struct secho_error *err)
{
    struct trust_settings trust;
    SSL_CTX *context = NULL;

    settings_trust(&load->probe->settings, &trust);
    if (!load->plan->plain && trust_new(&trust, &context, err) != 0) {
        return -1;
    }
    return lane_new(load->run, index, context, &load->lanes[index], err);
}

static int start_lanes(struct load *load)
{
    struct secho_error err;
    int threads = load->plan->threads;

    for (int i = 0; i < threads; i++) {
        if (make_lane(load, i, &err) != 0) {
            return fail_setup(load, &err);
        }
    }
    load->run->open_from_ns = clock_now_ns();
    for (int i = 0; i < threads; i++) {
        if (lane_start(load->lanes[i], &err) != 0) {
            atomic_store(&load->run->cut, true);
            return fail_setup(load, &err);
        }
    }
    return 0;
}

/* ---- what came of it ---- */

static void put_together(struct load *load)
{
    struct result *result = load->result;
    const struct run *run = load->run;
    int64_t window_ns = run->end_ns - run->start_ns;

    for (int i = 0; i < load->plan->threads; i++) {
        tally_merge(&result->tally, lane_tally(load->lanes[i]));
    }
    result->measured_s = window_ns > 0 ? (double)window_ns / 1e9 : 0;
    result->failure = run->failure;
    judge_result(result);
    if (result->usage.known) {
        uint64_t before_ns = load->at_start.cpu_ns, after_ns = load->at_end.cpu_ns;

        result->usage.cpu_ns = after_ns > before_ns ? after_ns - before_ns : 0;
        result->usage.pss_after = load->at_end.pss;
        result->usage.processes = load->at_end.processes;
    }
}

static void clean_up(struct load *load)
{
    for (int i = 0; i < load->plan->threads && load->lanes[i] != NULL; i++) {
        lane_join(load->lanes[i]);
        lane_free(load->lanes[i]);
    }
    if (load->run != NULL) {
        (void)pthread_mutex_destroy(&load->run->lock);
        free(load->run);
    }
    secho_client_free(load->probe);
}

static int run(struct load *load)
{
    if (allow_descriptors(load) != 0 || look_before(load) != 0 || probe(load) != 0 ||
        make_run(load) != 0) {
        return -1;
    }
    atomic_store(&load->stop->heeded, true);
    if (start_lanes(load) != 0) {
        load_tell_all(load);
        return -1;
    }
    load_run_phases(load);
    for (int i = 0; i < load->plan->threads; i++) {
        lane_join(load->lanes[i]);
    }
    put_together(load);
    return load->result->failure.happened ? -1 : 0;
}

int load_run(const struct plan *plan, struct load_stop *stop, load_progress_fn *progress,
             void *context, struct result *result)
{
    struct load load = {.plan = plan,
                        .stop = stop,
                        .progress = progress,
                        .context = context,
                        .result = result,
                        .told_ns = clock_now_ns()};

    memset(result, 0, sizeof *result);
    result->plan = *plan;
    machine_look(&result->machine);
    int rc = run(&load);

    clean_up(&load);
    return rc;
}
