/* ping_json.c - ping for programs: an object on each line, the summary last. */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/json_print.h"
#include "client/agreed.h"
#include "client/ping_inside.h"

static double ms(double ns)
{
    return ns / 1e6;
}

static void print(cJSON *object)
{
    char *text = json_print(object);

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

static cJSON *begin_echo(uint64_t number, const char *result)
{
    cJSON *object = cJSON_CreateObject();
    char now[CLOCK_TEXT_SIZE];

    clock_text(now);
    cJSON_AddStringToObject(object, "type", "echo");
    cJSON_AddStringToObject(object, "time", now);
    if (number > 0) {
        cJSON_AddNumberToObject(object, "seq", (double)number);
    }
    cJSON_AddStringToObject(object, "result", result);
    return object;
}

void ping_json_echo(const struct ping *ping, const struct ping_echo *echo)
{
    cJSON *object = begin_echo(echo->number, fate_name(echo->fate));

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

/* ---- a new connection ---- */

static void add_stages(cJSON *object, const struct ping_try *attempt)
{
    const struct client_times *times = &attempt->client->times;
    double us = (double)(times->resolve_us + times->connect_us + times->handshake_us);
    cJSON *stages = cJSON_AddObjectToObject(object, "times_ms");

    cJSON_AddNumberToObject(object, "time_ms", us / 1000 + ms((double)attempt->first_ns));
    cJSON_AddNumberToObject(stages, "dns", (double)times->resolve_us / 1000);
    cJSON_AddNumberToObject(stages, "tcp", (double)times->connect_us / 1000);
    cJSON_AddNumberToObject(stages, "tls", (double)times->handshake_us / 1000);
    cJSON_AddNumberToObject(stages, "first_echo", ms((double)attempt->first_ns));
    cJSON_AddNumberToObject(stages, "echo", ms((double)attempt->echo_ns));
}

static void add_failure(cJSON *object, const struct failure *failure)
{
    cJSON_AddStringToObject(object, "code", failure->code);
    cJSON_AddNumberToObject(object, "exit", failure->exit);
    if (failure->cause[0] != '\0') {
        cJSON_AddStringToObject(object, "cause", failure->cause);
    }
    cJSON_AddStringToObject(object, "stage", failure_stage_name(failure->stage));
    cJSON_AddStringToObject(object, "why", failure->why);
    cJSON_AddStringToObject(object, "advice", failure->advice);
    if (failure->detail[0] != '\0') {
        cJSON_AddStringToObject(object, "detail", failure->detail);
    }
}

void ping_json_try(const struct ping *ping, const struct ping_try *attempt, bool slow)
{
    cJSON *object = begin_echo(attempt->number, attempt->ok      ? "right"
                                                : attempt->wrong ? "wrong"
                                                                 : "failed");

    cJSON_AddStringToObject(object, "address", attempt->client->address);
    cJSON_AddNumberToObject(object, "bytes", (double)ping->shape.size);
    if (attempt->ok) {
        add_stages(object, attempt);
        cJSON_AddBoolToObject(object, "slow", slow);
        cJSON_AddBoolToObject(object, "resumed", attempt->resumed);
        if (ping->plan.again > 0 && attempt->number > 1) {
            cJSON_AddStringToObject(object, "how", again_how_name(attempt->how));
        }
    } else {
        add_failure(object, &attempt->client->failure);
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

static void add_again(cJSON *root, const struct ping *ping)
{
    cJSON *resume = cJSON_AddObjectToObject(root, "resume");

    cJSON_AddNumberToObject(resume, "asked", ping->plan.again);
    cJSON_AddNumberToObject(resume, "resumed", (double)(ping->again - ping->full));
}

static void add_verdict(cJSON *root, const struct ping *ping, int status)
{
    const struct failure *failure = &ping->client->failure;

    cJSON_AddBoolToObject(root, "ok", status == EXIT_PROVEN);
    if (failure->happened) {
        add_failure(root, failure);
    } else {
        cJSON_AddStringToObject(root, "code", "ok");
        cJSON_AddNumberToObject(root, "exit", status);
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
    if (ping->plan.reconnect != PING_KEEP) {
        cJSON_AddNumberToObject(root, "failed", (double)ping->failed);
        cJSON_AddNumberToObject(root, "resumed", (double)ping->resumed);
    }
    if (ping->plan.again > 0) {
        add_again(root, ping);
    }
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
