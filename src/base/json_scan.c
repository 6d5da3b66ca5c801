/* json_scan.c - RFC 8259, section by section, without a tree and without recursion. */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/excerpt.h"
#include "base/json.h"

/* An object or an array that is open. */
struct frame {
    const char *start;
    bool is_object;
    const char *key; /* the current one of an object, as it is written; or NULL */
    size_t key_len;
    size_t index; /* how many keys or items came before */
};

struct scan {
    const char *text, *p, *end;
    struct frame frames[JSON_DEPTH_MAX];
    size_t depth;
    struct json_problem *problem;
};

/* What may come next. */
enum expected { EXPECT_VALUE, EXPECT_KEY, EXPECT_MORE, EXPECT_NOTHING, EXPECT_FAILED };

static void write_pointer(const struct scan *scan, char *out, size_t size)
{
    out[0] = '\0';
    for (size_t i = 0; i < scan->depth; i++) {
        const struct frame *frame = &scan->frames[i];

        if (frame->is_object && frame->key != NULL) {
            json_pointer_append(out, size, frame->key, frame->key_len);
        } else if (!frame->is_object) {
            char index[24];
            int len = snprintf(index, sizeof index, "%zu", frame->index);

            json_pointer_append(out, size, index, (size_t)len);
        }
    }
    if (out[0] == '\0') {
        (void)snprintf(out, size, "/");
    }
}

static enum expected fail(struct scan *scan, const char *spot, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

static enum expected fail(struct scan *scan, const char *spot, const char *fmt, ...)
{
    struct json_problem *problem = scan->problem;
    size_t used;
    va_list ap;

    problem->offset = (size_t)(spot - scan->text);
    json_problem_place(problem, scan->text);
    write_pointer(scan, problem->text, sizeof problem->text / 2);
    used = strlen(problem->text);
    used += (size_t)snprintf(problem->text + used, sizeof problem->text - used, ": ");
    va_start(ap, fmt);
    (void)vsnprintf(problem->text + used, sizeof problem->text - used, fmt, ap);
    va_end(ap);
    return EXPECT_FAILED;
}

/* Section 2: these four and nothing else. */
static void skip_space(struct scan *scan)
{
    while (scan->p < scan->end && strchr(" \t\r\n", *scan->p) != NULL && *scan->p != '\0') {
        scan->p++;
    }
}

static bool at(const struct scan *scan, char c)
{
    return scan->p < scan->end && *scan->p == c;
}

static bool at_digit(const struct scan *scan)
{
    return scan->p < scan->end && *scan->p >= '0' && *scan->p <= '9';
}

/* What stands here, for "expected this, found that". */
static const char *found(const struct scan *scan, char out[static 32])
{
    size_t len = utf8_length(scan->p, (size_t)(scan->end - scan->p));

    if (scan->p == scan->end) {
        return "the end of the file";
    }
    out[0] = '\0';
    (void)snprintf(out, 32, "'");
    excerpt_append(out, 31, scan->p, len != 0 ? len : 1, 8);
    (void)snprintf(out + strlen(out), 2, "'");
    return out;
}

/* Four hexadecimal digits, or -1. */
static long hex4(const struct scan *scan, const char *p)
{
    long value = 0;

    for (int i = 0; i < 4; i++) {
        static const char digits[] = "0123456789abcdef0123456789ABCDEF";
        const char *digit = p + i < scan->end && p[i] != '\0' ? strchr(digits, p[i]) : NULL;

        if (digit == NULL) {
            return -1;
        }
        value = value * 16 + (digit - digits) % 16;
    }
    return value;
}

/* Section 7: \uXXXX, and 8.2: a pair of surrogates is whole or it is nothing. */
static bool scan_unicode(struct scan *scan)
{
    long unit = hex4(scan, scan->p + 2);
    bool escape_follows = scan->end - scan->p >= 8 && scan->p[6] == '\\' && scan->p[7] == 'u';
    long low = escape_follows ? hex4(scan, scan->p + 8) : -1;

    if (unit < 0) {
        fail(scan, scan->p, "\\u needs four hexadecimal digits; write it like \\u00e9");
        return false;
    }
    if (unit == 0) {
        fail(scan, scan->p, "\\u0000 must not be in a string; remove it");
        return false;
    }
    if (unit < 0xd800 || unit > 0xdfff) {
        scan->p += 6;
        return true;
    }
    if (unit > 0xdbff || low < 0xdc00 || low > 0xdfff) {
        fail(scan, scan->p, "half of a surrogate pair; write the character itself");
        return false;
    }
    scan->p += 12;
    return true;
}

static bool scan_escape(struct scan *scan)
{
    char name = scan->end - scan->p >= 2 ? scan->p[1] : '\0';

    if (name == 'u') {
        return scan_unicode(scan);
    }
    if (name == '\0' || strchr("\"\\/bfnrt", name) == NULL) {
        fail(scan, scan->p, "no escape of JSON; write \\\\ for one backslash");
        return false;
    }
    scan->p += 2;
    return true;
}

/* A character of a string that is written as itself. */
static bool scan_plain(struct scan *scan)
{
    size_t len = utf8_length(scan->p, (size_t)(scan->end - scan->p));
    unsigned byte = (unsigned char)*scan->p;

    if (byte == '\n' || byte == '\r') {
        fail(scan, scan->p, "the line ends inside of a string; close it with a \" before");
        return false;
    }
    if (byte < 0x20) {
        fail(scan, scan->p, "raw control character in a string; write \\u%04x", byte);
        return false;
    }
    if (len == 0) {
        fail(scan, scan->p, "the byte 0x%02x is not UTF-8; save the file as UTF-8", byte);
        return false;
    }
    scan->p += len;
    return true;
}

/* Section 7. Stands on the opening quote, leaves behind the closing one. */
static bool scan_string(struct scan *scan)
{
    const char *start = scan->p++;

    while (!at(scan, '"')) {
        if (scan->p == scan->end) {
            fail(scan, start, "the string has no end; close it with a \"");
            return false;
        }
        if (!(*scan->p == '\\' ? scan_escape(scan) : scan_plain(scan))) {
            return false;
        }
    }
    scan->p++;
    return true;
}

static bool scan_digits(struct scan *scan, const char *after)
{
    if (!at_digit(scan)) {
        char text[32];

        fail(scan, scan->p,
             "a digit must follow %s in a number, found %s; write it like 1, 0.5 or 1e3", after,
             found(scan, text));
        return false;
    }
    while (at_digit(scan)) {
        scan->p++;
    }
    return true;
}

/* Section 6. */
static enum expected scan_number(struct scan *scan)
{
    const char *start = scan->p;

    scan->p += at(scan, '-');
    if (at(scan, '0')) {
        scan->p++;
        if (at_digit(scan)) {
            return fail(scan, start, "a number must not start with 0; remove the leading zeros");
        }
    } else if (!scan_digits(scan, "the sign")) {
        return EXPECT_FAILED;
    }
    if (at(scan, '.')) {
        scan->p++;
        if (!scan_digits(scan, "the point")) {
            return EXPECT_FAILED;
        }
    }
    if (at(scan, 'e') || at(scan, 'E')) {
        scan->p++;
        scan->p += at(scan, '+') || at(scan, '-');
        if (!scan_digits(scan, "the exponent")) {
            return EXPECT_FAILED;
        }
    }
    if (scan->p - start > JSON_NUMBER_MAX) {
        return fail(scan, start, "a number of more than %d characters; write a shorter one",
                    JSON_NUMBER_MAX);
    }
    return EXPECT_MORE;
}

/* What people write who think of another language. */
static enum expected fail_value(struct scan *scan)
{
    char text[32];

    if (at(scan, '+')) {
        return fail(scan, scan->p, "a number must not start with '+'; remove it");
    }
    if (at(scan, '.')) {
        return fail(scan, scan->p, "a number must not start with '.'; write 0 before it");
    }
    if (at(scan, '\'')) {
        return fail(scan, scan->p, "a string starts with '; use double quotes");
    }
    if (at(scan, '/') || at(scan, '#')) {
        return fail(scan, scan->p, "JSON has no comments; remove it");
    }
    return fail(scan, scan->p,
                "expected a value, found %s; write a string, a number, true, "
                "false, null, an object or an array",
                found(scan, text));
}

/* Section 3: true, false, null. */
static enum expected scan_word(struct scan *scan)
{
    static const char *const words[] = {"true", "false", "null"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t len = strlen(words[i]);

        if ((size_t)(scan->end - scan->p) >= len && memcmp(scan->p, words[i], len) == 0) {
            scan->p += len;
            return EXPECT_MORE;
        }
    }
    return fail_value(scan);
}

/* Sections 4 and 5: the opening brace or bracket. */
static enum expected open_frame(struct scan *scan)
{
    bool is_object = *scan->p == '{';

    if (scan->depth == JSON_DEPTH_MAX) {
        return fail(scan, scan->p, "nested deeper than %d; write it flatter", JSON_DEPTH_MAX);
    }
    scan->frames[scan->depth++] = (struct frame){.start = scan->p++, .is_object = is_object};
    skip_space(scan);
    if (at(scan, is_object ? '}' : ']')) {
        return EXPECT_MORE;
    }
    return is_object ? EXPECT_KEY : EXPECT_VALUE;
}

static enum expected scan_value(struct scan *scan)
{
    skip_space(scan);
    if (at(scan, '{') || at(scan, '[')) {
        return open_frame(scan);
    }
    if (at(scan, '"')) {
        return scan_string(scan) ? EXPECT_MORE : EXPECT_FAILED;
    }
    if (at(scan, '-') || at_digit(scan)) {
        return scan_number(scan);
    }
    return scan_word(scan);
}

/* Section 4: a key and its colon. */
static enum expected scan_key(struct scan *scan)
{
    struct frame *frame = &scan->frames[scan->depth - 1];
    const char *start = scan->p;
    char text[32];

    if (!at(scan, '"')) {
        return fail(scan, scan->p,
                    "expected a key in double quotes, found %s; write \"key\": value",
                    found(scan, text));
    }
    if (frame->index >= JSON_KEYS_MAX) {
        return fail(scan, scan->p, "more than %d keys in one object; remove some", JSON_KEYS_MAX);
    }
    if (!scan_string(scan)) {
        return EXPECT_FAILED;
    }
    frame->key = start + 1;
    frame->key_len = (size_t)(scan->p - start) - 2;
    skip_space(scan);
    if (!at(scan, ':')) {
        return fail(scan, scan->p, "expected ':' after the key, found %s; write \"key\": value",
                    found(scan, text));
    }
    scan->p++;
    return EXPECT_VALUE;
}

/* Behind a comma: another member. */
static enum expected scan_comma(struct scan *scan, struct frame *frame)
{
    const char *comma = scan->p++;

    skip_space(scan);
    if (at(scan, frame->is_object ? '}' : ']')) {
        return fail(scan, comma, "a comma before '%c'; remove it", *scan->p);
    }
    frame->index++;
    frame->key = NULL;
    return frame->is_object ? EXPECT_KEY : EXPECT_VALUE;
}

/* Behind a value: a comma, the end of what it is in, or the end of the text. */
static enum expected scan_more(struct scan *scan)
{
    struct frame *frame = scan->depth > 0 ? &scan->frames[scan->depth - 1] : NULL;
    char text[32];

    skip_space(scan);
    if (frame == NULL) {
        return scan->p == scan->end
                   ? EXPECT_NOTHING
                   : fail(scan, scan->p, "text after the end, starting with %s; remove it",
                          found(scan, text));
    }
    if (at(scan, ',')) {
        return scan_comma(scan, frame);
    }
    if (at(scan, frame->is_object ? '}' : ']')) {
        scan->p++;
        scan->depth--;
        return EXPECT_MORE;
    }
    if (at(scan, '/') || at(scan, '#')) {
        return fail(scan, scan->p, "JSON has no comments; remove it");
    }
    return fail(scan, scan->p, "expected ',' or '%c', found %s; add what is missing",
                frame->is_object ? '}' : ']', found(scan, text));
}

int json_scan(const char *text, size_t size, struct json_problem *problem)
{
    struct scan scan = {.text = text, .p = text, .end = text + size, .problem = problem};
    enum expected expected = EXPECT_VALUE;

    if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) { /* section 8.1 */
        fail(&scan, text, "a byte order mark; save the file as UTF-8 without it");
        return -1;
    }
    skip_space(&scan);
    if (scan.p == scan.end) {
        fail(&scan, text, "the file is empty; write an object: { ... }");
        return -1;
    }
    while (expected != EXPECT_NOTHING && expected != EXPECT_FAILED) {
        expected = expected == EXPECT_VALUE ? scan_value(&scan)
                   : expected == EXPECT_KEY ? scan_key(&scan)
                                            : scan_more(&scan);
    }
    return expected == EXPECT_NOTHING ? 0 : -1;
}
