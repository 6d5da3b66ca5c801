/*
 * generate.c - what follows from the table of keys: the JSON Schema, and the keys in secho.json(5).
 *
 *     secho-generate schema|man
 *
 * Not shipped and not in src/: only scripts/generate runs it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "config/keys.h"
#include "config/units.h"
#include "diagnosis/catalogue.h"

/* Out of memory is no answer that this program could give. */
static cJSON *need(cJSON *made)
{
    if (made == NULL) {
        perror("secho-generate");
        exit(1);
    }
    return made;
}

static cJSON *choice_default(const struct config_key *key)
{
    const struct config_choice *choice = key->choices;

    while (choice->value != key->standard) {
        choice++;
    }
    return need(cJSON_CreateString(choice->name));
}

/* The default as JSON; NULL where there is none. */
static cJSON *default_of(const struct config_key *key)
{
    char unit[UNITS_TEXT_SIZE];

    if (key->service == NEEDED || key->type == CONFIG_GROUP || key->type == CONFIG_LIST ||
        key->type == CONFIG_NAME) {
        return NULL;
    }
    if (key->text != NULL) {
        return need(cJSON_CreateString(key->text));
    }
    switch ((int)key->type) {
    case CONFIG_PROCESSES:
        return need(cJSON_CreateString("auto"));
    case CONFIG_BOOLEAN:
        return need(cJSON_CreateBool(key->standard != 0));
    case CONFIG_CHOICE:
        return choice_default(key);
    case CONFIG_STRINGS:
        return need(cJSON_CreateArray());
    case CONFIG_DURATION:
        units_print_duration(key->standard, unit);
        return need(cJSON_CreateString(unit));
    case CONFIG_SIZE:
        units_print_size(key->standard, unit);
        return need(cJSON_CreateString(unit));
    default:
        return need(cJSON_CreateNumber((double)key->standard));
    }
}

static void set(cJSON *schema, const char *name, const char *text)
{
    (void)need(cJSON_AddStringToObject(schema, name, text));
}

static void set_number(cJSON *schema, const char *name, int64_t value)
{
    (void)need(cJSON_AddNumberToObject(schema, name, (double)value));
}

static void integer_schema(cJSON *schema, const struct config_key *key)
{
    set(schema, "type", "integer");
    set_number(schema, "minimum", key->low);
    set_number(schema, "maximum", key->high);
}

static void processes_schema(cJSON *schema, const struct config_key *key)
{
    cJSON *any = need(cJSON_AddArrayToObject(schema, "anyOf"));
    cJSON *word = need(cJSON_CreateObject()), *number = need(cJSON_CreateObject());

    set(word, "const", "auto");
    integer_schema(number, key);
    cJSON_AddItemToArray(any, word);
    cJSON_AddItemToArray(any, number);
}

/* Digits and a unit; where zero is out of range one digit must be another. */
static void unit_schema(cJSON *schema, const struct config_key *key)
{
    char pattern[64];

    (void)snprintf(pattern, sizeof pattern, "^%s(%s)$", key->low > 0 ? "0*[1-9][0-9]*" : "[0-9]+",
                   key->type == CONFIG_DURATION ? "ms|s|m|h" : "B|KiB|MiB|GiB");
    set(schema, "type", "string");
    set(schema, "pattern", pattern);
}

static void choice_schema(cJSON *schema, const struct config_key *key)
{
    cJSON *names = need(cJSON_AddArrayToObject(schema, "enum"));

    for (const struct config_choice *choice = key->choices; choice->name != NULL; choice++) {
        if (choice->service != LATER) {
            cJSON_AddItemToArray(names, need(cJSON_CreateString(choice->name)));
        }
    }
}

static void text_schema(cJSON *schema, const struct config_key *key)
{
    set(schema, "type", "string");
    if (key->type == CONFIG_NAME) {
        set(schema, "pattern", "^[A-Za-z0-9._-]+$");
    }
    if (key->type == CONFIG_ADDRESS) { /* close enough to tell a name from an address */
        set(schema, "pattern",
            "^([0-9]{1,3}(\\.[0-9]{1,3}){3}|[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*(%.+)?)$");
    }
    if (key->service == NEEDED) {
        set_number(schema, "minLength", 1);
    }
    set_number(schema, "maxLength", key->high);
}

static cJSON *object_schema(enum config_section section);

/* What this version accepts of a key that a later one serves: its default. */
static void later_schema(cJSON *schema, const struct config_key *key)
{
    if (key->type == CONFIG_GROUP) {
        cJSON_AddItemToObject(schema, "not", need(cJSON_CreateObject()));
    } else {
        cJSON_AddItemToObject(schema, "const", default_of(key));
    }
}

static cJSON *key_schema(const struct config_key *key)
{
    cJSON *schema =
        need(key->type == CONFIG_GROUP && key->service != LATER ? object_schema(key->inner)
                                                                : cJSON_CreateObject());
    cJSON *standard = default_of(key);
    char text[512];

    (void)snprintf(text, sizeof text, "%s%s",
                   key->service == LATER ? "Not in this version: leave it out. " : "", key->what);
    set(schema, "description", text);
    if (key->service == LATER) {
        later_schema(schema, key);
    } else if (key->type == CONFIG_INTEGER) {
        integer_schema(schema, key);
    } else if (key->type == CONFIG_PROCESSES) {
        processes_schema(schema, key);
    } else if (key->type == CONFIG_BOOLEAN) {
        set(schema, "type", "boolean");
    } else if (key->type == CONFIG_DURATION || key->type == CONFIG_SIZE) {
        unit_schema(schema, key);
    } else if (key->type == CONFIG_CHOICE) {
        choice_schema(schema, key);
    } else if (key->text != NULL) {
        text_schema(schema, key);
    } else if (key->type == CONFIG_STRINGS || key->type == CONFIG_LIST) {
        cJSON *items = key->type == CONFIG_LIST ? object_schema(key->inner) : cJSON_CreateObject();

        if (key->type == CONFIG_STRINGS) {
            set(items, "type", "string");
        }
        set(schema, "type", "array");
        set_number(schema, "minItems", key->low);
        set_number(schema, "maxItems", key->high);
        cJSON_AddItemToObject(schema, "items", need(items));
    }
    if (standard != NULL) {
        cJSON_AddItemToObject(schema, "default", standard);
    }
    return schema;
}

/* tls is needed unless the transport has none. */
static void tls_rule(cJSON *schema)
{
    cJSON *rule = need(cJSON_Parse(
        "{ \"if\": { \"properties\": { \"transport\": { \"enum\": [\"tcp\", \"udp\"] } },"
        "            \"required\": [\"transport\"] },"
        "  \"then\": { \"properties\": { \"tls\": false } }, \"else\": { \"required\": [\"tls\"] } "
        "}"));
    static const char *const parts[] = {"if", "then", "else"};

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        cJSON_AddItemToObject(schema, parts[i],
                              cJSON_DetachItemFromObjectCaseSensitive(rule, parts[i]));
    }
    cJSON_Delete(rule);
}

static cJSON *object_schema(enum config_section section)
{
    cJSON *schema = need(cJSON_CreateObject());
    cJSON *keys, *needed;

    if (section == SECTION_ROOT) {
        set(schema, "$schema", "https://json-schema.org/draft/2020-12/schema");
        set(schema, "title", "secho.json");
        set(schema, "description", "The configuration of secho-server: secho.json(5).");
    }
    set(schema, "type", "object");
    keys = need(cJSON_AddObjectToObject(schema, "properties"));
    if (section == SECTION_ROOT) {
        cJSON *own = need(cJSON_AddObjectToObject(keys, "$schema"));

        set(own, "type", "string");
        set(own, "description", "This schema, for editors; secho does not read it.");
    }
    needed = need(cJSON_CreateArray());
    for (size_t i = 0; i < config_key_count; i++) {
        const struct config_key *key = &config_keys[i];

        if (key->section == section) {
            cJSON_AddItemToObject(keys, key->name, key_schema(key));
        }
        if (key->section == section && key->service == NEEDED) {
            cJSON_AddItemToArray(needed, need(cJSON_CreateString(key->name)));
        }
    }
    if (cJSON_GetArraySize(needed) > 0) {
        cJSON_AddItemToObject(schema, "required", needed);
    } else {
        cJSON_Delete(needed);
    }
    cJSON_AddFalseToObject(schema, "additionalProperties");
    if (section == SECTION_LISTENER) {
        tls_rule(schema);
    }
    return schema;
}

static void print_schema(void)
{
    cJSON *schema = object_schema(SECTION_ROOT);
    char *text = cJSON_Print(schema);

    (void)puts(text != NULL ? text : "");
    free(text);
    cJSON_Delete(schema);
}

#define LINE_BYTES 70 /* mandoc -T lint wants lines below 80 */

/* Text for mdoc(7): a new sentence starts a new line, quotes and backslashes are escaped. */
static void print_roff(const char *text)
{
    size_t column = 0;

    for (; *text != '\0'; text++, column++) {
        if (*text == ' ' && (text[-1] == '.' || column + strcspn(text + 1, " ") > LINE_BYTES)) {
            (void)putchar('\n');
            column = 0;
        } else if (*text == '"') {
            (void)fputs("\\(dq", stdout);
        } else if (*text == '\'') { /* at the start of a line it would be a request */
            (void)fputs("\\(aq", stdout);
        } else if (*text == '\\') {
            (void)fputs("\\e", stdout);
        } else {
            (void)putchar(*text);
        }
    }
}

static void print_range(const struct config_key *key)
{
    char low[UNITS_TEXT_SIZE], high[UNITS_TEXT_SIZE];
    void (*print)(int64_t, char[static UNITS_TEXT_SIZE]) =
        key->type == CONFIG_SIZE ? units_print_size : units_print_duration;

    print(key->low, low);
    print(key->high, high);
    (void)printf("\\(dq%s\\(dq..\\(dq%s\\(dq", low, high);
}

static void print_choices(const struct config_key *key)
{
    for (const struct config_choice *choice = key->choices; choice->name != NULL; choice++) {
        (void)printf("%s\\(dq%s\\(dq%s", choice == key->choices ? "" : ", ", choice->name,
                     choice->service == LATER && key->service != LATER ? "*" : "");
    }
}

static void print_type(const struct config_key *key)
{
    static const char *const words[] = {
        [CONFIG_BOOLEAN] = "true or false",
        [CONFIG_TEXT] = "string",
        [CONFIG_NAME] = "letters, digits, \\(aq-\\(aq, \\(aq_\\(aq, \\(aq.\\(aq",
        [CONFIG_ADDRESS] = "address",
        [CONFIG_PATH] = "path",
        [CONFIG_STRINGS] = "array of strings",
        [CONFIG_GROUP] = "object",
        [CONFIG_LIST] = "array of objects",
    };

    if (key->type == CONFIG_INTEGER) {
        (void)printf("%" PRId64 "..%" PRId64, key->low, key->high);
    } else if (key->type == CONFIG_PROCESSES) {
        (void)printf("\\(dqauto\\(dq, or %" PRId64 "..%" PRId64, key->low, key->high);
    } else if (key->type == CONFIG_DURATION || key->type == CONFIG_SIZE) {
        print_range(key);
    } else if (key->type == CONFIG_CHOICE) {
        print_choices(key);
    } else {
        (void)fputs(words[key->type], stdout);
    }
}

static void print_key(const struct config_key *key)
{
    cJSON *standard = default_of(key);
    char *text = standard != NULL ? cJSON_PrintUnformatted(standard) : NULL;

    (void)printf(".It Cm %s Pq ", key->name);
    print_type(key);
    (void)putchar('\n');
    print_roff(key->what);
    (void)putchar('\n');
    if (text != NULL) {
        (void)fputs("Default: ", stdout);
        print_roff(text);
        (void)fputs(".\n", stdout);
    }
    if (key->service != SERVED) {
        (void)puts(key->service == NEEDED ? "Needed." : "Not in this version.");
    }
    free(text);
    cJSON_Delete(standard);
}

static void print_man(void)
{
    static const char *const titles[SECTION_COUNT] = {
        [SECTION_ROOT] = "The root",
        [SECTION_WORKERS] = "workers",
        [SECTION_LOG] = "log",
        [SECTION_LIMITS] = "limits",
        [SECTION_TIMEOUTS] = "timeouts",
        [SECTION_ADMIN] = "admin",
        [SECTION_LISTENER] = "listeners, for each",
        [SECTION_TLS] = "tls of a listener",
        [SECTION_CERTIFICATE] = "certificates of tls, for each",
        [SECTION_CLIENT_AUTH] = "client_auth of tls",
        [SECTION_ALLOW] = "allow of client_auth",
        [SECTION_TICKETS] = "tickets of tls",
    };

    for (size_t section = 0; section < SECTION_COUNT; section++) {
        (void)printf(".Ss %s\n.Bl -tag -width Ds\n", titles[section]);
        for (size_t i = 0; i < config_key_count; i++) {
            if (config_keys[i].section == section) {
                print_key(&config_keys[i]);
            }
        }
        (void)puts(".El");
    }
}

/* The lines of the catalogue are as long as its sentences: those that are text are filled here. */
static void print_codes(void)
{
    char *text = NULL, *rest = NULL;
    size_t len = 0;
    FILE *memory = open_memstream(&text, &len);

    if (memory == NULL) {
        exit(71);
    }
    catalogue_man(memory);
    (void)fclose(memory);
    for (char *line = strtok_r(text, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        if (line[0] == '.') {
            (void)puts(line);
        } else {
            print_roff(line);
            (void)putchar('\n');
        }
    }
    free(text);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "schema") == 0) {
        print_schema();
        return 0;
    }
    if (argc == 2 && strcmp(argv[1], "man") == 0) {
        print_man();
        return 0;
    }
    if (argc == 2 && strcmp(argv[1], "codes") == 0) {
        print_codes();
        return 0;
    }
    (void)fputs("usage: secho-generate schema|man|codes\n", stderr);
    return 64;
}
