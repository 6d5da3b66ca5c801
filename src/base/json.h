/*
 * json.h - strict JSON: RFC 8259 exactly, and errors that a person can act on.
 *
 * cJSON makes the tree. A scan before it refuses what cJSON lets pass, and every problem knows its
 * line, column and JSON pointer (RFC 6901). Only files that a person writes: small ones.
 */
#ifndef SECHO_JSON_H
#define SECHO_JSON_H

#include <cjson/cJSON.h>
#include <stddef.h>

#include "base/attributes.h"

#define JSON_FILE_MAX    (1024 * 1024) /* bytes of a file */
#define JSON_DEPTH_MAX   32            /* objects and arrays inside of each other */
#define JSON_KEYS_MAX    256           /* keys of one object: twins are found by comparing all */
#define JSON_NUMBER_MAX  63            /* characters of a number: cJSON reads no more */
#define JSON_EXCERPT_MAX 48            /* bytes of a key or a value that a message shows */
#define JSON_TEXT_SIZE   768           /* of the text of a problem, with its NUL */

/* What is wrong, and where. */
struct json_problem {
    size_t offset;             /* byte in the file: the order of problems */
    unsigned line, column;     /* from 1, columns count bytes; line 0: the file as a whole */
    char text[JSON_TEXT_SIZE]; /* "POINTER: what is wrong; what to do"; the root is "/" */
};

struct json_file {
    char *text;  /* NUL-terminated, `size` bytes without the NUL */
    size_t size; /* bytes */
    cJSON *root;
};

/*
 * Reads and parses a file: a regular one of at most JSON_FILE_MAX bytes. Never waits (a FIFO is
 * refused). 0: close it with json_close(). -1: the problem says why.
 */
MUST_CHECK int json_load(const char *path, struct json_file *out, struct json_problem *problem);

/* The same from memory; keeps a copy of the text. */
MUST_CHECK int json_parse(const char *text, size_t size, struct json_file *out,
                          struct json_problem *problem);

void json_close(struct json_file *file); /* {0} is fine */

/* Is it JSON as RFC 8259 has it, within the limits above? 0 or -1. Reads size + 1 bytes at most. */
MUST_CHECK int json_scan(const char *text, size_t size, struct json_problem *problem);

/* A value and the way to it. Lives on the stack of whoever walks the tree. */
struct json_at {
    const struct json_file *file;
    const struct json_at *parent; /* NULL at the root */
    const cJSON *value;           /* NULL when absent */
    const char *key;              /* in an object, else NULL */
    size_t index;                 /* in an array, when key is NULL */
};

struct json_at json_root(const struct json_file *file);
struct json_at json_key(const struct json_at *object, const char *key); /* exact case */
struct json_at json_member(const struct json_at *object, const cJSON *value);
struct json_at json_item(const struct json_at *array, const cJSON *value, size_t index);

/* The earlier member of `object` that has the same key as its member `value`, or NULL. */
const cJSON *json_twin(const cJSON *object, const cJSON *value);

/* Where in a member a problem is. An absent value is told at the object that lacks it. */
enum json_spot { JSON_VALUE, JSON_KEY };

/* Writes "POINTER: words" and the place into `problem`. */
void json_problem(struct json_problem *problem, const struct json_at *at, enum json_spot spot,
                  const char *fmt, ...) PRINTF_LIKE(4, 5);

/* The line of the key of a member. */
unsigned json_line_of_key(const struct json_at *at);

/* Appends "/key" to a pointer (RFC 6901 3: "~" is "~0", "/" is "~1"), escaped and cut. */
void json_pointer_append(char *out, size_t size, const char *key, size_t len);

/* Fills in line and column from the offset. */
void json_problem_place(struct json_problem *problem, const char *text);

#define JSON_SHOWN_SIZE (JSON_EXCERPT_MAX * 8 + 32)

/* A value as it stands in the file, cut: `70000`, `"abc"`, `true`, `an object`, `an array`. */
void json_show(const struct json_at *at, char out[static JSON_SHOWN_SIZE]);

/* The same with its type: `the number 70000`, `the string "abc"`. */
void json_show_typed(const struct json_at *at, char out[static JSON_SHOWN_SIZE]);

#endif
