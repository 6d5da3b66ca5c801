/* ping_json.c - ping for programs: an object on each line, the summary last. */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "client/agreed.h"
#include "client/ping_inside.h"

static double ms(double ns)
{
    return ns / 1e6;
}

static void print(cJSON *object)
{
    char *text = cJSON_PrintUnformatted(object);

    (void)puts(text != NULL ? text : "{}");
    (void)fflush(stdout);
    free(text);
    cJSON_Delete(object);
}

/* ---- an echo ---- */

static const char *fate_name(enum ping_fate fate)
{
    static const char *const names[] = {
        [PING_RIGHT] = "right",     [PING_LATE] = "late",   [PING_REORDERED] = "reordered",
        [PING_TWICE] = "duplicate", [PING_WRONG] = "wrong", [PING_LOST] = "lost",
        [PING_FOREIGN] = "foreign",
    };

    return names[fate];
}

void ping_json_echo(const struct ping *ping, const struct ping_echo *echo)
{
    cJSON *object = cJSON_CreateObject();
    char now[CLOCK_TEXT_SIZE];

    clock_text(now);
    cJSON_AddStringToObject(object, "type", "echo");
    cJSON_AddStringToObject(object, "time", now);
    if (echo->number > 0) {
        cJSON_AddNumberToObject(object, "seq", (double)echo->number);
    }
    cJSON_AddStringToObject(object, "result", fate_name(echo->fate));
    cJSON_AddStringToObject(object, "address", ping->client->address);
    cJSON_AddNumberToObject(object, "bytes", (double)ping->shape.size);
    if (echo->took_ns >= 0) {
        cJSON_AddNumberToObject(object, "time_ms", ms((double)echo->took_ns));
        cJSON_AddBoolToObject(object, "first", echo->first);
        cJSON_AddBoolToObject(object, "slow", echo->slow);
    }
    if (echo->at > 0) {
        cJSON_AddNumberToObject(object, "byte", (double)echo->at + 1);
    }
    print(object);
}

/* ---- the summary ---- */

static void add_counts(cJSON *root, const struct ping_counts *counts)
{
    cJSON_AddNumberToObject(root, "sent", (double)counts->sent);
    cJSON_AddNumberToObject(root, "received", (double)ping_received(counts));
    cJSON_AddNumberToObject(root, "lost", (double)counts->lost);
    cJSON_AddNumberToObject(root, "missing", (double)counts->missing);
    cJSON_AddNumberToObject(root, "late", (double)counts->late);
    cJSON_AddNumberToObject(root, "wrong", (double)counts->wrong);
    cJSON_AddNumberToObject(root, "reordered", (double)counts->reordered);
    cJSON_AddNumberToObject(root, "duplicates", (double)counts->twice);
    cJSON_AddNumberToObject(root, "foreign", (double)counts->foreign);
    cJSON_AddNumberToObject(root, "on_the_way", (double)counts->on_the_way);
    cJSON_AddNumberToObject(root, "loss", ping_loss(counts));
}

static void add_stat(cJSON *times, const struct ping_stat *stat, const char *key)
{
    cJSON *object = cJSON_AddObjectToObject(times, key);

    cJSON_AddNumberToObject(object, "count", (double)stat->histogram.count);
    cJSON_AddNumberToObject(object, "min", ms((double)stat->histogram.min));
    cJSON_AddNumberToObject(object, "avg", ms(histogram_mean(&stat->histogram)));
    cJSON_AddNumberToObject(object, "max", ms((double)stat->histogram.max));
    cJSON_AddNumberToObject(object, "stddev", ms(ping_stat_deviation(stat)));
    cJSON_AddNumberToObject(object, "p50", ms((double)ping_stat_at(stat, 0.5)));
    cJSON_AddNumberToObject(object, "p90", ms((double)ping_stat_at(stat, 0.9)));
    cJSON_AddNumberToObject(object, "p99", ms((double)ping_stat_at(stat, 0.99)));
}

static void add_times(cJSON *root, const struct ping *ping)
{
    cJSON *times = cJSON_AddObjectToObject(root, "times_ms");

    for (enum ping_stage i = 0; i < PING_STAGES; i++) {
        if (ping->stats[i].histogram.count > 0) {
            add_stat(times, &ping->stats[i], ping_stage_key(i));
        }
    }
}

static void add_verdict(cJSON *root, const struct ping *ping, int status)
{
    const struct failure *failure = &ping->client->failure;

    cJSON_AddBoolToObject(root, "ok", status == EXIT_PROVEN);
    cJSON_AddStringToObject(root, "code", failure->happened ? failure->code : "ok");
    cJSON_AddNumberToObject(root, "exit", status);
    if (failure->happened) {
        cJSON_AddStringToObject(root, "stage", failure_stage_name(failure->stage));
        cJSON_AddStringToObject(root, "why", failure->why);
        cJSON_AddStringToObject(root, "advice", failure->advice);
    }
    if (failure->detail[0] != '\0') {
        cJSON_AddStringToObject(root, "detail", failure->detail);
    }
}

void ping_json_summary(const struct ping *ping, int status)
{
    const struct secho_client *client = ping->client;
    cJSON *root = cJSON_CreateObject();

    cJSON_AddStringToObject(root, "type", "summary");
    add_verdict(root, ping, status);
    cJSON_AddStringToObject(root, "host", client->settings.host);
    cJSON_AddNumberToObject(root, "port", (double)strtol(client->settings.port, NULL, 10));
    cJSON_AddStringToObject(root, "address", client->address);
    cJSON_AddNumberToObject(root, "bytes", (double)ping->shape.size);
    add_counts(root, &ping->ledger.counts);
    if (ping->plan.warn_ms > 0) {
        cJSON_AddNumberToObject(root, "warn_ms", (double)ping->plan.warn_ms);
        cJSON_AddNumberToObject(root, "slow", (double)ping->slow);
    }
    cJSON_AddNumberToObject(root, "duration_ms", ms((double)(ping->end_ns - ping->start_ns)));
    add_times(root, ping);
    if (client->tls != NULL && SSL_is_init_finished(client->tls) == 1) {
        agreed_add(cJSON_AddObjectToObject(root, "tls"), client);
    }
    print(root);
}
