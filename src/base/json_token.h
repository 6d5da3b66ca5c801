/* json_token.h - strings, numbers and words of JSON, for json_scan.c only. */
#ifndef SECHO_JSON_TOKEN_H
#define SECHO_JSON_TOKEN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"
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

#define SCAN_FOUND_SIZE 32

/* Notes a problem at `spot`, once for each scan. Returns EXPECT_FAILED. */
enum expected scan_fail(struct scan *scan, const char *spot, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

bool scan_at(const struct scan *scan, char c); /* does it stand on this character? */
bool scan_at_digit(const struct scan *scan);   /* 0..9 */
void scan_space(struct scan *scan);            /* skips it: RFC 8259 section 2 */
bool scan_string(struct scan *scan);           /* section 7; stands on its quote. Right? */
enum expected scan_number(struct scan *scan);  /* section 6 */
enum expected scan_word(struct scan *scan);    /* section 3: true, false, null */

/* What stands here, for "expected this, found that". */
const char *scan_found(const struct scan *scan, char out[static SCAN_FOUND_SIZE]);

#endif
