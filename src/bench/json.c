#include "bench/json.h"

#include <math.h>
#include <stdlib.h>

#include <cjson/cJSON.h>

#include "base/excerpt.h"
#include "base/json_print.h"
#include "bench/figures.h"
#include "bench/options.h"

/* An object that is being filled. cJSON would leave out what it has no memory for: `lost` tells. */
struct sheet {
    cJSON *object;
    bool *lost;
};

static void put(struct sheet sheet, const char *key, cJSON *item)
{
    if (item == NULL || !cJSON_AddItemToObject(sheet.object, key, item)) {
        cJSON_Delete(item);
        *sheet.lost = true;
    }
}

static struct sheet put_object(struct sheet sheet, const char *key)
{
    cJSON *object = cJSON_CreateObject();

    put(sheet, key, object);
    return (struct sheet){*sheet.lost ? NULL : object, sheet.lost};
}

static void put_number(struct sheet sheet, const char *key, double value)
{
    put(sheet, key, cJSON_CreateNumber(value));
}

/* NAN is no number of JSON: then there is no such key. */
static void put_if_known(struct sheet sheet, const char *key, double value)
{
    if (!isnan(value)) {
        put_number(sheet, key, value);
    }
}

#define TEXT_SIZE 4096 /* larger than any sentence; HOST may be anything, cut there */

/* JSON is UTF-8 (RFC 8259, section 8.1); what a person typed may not be. */
static void put_text(struct sheet sheet, const char *key, const char *text)
{
    char clean[TEXT_SIZE];

    put(sheet, key, cJSON_CreateString(excerpt_text(clean, sizeof clean, text)));
}

static void put_truth(struct sheet sheet, const char *key, bool value)
{
    put(sheet, key, cJSON_CreateBool(value));
}

/* ---- what was done ---- */

static void put_ending(struct sheet root, const struct result *result)
{
    const struct failure *failure = &result->failure;

    put_truth(root, "ok", !failure->happened);
    put_text(root, "code", failure->happened ? failure->code : "ok");
    put_number(root, "exit", failure->happened ? (double)failure->exit : 0);
    if (failure->happened) {
        if (failure->cause[0] != '\0') {
            put_text(root, "cause", failure->cause);
        }
        put_text(root, "stage", failure_stage_name(failure->stage));
        put_text(root, "why", failure->why);
        put_text(root, "advice", failure->advice);
    }
    put_text(root, "mode", bench_mode_name(result->plan.mode));
    put_text(root, "loop", result->plan.rate > 0 ? "open" : "closed");
    put_truth(root, "interrupted", result->interrupted);
}

static void put_target(struct sheet root, const struct result *result)
{
    const struct secho_client_settings *way = &result->plan.way;
    struct sheet target = put_object(root, "target");

    put_text(target, "host", way->host);
    put_number(target, "port", (double)strtol(way->port, NULL, 10));
    put_text(target, "address", result->address);
    put_text(target, "transport", result->plan.plain ? "tcp" : "tls");
}

static void put_settings(struct sheet root, const struct plan *plan)
{
    struct sheet settings = put_object(root, "settings");

    put_number(settings, "connections", plan->connections);
    put_number(settings, "threads", plan->threads);
    put_number(settings, "duration_s", (double)plan->duration_ms / 1000);
    put_number(settings, "warmup_s", (double)plan->warmup_ms / 1000);
    put_number(settings, "ramp_s", (double)plan->ramp_ms / 1000);
    put_number(settings, "size", (double)plan->size);
    put_number(settings, "depth", plan->depth);
    put_number(settings, "rate", plan->rate);
    put_number(settings, "resume", plan->resume);
    put_truth(settings, "echo", !plan->no_echo);
}

static void put_tls(struct sheet root, const struct result *result)
{
    if (result->version[0] == '\0') {
        return;
    }
    struct sheet tls = put_object(root, "tls");

    put_text(tls, "version", result->version);
    put_text(tls, "suite", result->suite);
    put_text(tls, "group", result->group);
    put_truth(tls, "verified", !result->plan.insecure);
}

static void put_machine(struct sheet root, const struct machine *machine)
{
    struct sheet facts = put_object(root, "machine");

    put_text(facts, "cpu", machine->cpu);
    put_number(facts, "cpus", machine->cpus);
    put_text(facts, "kernel", machine->kernel);
    put_text(facts, "openssl", machine->openssl);
    put_text(facts, "congestion_control", machine->congestion);
    put_text(facts, "time", machine->time);
}

/* ---- what was counted ---- */

static void put_connections(struct sheet root, const struct tally *tally)
{
    struct sheet connections = put_object(root, "connections");

    put_number(connections, "opened", (double)tally->opened);
    put_number(connections, "failed", (double)tally->failed);
    struct sheet ends = put_object(connections, "ends");

    for (int i = 0; i < EXPLAIN_CODE_COUNT; i++) {
        if (tally->ends[i] > 0) {
            put_number(ends, explain_words((enum explain_code)i).code, (double)tally->ends[i]);
        }
    }
}

static void put_counts(struct sheet root, const struct result *result,
                       const struct figures *figures)
{
    const struct tally *tally = &result->tally;

    put_number(root, "measured_s", result->measured_s);
    put_number(root, "messages", (double)tally->messages);
    put_number(root, "bytes", (double)tally->bytes);
    put_number(root, "messages_per_s", figures->messages_per_s);
    put_number(root, "bytes_per_s", figures->bytes_per_s);
    struct sheet handshakes = put_object(root, "handshakes");

    put_number(handshakes, "full", (double)tally->full);
    put_number(handshakes, "resumed", (double)tally->resumed);
    put_number(handshakes, "failed", (double)figures->handshakes_failed);
    put_if_known(handshakes, "resumed_share", figures_resumed(result));
    put_number(root, "handshakes_per_s", figures->handshakes_per_s);
    put_connections(root, tally);
    put_number(root, "unanswered", (double)tally->unanswered);
}

/* ---- times ---- */

static double us(double ns)
{
    return ns / 1000;
}

static void put_percentiles(struct sheet times, const struct histogram *histogram, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        put_number(times, figures_points[i].key,
                   us((double)histogram_at(histogram, figures_points[i].share)));
    }
    put_number(times, "max", us((double)histogram->max));
}

static void put_histogram(struct sheet times, const struct histogram *histogram)
{
    cJSON *list = cJSON_CreateArray();

    put(times, "histogram", list);
    for (size_t i = 0; i < HISTOGRAM_BUCKETS && !*times.lost; i++) {
        double pair[2] = {us((double)histogram_top(i)), (double)histogram->buckets[i]};
        cJSON *item = histogram->buckets[i] > 0 ? cJSON_CreateDoubleArray(pair, 2) : NULL;

        *times.lost = histogram->buckets[i] > 0 && !cJSON_AddItemToArray(list, item);
    }
}

static void put_latency(struct sheet root, const struct histogram *histogram)
{
    struct sheet times = put_object(root, "latency_us");

    put_number(times, "count", (double)histogram->count);
    if (histogram->count == 0) {
        return; /* no times; 0 would be one, and a very good one */
    }
    put_number(times, "min", us((double)histogram->min));
    put_number(times, "mean", us(histogram_mean(histogram)));
    put_percentiles(times, histogram, FIGURES_POINTS);
    put_histogram(times, histogram);
}

static void put_stage(struct sheet stages, const char *key, const struct histogram *histogram,
                      bool with_histogram)
{
    struct sheet times = put_object(stages, key);

    put_number(times, "count", (double)histogram->count);
    if (histogram->count == 0) {
        return;
    }
    put_number(times, "mean", us(histogram_mean(histogram)));
    put_percentiles(times, histogram, 3);
    if (with_histogram) {
        put_histogram(times, histogram);
    }
}

/* The times that the table draws are in the object with their histogram, too. */
static void put_stages(struct sheet root, const struct result *result)
{
    const struct tally *tally = &result->tally;
    struct sheet stages = put_object(root, "stages_us");

    put_stage(stages, "tcp", &tally->tcp, false);
    put_stage(stages, "tls", &tally->tls, false);
    put_stage(stages, "first_echo", &tally->first_echo, result->plan.mode == PLAN_IDLE);
}

static void put_timeline(struct sheet root, const struct result *result)
{
    double end_s[TALLY_SLICES];
    size_t count = figures_slices(result, end_s);
    cJSON *list = cJSON_CreateArray();

    put(root, "timeline", list);
    for (size_t i = 0; i < count && !*root.lost; i++) {
        const struct tally_slice *slice = &result->tally.slices[i];
        struct sheet point = {cJSON_CreateObject(), root.lost};

        put_number(point, "t", end_s[i]);
        put_number(point, "messages", (double)slice->messages);
        put_number(point, "bytes", (double)slice->bytes);
        put_number(point, "handshakes", (double)slice->handshakes);
        if (slice->latency_max_ns > 0) { /* 0: nothing ended in it */
            put_number(point, "latency_max_us", us((double)slice->latency_max_ns));
        }
        if (!cJSON_AddItemToArray(list, point.object)) {
            cJSON_Delete(point.object);
            *root.lost = true;
        }
    }
}

/* ---- what it cost ---- */

static void put_server(struct sheet root, const struct result *result,
                       const struct figures *figures)
{
    if (result->plan.pid_count == 0) {
        return;
    }
    struct sheet server = put_object(root, "server");

    put(server, "pids", cJSON_CreateIntArray(result->plan.pids, (int)result->plan.pid_count));
    if (!result->usage.known) {
        return;
    }
    put_number(server, "processes", result->usage.processes);
    put_number(server, "cpu_s", figures->cpu_s);
    put_if_known(server, "cpu_us_per_message", figures->cpu_us_per_message);
    put_if_known(server, "cpu_us_per_handshake", figures->cpu_us_per_handshake);
    put_if_known(server, "cpu_s_per_gb", figures->cpu_s_per_gb);
    put_number(server, "pss_before_bytes", (double)result->usage.pss_before);
    put_number(server, "pss_bytes", (double)result->usage.pss_after);
    put_if_known(server, "bytes_per_connection", figures->bytes_per_connection);
}

char *json_of_result(const struct result *result)
{
    bool lost = false;
    struct sheet root = {cJSON_CreateObject(), &lost};
    struct figures figures;

    figures_of(result, &figures);
    put_number(root, "secho_bench", 1);
    put_ending(root, result);
    put_target(root, result);
    put_settings(root, &result->plan);
    put_tls(root, result);
    put_machine(root, &result->machine);
    put_counts(root, result, &figures);
    put_latency(root, &result->tally.latency);
    put_stages(root, result);
    put_timeline(root, result);
    put_server(root, result, &figures);
    char *text = lost ? NULL : json_print(root.object);

    cJSON_Delete(root.object);
    return text;
}
