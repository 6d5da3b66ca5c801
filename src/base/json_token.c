#include "base/json_token.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/excerpt.h"
#include "base/utf8.h"

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

enum expected scan_fail(struct scan *scan, const char *spot, const char *fmt, ...)
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

void scan_space(struct scan *scan)
{
    while (scan->p < scan->end && strchr(" \t\r\n", *scan->p) != NULL && *scan->p != '\0') {
        scan->p++;
    }
}

bool scan_at(const struct scan *scan, char c)
{
    return scan->p < scan->end && *scan->p == c;
}

bool scan_at_digit(const struct scan *scan)
{
    return scan->p < scan->end && *scan->p >= '0' && *scan->p <= '9';
}

const char *scan_found(const struct scan *scan, char out[static SCAN_FOUND_SIZE])
{
    uint32_t code;
    size_t len;

    if (scan->p == scan->end) {
        return "the end of the file";
    }
    len = utf8_read(scan->p, (size_t)(scan->end - scan->p), &code);
    (void)snprintf(out, SCAN_FOUND_SIZE, "'");
    excerpt_append(out, SCAN_FOUND_SIZE - 1, scan->p, len != 0 ? len : 1, 8);
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
        scan_fail(scan, scan->p, "\\u needs four hexadecimal digits; write it like \\u00e9");
        return false;
    }
    if (unit == 0) {
        scan_fail(scan, scan->p, "\\u0000 must not be in a string; remove it");
        return false;
    }
    if (unit < 0xd800 || unit > 0xdfff) {
        scan->p += 6;
        return true;
    }
    if (unit > 0xdbff || low < 0xdc00 || low > 0xdfff) {
        scan_fail(scan, scan->p, "half of a surrogate pair; write the character itself");
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
        scan_fail(scan, scan->p, "no escape of JSON; write \\\\ for one backslash");
        return false;
    }
    scan->p += 2;
    return true;
}

/* A character of a string that is written as itself. */
static bool scan_plain(struct scan *scan)
{
    uint32_t code;
    size_t len = utf8_read(scan->p, (size_t)(scan->end - scan->p), &code);
    unsigned byte = (unsigned char)*scan->p;

    if (byte == '\n' || byte == '\r') {
        scan_fail(scan, scan->p, "the line ends inside of a string; close it with a \" before");
        return false;
    }
    if (byte < 0x20) {
        scan_fail(scan, scan->p, "raw control character in a string; write \\u%04x", byte);
        return false;
    }
    if (len == 0) {
        scan_fail(scan, scan->p, "the byte 0x%02x is not UTF-8; save the file as UTF-8", byte);
        return false;
    }
    scan->p += len;
    return true;
}

/* Section 7. Stands on the opening quote, leaves behind the closing one. */
bool scan_string(struct scan *scan)
{
    const char *start = scan->p++;

    while (!scan_at(scan, '"')) {
        if (scan->p == scan->end) {
            scan_fail(scan, start, "the string has no end; close it with a \"");
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
    if (!scan_at_digit(scan)) {
        char text[SCAN_FOUND_SIZE];

        scan_fail(scan, scan->p,
                  "a digit must follow %s in a number, found %s; write it like 1, 0.5 or 1e3",
                  after, scan_found(scan, text));
        return false;
    }
    while (scan_at_digit(scan)) {
        scan->p++;
    }
    return true;
}

/* Section 6. */
enum expected scan_number(struct scan *scan)
{
    const char *start = scan->p;

    scan->p += scan_at(scan, '-');
    if (scan_at(scan, '0')) {
        scan->p++;
        if (scan_at_digit(scan)) {
            return scan_fail(scan, start,
                             "a number must not start with 0; remove the leading zeros");
        }
    } else if (!scan_digits(scan, "the sign")) {
        return EXPECT_FAILED;
    }
    if (scan_at(scan, '.')) {
        scan->p++;
        if (!scan_digits(scan, "the point")) {
            return EXPECT_FAILED;
        }
    }
    if (scan_at(scan, 'e') || scan_at(scan, 'E')) {
        scan->p++;
        scan->p += scan_at(scan, '+') || scan_at(scan, '-');
        if (!scan_digits(scan, "the exponent")) {
            return EXPECT_FAILED;
        }
    }
    if (scan->p - start > JSON_NUMBER_MAX) {
        return scan_fail(scan, start, "a number of more than %d characters; write a shorter one",
                         JSON_NUMBER_MAX);
    }
    return EXPECT_MORE;
}

/* What people write who think of another language. */
static enum expected fail_value(struct scan *scan)
{
    char text[SCAN_FOUND_SIZE];

    if (scan_at(scan, '+')) {
        return scan_fail(scan, scan->p, "a number must not start with '+'; remove it");
    }
    if (scan_at(scan, '.')) {
        return scan_fail(scan, scan->p, "a number must not start with '.'; write 0 before it");
    }
    if (scan_at(scan, '\'')) {
        return scan_fail(scan, scan->p, "a string starts with '; use double quotes");
    }
    if (scan_at(scan, '/') || scan_at(scan, '#')) {
        return scan_fail(scan, scan->p, "JSON has no comments; remove it");
    }
    return scan_fail(scan, scan->p,
                     "expected a value, found %s; write a string, a number, true, "
                     "false, null, an object or an array",
                     scan_found(scan, text));
}

/* Section 3: true, false, null. */
enum expected scan_word(struct scan *scan)
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
