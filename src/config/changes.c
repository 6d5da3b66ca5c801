#include "config/changes.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POINTER_SIZE 256 /* no key is deeper than that */

struct walk {
    config_change_fn *tell;
    void *context;
    char pointer[POINTER_SIZE]; /* of what is compared now */
};

/* ---- tell ---- */

static void value_text(const cJSON *value, char text[static CONFIG_CHANGE_SIZE])
{
    char *whole = value != NULL ? cJSON_PrintUnformatted(value) : NULL;

    if (whole != NULL && strlen(whole) >= CONFIG_CHANGE_SIZE) {
        (void)snprintf(text, CONFIG_CHANGE_SIZE, "%.*s...", CONFIG_CHANGE_SIZE - 4, whole);
    } else {
        (void)snprintf(text, CONFIG_CHANGE_SIZE, "%s", whole != NULL ? whole : "");
    }
    free(whole);
}

static void tell(const struct walk *walk, const cJSON *before, const cJSON *after)
{
    char was[CONFIG_CHANGE_SIZE], is[CONFIG_CHANGE_SIZE];

    value_text(before, was);
    value_text(after, is);
    walk->tell(walk->context, walk->pointer, was, is);
}

/* ---- walk ---- */

/* Puts a step behind the pointer; returns where it ended before, to go back there. */
static size_t enter(struct walk *walk, const char *key, int index)
{
    size_t used = strlen(walk->pointer);

    if (key != NULL) {
        (void)snprintf(walk->pointer + used, sizeof walk->pointer - used, "/%s", key);
    } else {
        (void)snprintf(walk->pointer + used, sizeof walk->pointer - used, "/%d", index);
    }
    return used;
}

static void leave(struct walk *walk, size_t used)
{
    walk->pointer[used] = '\0';
}

static const char *name_of(const cJSON *value)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(value, "name"));
}

/* A list whose items have names: its order means nothing. */
static bool is_named_list(const cJSON *value)
{
    return cJSON_IsArray(value) && name_of(value->child) != NULL;
}

static const cJSON *find_name(const cJSON *list, const char *name)
{
    const cJSON *item = NULL;

    cJSON_ArrayForEach(item, list)
    {
        if (name_of(item) != NULL && strcmp(name_of(item), name) == 0) {
            return item;
        }
    }
    return NULL;
}

/* The counterpart of `item` in the other tree. */
static const cJSON *find(const cJSON *other, const cJSON *item)
{
    return item->string != NULL ? cJSON_GetObjectItemCaseSensitive(other, item->string)
                                : find_name(other, name_of(item));
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the configuration */
static void compare(struct walk *walk, const cJSON *before, const cJSON *after)
{
    bool both = (cJSON_IsObject(before) && cJSON_IsObject(after)) ||
                (is_named_list(before) && is_named_list(after));
    const cJSON *item = NULL;
    int index = 0;

    if (!both) {
        if (before == NULL || after == NULL || !cJSON_Compare(before, after, true)) {
            tell(walk, before, after);
        }
        return;
    }
    cJSON_ArrayForEach(item, after)
    {
        size_t used = enter(walk, item->string, index++);

        compare(walk, find(before, item), item);
        leave(walk, used);
    }
    index = 0;
    cJSON_ArrayForEach(item, before)
    {
        size_t used = enter(walk, item->string, index++);

        if (find(after, item) == NULL) {
            tell(walk, item, NULL);
        }
        leave(walk, used);
    }
}

void config_changes(const char *before, const char *after, config_change_fn *tell_one,
                    void *context)
{
    struct walk walk = {.tell = tell_one, .context = context};
    cJSON *old = cJSON_Parse(before), *now = cJSON_Parse(after);

    if (old != NULL && now != NULL) {
        compare(&walk, old, now);
    }
    cJSON_Delete(old);
    cJSON_Delete(now);
}
