/* versus_load.c - results of secho-bench read back, strictly. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "bench/versus.h"
#include "config/problems.h"

#define STEPS_MAX 4 /* keys in a path, and the root */

const struct versus_row versus_rows[] = {
    {"messages_per_s", "messages/s", VERSUS_RATE, true},
    {"bytes_per_s", "bytes/s, each way", VERSUS_BYTES_RATE, true},
    {"handshakes_per_s", "handshakes/s", VERSUS_RATE, true},
    {"latency_us/p50", "p50", VERSUS_US, true},
    {"latency_us/p90", "p90", VERSUS_US, true},
    {"latency_us/p99", "p99", VERSUS_US, true},
    {"latency_us/p99_9", "p99.9", VERSUS_US, true},
    {"latency_us/p99_99", "p99.99", VERSUS_US, true},
    {"latency_us/max", "max", VERSUS_US, true},
    {"latency_us/mean", "mean", VERSUS_US, true},
    {"stages_us/tcp/p50", "TCP connect, p50", VERSUS_US, true},
    {"stages_us/tcp/p99", "TCP connect, p99", VERSUS_US, true},
    {"stages_us/tls/p50", "TLS handshake, p50", VERSUS_US, true},
    {"stages_us/tls/p99", "TLS handshake, p99", VERSUS_US, true},
    {"stages_us/first_echo/p50", "first echo, p50", VERSUS_US, true},
    {"stages_us/first_echo/p99", "first echo, p99", VERSUS_US, true},
    {"server/cpu_us_per_message", "server CPU/message", VERSUS_US, false},
    {"server/cpu_us_per_handshake", "server CPU/handshake", VERSUS_US, false},
    {"server/cpu_s_per_gb", "server CPU/GB", VERSUS_S, false},
    {"server/bytes_per_connection", "memory/connection", VERSUS_BYTES, false},
};

const size_t versus_row_count = sizeof versus_rows / sizeof versus_rows[0];

const char *const versus_same[] = {
    "mode",
    "loop",
    "settings/connections",
    "settings/threads",
    "settings/size",
    "settings/depth",
    "settings/rate",
    "settings/resume",
    "settings/echo",
    "target/transport",
    "tls/version",
    "tls/suite",
    "tls/group",
    "machine/cpu",
    "machine/cpus",
    "machine/kernel",
    "machine/openssl",
    "machine/congestion_control",
};

const size_t versus_same_count = sizeof versus_same / sizeof versus_same[0];

/* ---- the way through an object ---- */

/* Fills `steps` from the root on; the last one is returned, its value NULL when it is absent. */
static const struct json_at *walk(const struct json_file *json, const char *path,
                                  struct json_at steps[static STEPS_MAX], char keys[static 64])
{
    size_t n = 0;
    char *key = keys;

    (void)snprintf(keys, 64, "%s", path);
    steps[n] = json_root(json);
    while (key != NULL && n + 1 < STEPS_MAX && cJSON_IsObject(steps[n].value)) {
        char *slash = strchr(key, '/');

        if (slash != NULL) {
            *slash = '\0';
        }
        steps[n + 1] = json_key(&steps[n], key);
        n++;
        key = slash != NULL ? slash + 1 : NULL;
        if (steps[n].value == NULL) {
            return &steps[n];
        }
    }
    if (key != NULL) { /* something else stands where an object should be */
        steps[n].value = NULL;
    }
    return &steps[n];
}

static const cJSON *value_at(const struct versus_run *run, const char *path)
{
    struct json_at steps[STEPS_MAX];
    char keys[64];

    return walk(&run->json, path, steps, keys)->value;
}

/* A time of an object that counted none: absent, and 0 in files of before. */
static bool has_no_times(const struct json_file *json, const char *path)
{
    struct json_at steps[STEPS_MAX];
    char keys[64], count[64];
    const char *slash = strrchr(path, '/');

    if (slash == NULL) {
        return false;
    }
    (void)snprintf(count, sizeof count, "%.*s/count", (int)(slash - path), path);
    const cJSON *value = walk(json, count, steps, keys)->value;

    return cJSON_IsNumber(value) && value->valuedouble == 0;
}

double versus_number(const struct versus_run *run, const char *path)
{
    if (has_no_times(&run->json, path)) {
        return NAN;
    }
    const cJSON *value = value_at(run, path);

    return cJSON_IsNumber(value) ? value->valuedouble : NAN;
}

bool versus_differs(const struct versus_run *a, const struct versus_run *b, size_t i)
{
    const cJSON *one = value_at(a, versus_same[i]), *other = value_at(b, versus_same[i]);

    if (one == NULL || other == NULL) {
        return one != other;
    }
    return !cJSON_Compare(one, other, true);
}

/* ---- checks ---- */

static void check_twins(struct problems *problems, const struct json_at *object)
{
    for (const cJSON *value = object->value->child; value != NULL; value = value->next) {
        struct json_at at = json_member(object, value);

        if (json_twin(object->value, value) != NULL) {
            problems_add_key(problems, &at, "the key is there twice");
        } else if (cJSON_IsObject(value)) {
            check_twins(problems, &at); /* not deeper than JSON_DEPTH_MAX */
        }
    }
}

static const char *const objects[] = {
    "settings",      "machine",       "latency_us",           "stages_us",
    "stages_us/tcp", "stages_us/tls", "stages_us/first_echo",
};

static const char *last_key(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

static void check_object(struct problems *problems, const struct json_file *json, const char *path)
{
    struct json_at steps[STEPS_MAX];
    char keys[64], shown[JSON_SHOWN_SIZE];
    const struct json_at *at = walk(json, path, steps, keys);

    if (at->value == NULL && strcmp(at->key, last_key(path)) == 0) {
        problems_add(problems, at, "is missing; write the file anew with secho-bench --json");
    } else if (at->value != NULL && !cJSON_IsObject(at->value)) {
        json_show_typed(at, shown);
        problems_add(problems, at, "must be an object, is %s", shown);
    }
}

static void check_number(struct problems *problems, const struct json_file *json,
                         const struct versus_row *row)
{
    struct json_at steps[STEPS_MAX];
    char keys[64], shown[JSON_SHOWN_SIZE];
    const struct json_at *at = walk(json, row->path, steps, keys);

    if (at->value == NULL) { /* when a whole object is missing, that is told once */
        if (row->needed && strcmp(at->key, last_key(row->path)) == 0 &&
            !has_no_times(json, row->path)) {
            problems_add(problems, at, "is missing; write the file anew with secho-bench --json");
        }
        return;
    }
    if (!cJSON_IsNumber(at->value)) {
        json_show_typed(at, shown);
        problems_add(problems, at, "must be a number, is %s", shown);
    }
}

static void check_all(struct problems *problems, const struct json_file *json)
{
    struct json_at root = json_root(json);
    struct json_at mark = cJSON_IsObject(root.value) ? json_key(&root, "secho_bench") : root;

    if (!cJSON_IsNumber(mark.value)) {
        problems_add(problems, &root, "is no result of secho-bench --json");
        return;
    }
    if (mark.value->valuedouble != 1) {
        problems_add(problems, &mark, "must be 1: this is of another version of secho-bench");
        return;
    }
    check_twins(problems, &root);
    struct json_at mode = json_key(&root, "mode");

    if (!cJSON_IsString(mode.value)) {
        problems_add(problems, &mode, "must be a string: echo, stream, handshake or idle");
    }
    for (size_t i = 0; i < sizeof objects / sizeof objects[0]; i++) {
        check_object(problems, json, objects[i]);
    }
    for (size_t i = 0; i < versus_row_count; i++) {
        check_number(problems, json, &versus_rows[i]);
    }
}

int versus_load(const char *path, struct versus_run *out, secho_problem_fn *report,
                struct secho_error *err)
{
    *out = (struct versus_run){.path = path};
    if (access(path, R_OK) != 0) {
        (void)error_errno(err, "%s", path);
        if (err != NULL) {
            err->kind = SECHO_ERR_FILE;
        }
        return -1;
    }
    struct problems *problems = calloc(1, sizeof *problems);

    if (problems == NULL) {
        return error_set(err, SECHO_ERR_MEMORY, "no memory for %s", path);
    }
    if (json_load(path, &out->json, &problems->items[0]) != 0) {
        problems->count = 1;
    } else {
        check_all(problems, &out->json);
    }
    size_t count = problems->count;

    problems_tell(problems, path, report, NULL);
    free(problems);
    return count == 0 ? 0
                      : error_set(err, SECHO_ERR_CONFIG, "%s: %zu problem%s", path, count,
                                  count == 1 ? "" : "s");
}
