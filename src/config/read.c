#include "config/read.h"

#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "config/fields.h"

bool read_is(const struct json_at *at, const char *text)
{
    return cJSON_IsString(at->value) && strcmp(at->value->valuestring, text) == 0;
}

bool read_is_plain(const struct json_at *listener)
{
    struct json_at transport = json_key(listener, "transport");

    return read_is(&transport, "tcp") || read_is(&transport, "udp");
}

static bool read_group(struct reader *reader, const struct slot *slot)
{
    if (slot->key->inner == SECTION_TLS && read_is_plain(slot->at->parent)) {
        problems_add_key(reader->problems, slot->at,
                         "a listener for tcp or udp has no TLS; remove it, or set transport to "
                         "\"tls\"");
        return true;
    }
    if (slot->key->inner == SECTION_ADMIN) {
        ((struct secho_config *)slot->base)->admin.present = true;
    }
    read_section(reader, slot->at, slot->key->inner, slot->base);
    return true;
}

static bool read_list(struct reader *reader, const struct slot *slot)
{
    const struct config_key *key = slot->key;
    char **items = fields_at(key, slot->base);
    size_t *filled = (void *)((char *)slot->base + key->count_offset);
    size_t count = 0;

    if (!read_is_array(reader, slot, &count)) {
        return false;
    }
    *items = calloc(count, key->item_size);
    if (*items == NULL) {
        reader->problems->no_memory = true;
        return false;
    }
    for (const cJSON *value = slot->at->value->child; value != NULL; value = value->next) {
        struct json_at item = json_item(slot->at, value, *filled);
        void *base = *items + *filled * key->item_size;
        size_t before = reader->problems->count;

        *filled += 1;
        if (fields_default(key->inner, base) != 0) {
            reader->problems->no_memory = true;
            return false;
        }
        read_section(reader, &item, key->inner, base);
        if (key->inner == SECTION_LISTENER) {
            ((struct config_listener *)base)->faulty = reader->problems->count > before;
        }
    }
    return true;
}

static void unknown_key(struct reader *reader, const struct json_at *at,
                        enum config_section section)
{
    const char *nearest = config_key_nearest(section, at->key)->name;
    enum config_section elsewhere = config_key_elsewhere(at->key);

    if (elsewhere == SECTION_COUNT) {
        problems_add_key(reader->problems, at, "unknown key; did you mean \"%s\"?", nearest);
    } else if (elsewhere == SECTION_ROOT) {
        problems_add_key(reader->problems, at,
                         "unknown key; \"%s\" belongs to the root, the nearest key here is \"%s\"",
                         at->key, nearest);
    } else {
        problems_add_key(reader->problems, at,
                         "unknown key; \"%s\" belongs into \"%s\", the nearest key here is \"%s\"",
                         at->key, config_section_name(elsewhere), nearest);
    }
}

/* Reads one key that is known. */
static void read_slot(struct reader *reader, const struct slot *slot)
{
    bool later = slot->key->service == LATER && !reader->refused;
    bool was_refused = reader->refused;
    bool right;

    if (later && slot->key->type == CONFIG_GROUP) {
        problems_add_key(reader->problems, slot->at, "not in this version; remove it");
        reader->refused = true; /* once is enough */
    }
    right = slot->key->type == CONFIG_GROUP  ? read_group(reader, slot)
            : slot->key->type == CONFIG_LIST ? read_list(reader, slot)
                                             : read_value(reader, slot);
    if (later && right && slot->key->type != CONFIG_GROUP &&
        !fields_is_default(slot->key, slot->base)) {
        problems_add_key(reader->problems, slot->at, "not in this version; remove it");
    }
    reader->refused = was_refused;
}

static void read_member(struct reader *reader, const struct json_at *object,
                        const struct json_at *member, const struct slot *slot)
{
    const cJSON *twin = json_twin(object->value, member->value);

    if (twin != NULL) {
        struct json_at first = json_member(object, twin);

        problems_add_key(reader->problems, member,
                         "duplicate key, first on line %u; remove one of them",
                         problems_is_full(reader->problems) ? 0 : json_line_of_key(&first));
    } else if (slot->key != NULL) {
        read_slot(reader, slot);
    }
}

static void find_missing(struct reader *reader, const struct json_at *object,
                         enum config_section section)
{
    for (size_t i = 0; i < config_key_count; i++) {
        const struct config_key *key = &config_keys[i];
        struct json_at at = json_key(object, key->name);

        if (key->section == section && key->service == NEEDED && at.value == NULL) {
            problems_add(reader->problems, &at, "is missing; add it: %s", key->what);
        }
    }
}

void read_section(struct reader *reader, const struct json_at *object, enum config_section section,
                  void *base)
{
    if (!cJSON_IsObject(object->value)) {
        (void)read_wrong_type(reader, object, "an object", "put it in { }");
        return;
    }
    for (const cJSON *value = object->value->child; value != NULL; value = value->next) {
        struct json_at member = json_member(object, value);
        struct slot slot = {&member, config_key_find(section, value->string), base};
        bool is_schema = section == SECTION_ROOT && strcmp(value->string, "$schema") == 0;

        if (is_schema && !cJSON_IsString(value)) {
            (void)read_wrong_type(reader, &member, "a string", "give the path of the schema");
        }
        if (slot.key == NULL && !is_schema) {
            unknown_key(reader, &member, section);
        }
        read_member(reader, object, &member, &slot);
    }
    find_missing(reader, object, section);
}
