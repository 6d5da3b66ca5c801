#include "base/json.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/excerpt.h"
#include "base/file.h"
#include "base/utf8.h"

/* A problem of the file as a whole. Returns -1. */
static int whole(struct json_problem *problem, const char *fmt, ...) PRINTF_LIKE(2, 3);

static int whole(struct json_problem *problem, const char *fmt, ...)
{
    va_list ap;

    *problem = (struct json_problem){0};
    va_start(ap, fmt);
    (void)vsnprintf(problem->text, sizeof problem->text, fmt, ap);
    va_end(ap);
    return -1;
}

static int too_large(struct json_problem *problem)
{
    return whole(problem, "is larger than 1 MiB; give a smaller file");
}

/* Reads up to `size` bytes, as many as there are. */
static ssize_t read_all(int fd, char *buffer, size_t size)
{
    size_t used = 0;

    while (used < size) {
        ssize_t n = read(fd, buffer + used, size - used);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return -1;
        }
        if (n == 0) {
            break;
        }
        used += (size_t)n;
    }
    return (ssize_t)used;
}

int json_load(const char *path, struct json_file *out, struct json_problem *problem)
{
    char *buffer = NULL;
    ssize_t size;
    char why[FILE_WHY_SIZE];
    int fd = file_open(path, why);
    int rc = -1;

    if (fd < 0) {
        return whole(problem, "%s", why);
    }
    buffer = malloc(JSON_FILE_MAX + 1); /* one more, to see that a file is too large */
    if (buffer == NULL) {
        whole(problem, "no memory");
        goto out;
    }
    size = read_all(fd, buffer, JSON_FILE_MAX + 1);
    if (size < 0) {
        whole(problem, "cannot be read: %s", strerror(errno));
        goto out;
    }
    rc = json_parse(buffer, (size_t)size, out, problem);
out:
    free(buffer);
    (void)close(fd);
    return rc;
}

int json_parse(const char *text, size_t size, struct json_file *out, struct json_problem *problem)
{
    struct json_file file = {.size = size};

    if (size > JSON_FILE_MAX) {
        return too_large(problem);
    }
    if (json_scan(text, size, problem) != 0) {
        return -1;
    }
    file.text = malloc(size + 1);
    if (file.text != NULL) {
        memcpy(file.text, text, size);
        file.text[size] = '\0';
        file.root = cJSON_ParseWithLength(file.text, size + 1);
    }
    if (file.root == NULL) { /* the scan has found no fault: only memory can be missing */
        json_close(&file);
        return whole(problem, "no memory");
    }
    *out = file;
    return 0;
}

void json_close(struct json_file *file)
{
    cJSON_Delete(file->root);
    free(file->text);
    *file = (struct json_file){0};
}

struct json_at json_root(const struct json_file *file)
{
    return (struct json_at){.file = file, .value = file->root};
}

struct json_at json_key(const struct json_at *object, const char *key)
{
    return (struct json_at){
        .file = object->file,
        .parent = object,
        .value = cJSON_GetObjectItemCaseSensitive(object->value, key),
        .key = key,
    };
}

struct json_at json_member(const struct json_at *object, const cJSON *value)
{
    return (struct json_at){
        .file = object->file, .parent = object, .value = value, .key = value->string};
}

struct json_at json_item(const struct json_at *array, const cJSON *value, size_t index)
{
    return (struct json_at){.file = array->file, .parent = array, .value = value, .index = index};
}

const cJSON *json_twin(const cJSON *object, const cJSON *value)
{
    for (const cJSON *other = object->child; other != value; other = other->next) {
        if (strcmp(other->string, value->string) == 0) {
            return other;
        }
    }
    return NULL;
}

/*
 * cJSON keeps no positions, so for a problem, and only then, we walk the text again. It was
 * found to be JSON before: no check is needed here.
 */
static const char *space(const char *p)
{
    return p + strspn(p, " \t\r\n");
}

static const char *skip_string(const char *p)
{
    for (p++; *p != '"'; p++) {
        p += *p == '\\';
    }
    return p + 1;
}

static const char *skip_value(const char *p)
{
    size_t depth = 0;

    do {
        p = space(p);
        if (*p == '"') {
            p = skip_string(p);
        } else if (*p == '{' || *p == '[') {
            depth++;
            p++;
        } else if (*p == '}' || *p == ']') {
            depth--;
            p++;
        } else if (*p == ',' || *p == ':') {
            p++;
        } else {
            p += strcspn(p, ",]} \t\r\n");
        }
    } while (depth > 0);
    return p;
}

/* Members are counted, not compared: cJSON keeps them in the order of the text. */
static const char *find(const struct json_at *at, enum json_spot spot)
{
    const char *p;

    if (at->parent == NULL) {
        return space(at->file->text);
    }
    p = find(at->parent, JSON_VALUE);
    if (at->value == NULL) {
        return p;
    }
    p = space(p + 1);
    for (const cJSON *member = at->parent->value->child;; member = member->next) {
        if (member == at->value && spot == JSON_KEY) {
            return p;
        }
        if (at->key != NULL) {
            p = space(space(skip_string(p)) + 1);
        }
        if (member == at->value) {
            return p;
        }
        p = space(space(skip_value(p)) + 1);
    }
}

void json_problem_place(struct json_problem *problem, const char *text)
{
    problem->line = 1;
    problem->column = 1;
    for (size_t i = 0; i < problem->offset; i++) {
        problem->column++;
        if (text[i] == '\n') {
            problem->line++;
            problem->column = 1;
        }
    }
}

unsigned json_line_of_key(const struct json_at *at)
{
    struct json_problem place = {.offset = (size_t)(find(at, JSON_KEY) - at->file->text)};

    json_problem_place(&place, at->file->text);
    return place.line;
}

void json_pointer_append(char *out, size_t size, const char *key, size_t len)
{
    size_t shown = len < JSON_EXCERPT_MAX ? len : JSON_EXCERPT_MAX;

    excerpt_append(out, size, "/", 1, 1);
    for (size_t i = 0; i < shown;) {
        uint32_t code;
        size_t wide = utf8_read(key + i, len - i, &code);

        wide = wide != 0 ? wide : 1;
        if (key[i] == '~' || key[i] == '/') {
            excerpt_append(out, size, key[i] == '~' ? "~0" : "~1", 2, 2);
        } else {
            excerpt_append(out, size, key + i, wide, wide);
        }
        i += wide;
    }
    if (shown < len) {
        excerpt_append(out, size, "...", 3, 3);
    }
}

static void write_pointer(const struct json_at *at, char *out, size_t size)
{
    char index[24];

    if (at->parent == NULL) {
        out[0] = '\0';
        return;
    }
    write_pointer(at->parent, out, size);
    if (at->key == NULL) {
        (void)snprintf(index, sizeof index, "%zu", at->index);
    }
    json_pointer_append(out, size, at->key != NULL ? at->key : index,
                        strlen(at->key != NULL ? at->key : index));
}

void json_problem(struct json_problem *problem, const struct json_at *at, enum json_spot spot,
                  const char *fmt, ...)
{
    size_t used;
    va_list ap;

    problem->offset = (size_t)(find(at, spot) - at->file->text);
    json_problem_place(problem, at->file->text);
    write_pointer(at, problem->text, sizeof problem->text / 2);
    used = strlen(problem->text);
    used += (size_t)snprintf(problem->text + used, sizeof problem->text - used, "%s",
                             used == 0 ? "/: " : ": ");
    va_start(ap, fmt);
    (void)vsnprintf(problem->text + used, sizeof problem->text - used, fmt, ap);
    va_end(ap);
}

void json_show(const struct json_at *at, char out[static JSON_SHOWN_SIZE])
{
    const char *start = find(at, JSON_VALUE);
    size_t len = (size_t)(skip_value(start) - start);

    out[0] = '\0';
    if (cJSON_IsObject(at->value) || cJSON_IsArray(at->value)) {
        (void)snprintf(out, JSON_SHOWN_SIZE, "%s",
                       cJSON_IsObject(at->value) ? "an object" : "an array");
        return;
    }
    excerpt_append(out, JSON_SHOWN_SIZE, start, len, JSON_EXCERPT_MAX);
}

void json_show_typed(const struct json_at *at, char out[static JSON_SHOWN_SIZE])
{
    char shown[JSON_SHOWN_SIZE];

    json_show(at, shown);
    (void)snprintf(out, JSON_SHOWN_SIZE, "%s%.*s",
                   cJSON_IsString(at->value)   ? "the string "
                   : cJSON_IsNumber(at->value) ? "the number "
                                               : "",
                   JSON_SHOWN_SIZE - 16, shown);
}
