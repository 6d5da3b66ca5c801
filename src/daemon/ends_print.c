#include "daemon/ends_print.h"

#include <stdlib.h>

#include "base/clock.h"
#include "daemon/history.h"

static void print_entry(cJSON *array, const struct ends_entry *entry)
{
    enum explain_code code = (enum explain_code)entry->code;
    cJSON *object = cJSON_CreateObject();
    char time[CLOCK_TEXT_SIZE];

    clock_text_of(entry->time_ms, time);
    (void)cJSON_AddStringToObject(object, "time", time);
    (void)cJSON_AddStringToObject(object, "end", explain_words(code).code);
    (void)cJSON_AddBoolToObject(object, "failure", history_is_failure(code));
    (void)cJSON_AddStringToObject(object, "listener", entry->listener);
    (void)cJSON_AddStringToObject(object, "peer", entry->peer);
    (void)cJSON_AddStringToObject(object, "sni", entry->sni);
    (void)cJSON_AddNumberToObject(object, "conn", (double)entry->number);
    (void)cJSON_AddNumberToObject(object, "in", (double)entry->in);
    (void)cJSON_AddNumberToObject(object, "out", (double)entry->out);
    (void)cJSON_AddNumberToObject(object, "duration_ms", (double)entry->duration_ms);
    (void)cJSON_AddStringToObject(object, "why", entry->why);
    if (!cJSON_AddItemToArray(array, object)) {
        cJSON_Delete(object);
    }
}

void ends_print(cJSON *root, const struct ends *ends)
{
    struct ends_entry *latest = calloc(ENDS_LATEST, sizeof *latest);
    cJSON *array = cJSON_AddArrayToObject(root, "ends");
    size_t count = latest != NULL ? ends_latest(ends, latest, ENDS_LATEST) : 0;

    for (size_t i = 0; i < count; i++) {
        print_entry(array, &latest[i]);
    }
    free(latest);
}
