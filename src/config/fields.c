#include "config/fields.h"

#include <stdlib.h>
#include <string.h>

void *fields_at(const struct config_key *key, void *base)
{
    return (char *)base + key->offset;
}

const void *fields_in(const struct config_key *key, const void *base)
{
    return (const char *)base + key->offset;
}

static bool is_text(const struct config_key *key)
{
    return key->text != NULL;
}

static bool is_wide(const struct config_key *key)
{
    return key->type == CONFIG_DURATION || key->type == CONFIG_SIZE;
}

static bool is_number(const struct config_key *key)
{
    return is_wide(key) || key->type == CONFIG_INTEGER || key->type == CONFIG_PROCESSES ||
           key->type == CONFIG_BOOLEAN || key->type == CONFIG_CHOICE;
}

int fields_set_text(char **field, const char *prefix, size_t prefix_len, const char *text)
{
    size_t len = strlen(text) + 1;
    char *copy = malloc(prefix_len + len);

    if (copy == NULL) {
        return -1;
    }
    memcpy(copy, prefix, prefix_len);
    memcpy(copy + prefix_len, text, len);
    free(*field);
    *field = copy;
    return 0;
}

int64_t fields_number(const struct config_key *key, const void *base)
{
    const void *field = fields_in(key, base);
    int narrow;

    if (key->type == CONFIG_BOOLEAN) {
        return *(const bool *)field;
    }
    if (is_wide(key)) {
        return *(const int64_t *)field;
    }
    memcpy(&narrow, field, sizeof narrow); /* an int, or an enum as wide as one */
    return narrow;
}

void fields_set_number(const struct config_key *key, void *base, int64_t value)
{
    void *field = fields_at(key, base);
    int narrow = (int)value;

    if (key->type == CONFIG_BOOLEAN) {
        *(bool *)field = value != 0;
    } else if (is_wide(key)) {
        *(int64_t *)field = value;
    } else {
        memcpy(field, &narrow, sizeof narrow);
    }
}

int fields_default(enum config_section section, void *base)
{
    for (size_t i = 0; i < config_key_count; i++) {
        const struct config_key *key = &config_keys[i];

        if (key->section != section) {
            continue;
        }
        if (is_number(key)) {
            fields_set_number(key, base, key->standard);
        }
        if (is_text(key) && fields_set_text(fields_at(key, base), "", 0, key->text) != 0) {
            return -1;
        }
        if (key->type == CONFIG_GROUP && fields_default(key->inner, base) != 0) {
            return -1;
        }
    }
    return 0;
}

bool fields_is_default(const struct config_key *key, const void *base)
{
    if (is_number(key)) {
        return fields_number(key, base) == key->standard;
    }
    if (is_text(key)) {
        return strcmp(*(char *const *)fields_in(key, base), key->text) == 0;
    }
    if (key->type == CONFIG_STRINGS) {
        return ((const struct config_strings *)fields_in(key, base))->count == 0;
    }
    return false;
}

static void clear_strings(struct config_strings *strings)
{
    for (size_t i = 0; i < strings->count; i++) {
        free(strings->items[i]);
    }
    free(strings->items);
    *strings = (struct config_strings){0};
}

void fields_clear(enum config_section section, void *base)
{
    for (size_t i = 0; i < config_key_count; i++) {
        const struct config_key *key = &config_keys[i];

        if (key->section != section) {
            continue;
        }
        if (is_text(key)) {
            char **text = fields_at(key, base);

            free(*text);
            *text = NULL;
        } else if (key->type == CONFIG_STRINGS) {
            clear_strings(fields_at(key, base));
        } else if (key->type == CONFIG_GROUP) {
            fields_clear(key->inner, base);
        } else if (key->type == CONFIG_LIST) {
            char **items = fields_at(key, base);
            size_t *count = (void *)((char *)base + key->count_offset);

            for (size_t n = 0; n < *count; n++) {
                fields_clear(key->inner, *items + n * key->item_size);
            }
            free(*items);
            *items = NULL;
            *count = 0;
        }
    }
}
