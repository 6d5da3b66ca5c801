/* read_value.c - one value, checked against its row of the table. */
#include "config/read.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "config/fields.h"
#include "config/units.h"

#define ALPHABET "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."

/* Each of the read_* functions says whether the value was right. */
typedef bool read_fn(struct reader *reader, const struct slot *slot);

/* Finding a value in the text takes time: only for a problem that will be told. */
static void show(struct reader *reader, const struct json_at *at, char out[static JSON_SHOWN_SIZE])
{
    out[0] = '\0';
    if (!problems_is_full(reader->problems)) {
        json_show(at, out);
    }
}

static void show_typed(struct reader *reader, const struct json_at *at,
                       char out[static JSON_SHOWN_SIZE])
{
    out[0] = '\0';
    if (!problems_is_full(reader->problems)) {
        json_show_typed(at, out);
    }
}

bool read_wrong_type(struct reader *reader, const struct json_at *at, const char *what,
                     const char *advice)
{
    char shown[JSON_SHOWN_SIZE];

    show_typed(reader, at, shown);
    problems_add(reader->problems, at, "must be %s, is %s; %s", what, shown, advice);
    return false;
}

static bool read_integer(struct reader *reader, const struct slot *slot)
{
    const struct config_key *key = slot->key;
    double number = cJSON_GetNumberValue(slot->at->value);
    char shown[JSON_SHOWN_SIZE];

    if (!cJSON_IsNumber(slot->at->value)) {
        return read_wrong_type(reader, slot->at, "a whole number", "write digits without quotes");
    }
    if (number < (double)key->low || number > (double)key->high) {
        show(reader, slot->at, shown);
        problems_add(reader->problems, slot->at, "must be %" PRId64 "..%" PRId64 ", is %s",
                     key->low, key->high, shown);
        return false;
    }
    if (number != floor(number)) {
        return read_wrong_type(reader, slot->at, "a whole number", "remove the fraction");
    }
    fields_set_number(key, slot->base, (int64_t)number);
    return true;
}

static bool read_processes(struct reader *reader, const struct slot *slot)
{
    if (read_is(slot->at, "auto")) {
        fields_set_number(slot->key, slot->base, 0);
        return true;
    }
    if (!cJSON_IsNumber(slot->at->value)) {
        return read_wrong_type(reader, slot->at, "a whole number or \"auto\"",
                               "\"auto\" means one for each CPU");
    }
    return read_integer(reader, slot);
}

static bool read_boolean(struct reader *reader, const struct slot *slot)
{
    if (!cJSON_IsBool(slot->at->value)) {
        return read_wrong_type(reader, slot->at, "true or false", "write it without quotes");
    }
    fields_set_number(slot->key, slot->base, cJSON_IsTrue(slot->at->value));
    return true;
}

/* What durations and sizes differ in. */
struct unit_kind {
    const char *what, *advice;
    bool (*read)(const char *text, int64_t *out);
    void (*print)(int64_t value, char text[static UNITS_TEXT_SIZE]);
};

static bool read_with_unit(struct reader *reader, const struct slot *slot,
                           const struct unit_kind *kind)
{
    const struct config_key *key = slot->key;
    char low[UNITS_TEXT_SIZE], high[UNITS_TEXT_SIZE], shown[JSON_SHOWN_SIZE];
    int64_t value;

    if (!cJSON_IsString(slot->at->value) || !kind->read(slot->at->value->valuestring, &value)) {
        return read_wrong_type(reader, slot->at, kind->what, kind->advice);
    }
    if (value < key->low || value > key->high) {
        kind->print(key->low, low);
        kind->print(key->high, high);
        show(reader, slot->at, shown);
        problems_add(reader->problems, slot->at, "must be \"%s\"..\"%s\", is %s", low, high, shown);
        return false;
    }
    fields_set_number(key, slot->base, value);
    return true;
}

static bool read_duration(struct reader *reader, const struct slot *slot)
{
    static const struct unit_kind kind = {
        "a duration", "write digits and a unit, as in \"500ms\", \"10s\", \"5m\" or \"1h\"",
        units_read_duration, units_print_duration};

    return read_with_unit(reader, slot, &kind);
}

static bool read_size(struct reader *reader, const struct slot *slot)
{
    static const struct unit_kind kind = {
        "a size", "write digits and a unit, as in \"16B\", \"64KiB\", \"1MiB\" or \"1GiB\"",
        units_read_size, units_print_size};

    return read_with_unit(reader, slot, &kind);
}

/* "tls", "tcp": the choices that this version has, or all of them. */
static void list_choices(const struct config_choice *choices, bool served, char *out, size_t size)
{
    size_t used = 0;

    out[0] = '\0';
    for (; choices->name != NULL; choices++) {
        if ((!served || choices->service != LATER) && used < size) {
            used += (size_t)snprintf(out + used, size - used, "%s\"%s\"", used != 0 ? ", " : "",
                                     choices->name);
        }
    }
}

static bool read_choice(struct reader *reader, const struct slot *slot)
{
    const struct config_choice *choice = slot->key->choices;
    char list[128], shown[JSON_SHOWN_SIZE];

    while (choice->name != NULL && !read_is(slot->at, choice->name)) {
        choice++;
    }
    list_choices(slot->key->choices, choice->name != NULL, list, sizeof list);
    if (choice->name == NULL) {
        show_typed(reader, slot->at, shown);
        problems_add(reader->problems, slot->at, "must be one of %s, is %s", list, shown);
        return false;
    }
    if (choice->service == LATER) {
        problems_add(reader->problems, slot->at,
                     "\"%s\" is not in this version; remove it, or use one of %s", choice->name,
                     list);
        return false;
    }
    fields_set_number(slot->key, slot->base, choice->value);
    return true;
}

/* A string of low..high bytes; else NULL and a problem. */
static const char *text_of(struct reader *reader, const struct slot *slot)
{
    const char *text = cJSON_GetStringValue(slot->at->value);

    if (text == NULL) {
        (void)read_wrong_type(reader, slot->at, "a string", "put it in double quotes");
        return NULL;
    }
    if (strlen(text) > (size_t)slot->key->high) {
        problems_add(reader->problems, slot->at, "must have at most %" PRId64 " bytes, has %zu",
                     slot->key->high, strlen(text));
        return NULL;
    }
    return text;
}

static bool store_text(struct reader *reader, const struct slot *slot, size_t prefix_len,
                       const char *text)
{
    if (fields_set_text(fields_at(slot->key, slot->base), reader->folder, prefix_len, text) != 0) {
        reader->problems->no_memory = true;
    }
    return !reader->problems->no_memory;
}

static bool read_text(struct reader *reader, const struct slot *slot)
{
    const char *text = text_of(reader, slot);

    return text != NULL && store_text(reader, slot, 0, text);
}

static bool read_name(struct reader *reader, const struct slot *slot)
{
    const char *text = text_of(reader, slot);

    if (text == NULL) {
        return false;
    }
    if (text[0] == '\0' || text[strspn(text, ALPHABET)] != '\0') {
        char shown[JSON_SHOWN_SIZE];

        show(reader, slot->at, shown);
        problems_add(reader->problems, slot->at,
                     "must be 1..%" PRId64 " letters, digits, '-', '_' or '.', is %s; rename it",
                     slot->key->high, shown);
        return false;
    }
    return store_text(reader, slot, 0, text);
}

/* An address as numbers; IPv6 may name an interface (RFC 4007 11): "fe80::1%eth0". */
static bool is_address(const char *text)
{
    unsigned char bytes[sizeof(struct in6_addr)];
    size_t len = strcspn(text, "%");
    char host[INET6_ADDRSTRLEN] = "";

    if (len >= sizeof host || (text[len] == '%' && text[len + 1] == '\0')) {
        return false;
    }
    memcpy(host, text, len);
    return inet_pton(AF_INET6, host, bytes) == 1 ||
           (text[len] == '\0' && inet_pton(AF_INET, host, bytes) == 1);
}

static bool read_address(struct reader *reader, const struct slot *slot)
{
    const char *text = text_of(reader, slot);
    char shown[JSON_SHOWN_SIZE];

    if (text == NULL) {
        return false;
    }
    if (!is_address(text)) {
        show(reader, slot->at, shown);
        problems_add(reader->problems, slot->at,
                     "must be an IPv4 or IPv6 address, is %s; write \"::\" for every address of "
                     "this machine, or \"127.0.0.1\" for itself only",
                     shown);
        (void)store_text(reader, slot, 0, ""); /* so that it collides with no other */
        return false;
    }
    return store_text(reader, slot, 0, text);
}

static bool read_path(struct reader *reader, const struct slot *slot)
{
    const char *text = text_of(reader, slot);
    bool relative = text != NULL && text[0] != '/' && text[0] != '\0';

    if (text != NULL && text[0] == '\0' && slot->key->service == NEEDED) {
        problems_add(reader->problems, slot->at, "is empty; give the path of a file");
        return false;
    }
    return text != NULL && store_text(reader, slot, relative ? reader->folder_len : 0, text);
}

bool read_is_array(struct reader *reader, const struct slot *slot, size_t *count)
{
    const struct config_key *key = slot->key;

    if (!cJSON_IsArray(slot->at->value)) {
        return read_wrong_type(reader, slot->at, "an array", "put it in [ ]");
    }
    *count = (size_t)cJSON_GetArraySize(slot->at->value);
    if (*count < (size_t)key->low) {
        problems_add(reader->problems, slot->at, "is empty; add at least one");
        return false;
    }
    if (*count > (size_t)key->high) {
        problems_add(reader->problems, slot->at, "must have at most %" PRId64 " items, has %zu",
                     key->high, *count);
        return false;
    }
    return true;
}

static bool read_string(struct reader *reader, const struct json_at *at,
                        struct config_strings *strings)
{
    const char *text = cJSON_GetStringValue(at->value);

    if (text == NULL) {
        return read_wrong_type(reader, at, "a string", "put it in double quotes");
    }
    if (fields_set_text(&strings->items[strings->count], "", 0, text) != 0) {
        reader->problems->no_memory = true;
        return false;
    }
    strings->count++;
    return true;
}

static bool read_strings(struct reader *reader, const struct slot *slot)
{
    struct config_strings *strings = fields_at(slot->key, slot->base);
    size_t count = 0, index = 0;
    bool right = true;

    if (!read_is_array(reader, slot, &count)) {
        return false;
    }
    if (count == 0) {
        return true;
    }
    strings->items = calloc(count, sizeof *strings->items);
    if (strings->items == NULL) {
        reader->problems->no_memory = true;
        return false;
    }
    for (const cJSON *value = slot->at->value->child; value != NULL; value = value->next) {
        struct json_at item = json_item(slot->at, value, index++);

        right = read_string(reader, &item, strings) && right;
    }
    return right;
}

static read_fn *const read_by_type[] = {
    [CONFIG_INTEGER] = read_integer, [CONFIG_PROCESSES] = read_processes,
    [CONFIG_BOOLEAN] = read_boolean, [CONFIG_DURATION] = read_duration,
    [CONFIG_SIZE] = read_size,       [CONFIG_CHOICE] = read_choice,
    [CONFIG_TEXT] = read_text,       [CONFIG_NAME] = read_name,
    [CONFIG_ADDRESS] = read_address, [CONFIG_PATH] = read_path,
    [CONFIG_STRINGS] = read_strings,
};

bool read_value(struct reader *reader, const struct slot *slot)
{
    return read_by_type[slot->key->type](reader, slot);
}
