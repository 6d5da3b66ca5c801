#include "config/place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

#define TOKEN_SIZE 64

/* One step down: the member or the item that `token` names; absent ones have no value. */
static struct json_at step(const struct json_at *at, const char *token)
{
    if (cJSON_IsArray(at->value)) {
        long index = strtol(token, NULL, 10); /* the pointers are ours: it is a number */

        return json_item(at, cJSON_GetArrayItem(at->value, (int)index), (size_t)index);
    }
    return json_key(at, token);
}

/* Each level stays on the stack while the next one is looked at. */
static void find(const struct json_at *at, const char *pointer, struct json_problem *place)
{
    char token[TOKEN_SIZE];
    size_t len = pointer[0] == '/' ? strcspn(pointer + 1, "/") : 0;

    if (len == 0 || len >= sizeof token) {
        json_problem(place, at, JSON_VALUE, "found");
        return;
    }
    memcpy(token, pointer + 1, len);
    token[len] = '\0';
    const struct json_at next = step(at, token);

    if (next.value == NULL) {
        json_problem(place, at, JSON_VALUE, "the nearest around it");
        return;
    }
    find(&next, pointer + 1 + len, place);
}

void config_report(const struct secho_config *config, const char *pointer, const char *words,
                   secho_problem_fn *report, void *context)
{
    struct json_problem place = {0};
    struct json_file file = {0};
    char at[48] = "";
    char line[1536];

    if (report == NULL) {
        return;
    }
    if (json_load(config->path, &file, &place) == 0) {
        const struct json_at root = json_root(&file);

        find(&root, pointer, &place);
        (void)snprintf(at, sizeof at, ":%u:%u", place.line, place.column);
    }
    json_close(&file);
    (void)snprintf(line, sizeof line, "%s%s: %s: %s", config->path, at, pointer, words);
    report(context, line);
}
