/* history_print.c - samples to JSON: lists are shorter than objects, and what a plot needs. */
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_print.h"
#include "daemon/history.h"

/* What was taken after `since_ms`. */
static size_t count_since(const struct history *history, int64_t since_ms)
{
    size_t count = 0;
    const struct history_sample *sample;

    while ((sample = history_at(history, count)) != NULL && sample->at_ms > since_ms) {
        count++;
    }
    return count;
}

/* Adds what it is given; without memory a part is missing, and then the whole is not printed. */
static void add(cJSON *array, double number)
{
    cJSON *item = cJSON_CreateNumber(number);

    if (!cJSON_AddItemToArray(array, item)) {
        cJSON_Delete(item);
    }
}

static void print_figures(cJSON *root, const struct history *history, size_t count)
{
    cJSON *at = cJSON_AddArrayToObject(root, "at_ms");
    cJSON *took = cJSON_AddArrayToObject(root, "took_ms");
    cJSON *open = cJSON_AddArrayToObject(root, "open");
    cJSON *connections = cJSON_AddArrayToObject(root, "connections");
    cJSON *handshakes = cJSON_AddArrayToObject(root, "handshakes");
    cJSON *resumed = cJSON_AddArrayToObject(root, "resumed");
    cJSON *bytes = cJSON_AddArrayToObject(root, "bytes");

    for (size_t i = count; i-- > 0;) {
        const struct history_sample *sample = history_at(history, i);

        add(at, (double)sample->at_ms);
        add(took, (double)sample->took_ms);
        add(open, (double)sample->open);
        add(connections, (double)sample->connections);
        add(handshakes, (double)sample->handshakes);
        add(resumed, (double)sample->handshakes_resumed);
        add(bytes, (double)sample->bytes);
    }
}

static void add_or_null(cJSON *array, uint64_t us)
{
    if (us > 0) {
        add(array, (double)us);
    } else {
        (void)cJSON_AddItemToArray(array, cJSON_CreateNull());
    }
}

/* Null where nobody shook hands. */
static void print_times(cJSON *root, const struct history *history, size_t count)
{
    cJSON *median = cJSON_AddArrayToObject(root, "handshake_median_us");
    cJSON *p99 = cJSON_AddArrayToObject(root, "handshake_p99_us");

    for (size_t i = count; i-- > 0;) {
        add_or_null(median, history_at(history, i)->median_us);
        add_or_null(p99, history_at(history, i)->p99_us);
    }
}

static bool has_any(const struct history *history, size_t count, size_t code)
{
    for (size_t i = 0; i < count; i++) {
        if (history_at(history, i)->ends[code] > 0) {
            return true;
        }
    }
    return false;
}

/* One object for each reason that came, with what there is to say about it. */
static void print_ends(cJSON *root, const struct history *history, size_t count)
{
    cJSON *ends = cJSON_AddObjectToObject(root, "ends");

    for (size_t code = 0; code < EXPLAIN_CODE_COUNT; code++) {
        if (has_any(history, count, code)) {
            struct explain_words words = explain_words((enum explain_code)code);
            cJSON *end = cJSON_AddObjectToObject(ends, words.code);
            cJSON *counts = cJSON_AddArrayToObject(end, "counts");

            (void)cJSON_AddBoolToObject(end, "failure",
                                        history_is_failure((enum explain_code)code));
            (void)cJSON_AddStringToObject(end, "meaning", words.meaning);
            (void)cJSON_AddStringToObject(end, "advice", words.advice);
            for (size_t i = count; i-- > 0;) {
                add(counts, history_at(history, i)->ends[code]);
            }
        }
    }
}

char *history_print(const struct history *history, int64_t now_ms, int64_t since_ms)
{
    size_t count = count_since(history, since_ms);
    cJSON *root = cJSON_CreateObject();

    (void)cJSON_AddNumberToObject(root, "now_ms", (double)now_ms);
    (void)cJSON_AddNumberToObject(root, "interval_ms", HISTORY_INTERVAL_MS);
    (void)cJSON_AddNumberToObject(root, "samples_max", HISTORY_SAMPLES);
    print_figures(root, history, count);
    if (history->buckets > 0) {
        print_times(root, history, count);
    }
    print_ends(root, history, count);
    char *text = root != NULL ? json_print(root) : NULL;

    cJSON_Delete(root);
    return text;
}
