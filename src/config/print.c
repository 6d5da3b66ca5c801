/* print.c - the effective configuration, for secho-server -T. */
#include <cjson/cJSON.h>
#include <string.h>

#include "config/config.h"
#include "config/fields.h"
#include "config/units.h"
#include "tls/defaults.h"

/* What an empty list of TLS names stands for. */
static const char *effective_text(const struct config_key *key, const char *text)
{
    if (key->section != SECTION_TLS || text[0] != '\0') {
        return text;
    }
    return strcmp(key->name, "ciphers") == 0                ? DEFAULTS_CIPHERS
           : strcmp(key->name, "ciphersuites") == 0         ? DEFAULTS_CIPHERSUITES
           : strcmp(key->name, "groups") == 0               ? defaults_groups()
           : strcmp(key->name, "signature_algorithms") == 0 ? defaults_signature_algorithms()
                                                            : text;
}

static const char *choice_name(const struct config_choice *choice, int64_t value)
{
    while (choice->value != value) {
        choice++;
    }
    return choice->name;
}

static cJSON *print_strings(const struct config_strings *strings)
{
    if (strings->count == 0) {
        return cJSON_CreateArray();
    }
    return cJSON_CreateStringArray((const char *const *)strings->items, (int)strings->count);
}

static cJSON *print_value(const struct config_key *key, const void *base)
{
    const char *const *text = fields_in(key, base);
    char unit[UNITS_TEXT_SIZE];

    switch (key->type) {
    case CONFIG_INTEGER:
    case CONFIG_PROCESSES:
        return cJSON_CreateNumber((double)fields_number(key, base));
    case CONFIG_BOOLEAN:
        return cJSON_CreateBool(fields_number(key, base) != 0);
    case CONFIG_DURATION:
        units_print_duration(fields_number(key, base), unit);
        return cJSON_CreateString(unit);
    case CONFIG_SIZE:
        units_print_size(fields_number(key, base), unit);
        return cJSON_CreateString(unit);
    case CONFIG_CHOICE:
        return cJSON_CreateString(choice_name(key->choices, fields_number(key, base)));
    case CONFIG_TEXT:
    case CONFIG_NAME:
    case CONFIG_ADDRESS:
    case CONFIG_PATH:
        return cJSON_CreateString(effective_text(key, *text));
    case CONFIG_STRINGS:
        return print_strings(fields_in(key, base));
    case CONFIG_GROUP:
    case CONFIG_LIST:
        break;
    }
    return NULL;
}

/* What is not there without its object: a section cannot stand for "none". */
static bool is_absent(const struct config_key *key, const void *base)
{
    if (key->inner == SECTION_ADMIN) {
        return !((const struct secho_config *)base)->admin.present;
    }
    if (key->inner == SECTION_TLS) {
        const struct config_listener *listener = base;

        return listener->transport == TRANSPORT_TCP || listener->transport == TRANSPORT_UDP;
    }
    return false;
}

/* Puts an item into an object, or with `name` NULL into an array. Takes it over in any case. */
static bool put(cJSON *parent, const char *name, cJSON *item)
{
    bool done = name != NULL ? cJSON_AddItemToObject(parent, name, item)
                             : cJSON_AddItemToArray(parent, item);

    if (!done) {
        cJSON_Delete(item);
    }
    return done;
}

/* NULL without memory. */
static cJSON *print_section(enum config_section section, const void *base)
{
    cJSON *object = cJSON_CreateObject();
    bool whole = true;

    for (size_t i = 0; i < config_key_count && whole; i++) {
        const struct config_key *key = &config_keys[i];
        const size_t *count = (const void *)((const char *)base + key->count_offset);
        const char *const *items = fields_in(key, base);

        if (key->section != section || is_absent(key, base)) {
            continue;
        }
        if (key->type == CONFIG_GROUP) {
            whole = put(object, key->name, print_section(key->inner, base));
        } else if (key->type == CONFIG_LIST) {
            cJSON *array = cJSON_AddArrayToObject(object, key->name);

            whole = array != NULL;
            for (size_t n = 0; n < *count && whole; n++) {
                const char *item = *items + n * key->item_size;

                whole = put(array, NULL, print_section(key->inner, item));
            }
        } else {
            whole = put(object, key->name, print_value(key, base));
        }
    }
    if (!whole) {
        cJSON_Delete(object);
        return NULL;
    }
    return object;
}

char *config_print(const struct secho_config *config)
{
    cJSON *root = print_section(SECTION_ROOT, config);
    char *text = root != NULL ? cJSON_Print(root) : NULL;

    cJSON_Delete(root);
    return text;
}
