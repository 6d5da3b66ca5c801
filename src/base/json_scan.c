/* json_scan.c - RFC 8259 without a tree and without recursion: objects, arrays, the whole text. */
#include <string.h>

#include "base/json_token.h"

/* Sections 4 and 5: the opening brace or bracket. */
static enum expected open_frame(struct scan *scan)
{
    bool is_object = *scan->p == '{';

    if (scan->depth == JSON_DEPTH_MAX) {
        return scan_fail(scan, scan->p, "nested deeper than %d; write it flatter", JSON_DEPTH_MAX);
    }
    scan->frames[scan->depth++] = (struct frame){.start = scan->p++, .is_object = is_object};
    scan_space(scan);
    if (scan_at(scan, is_object ? '}' : ']')) {
        return EXPECT_MORE;
    }
    return is_object ? EXPECT_KEY : EXPECT_VALUE;
}

static enum expected scan_value(struct scan *scan)
{
    scan_space(scan);
    if (scan_at(scan, '{') || scan_at(scan, '[')) {
        return open_frame(scan);
    }
    if (scan_at(scan, '"')) {
        return scan_string(scan) ? EXPECT_MORE : EXPECT_FAILED;
    }
    if (scan_at(scan, '-') || scan_at_digit(scan)) {
        return scan_number(scan);
    }
    return scan_word(scan);
}

/* Section 4: a key and its colon. */
static enum expected scan_key(struct scan *scan)
{
    struct frame *frame = &scan->frames[scan->depth - 1];
    const char *start = scan->p;
    char text[SCAN_FOUND_SIZE];

    if (!scan_at(scan, '"')) {
        return scan_fail(scan, scan->p,
                         "expected a key in double quotes, found %s; write \"key\": value",
                         scan_found(scan, text));
    }
    if (frame->index >= JSON_KEYS_MAX) {
        return scan_fail(scan, scan->p, "more than %d keys in one object; remove some",
                         JSON_KEYS_MAX);
    }
    if (!scan_string(scan)) {
        return EXPECT_FAILED;
    }
    frame->key = start + 1;
    frame->key_len = (size_t)(scan->p - start) - 2;
    scan_space(scan);
    if (!scan_at(scan, ':')) {
        return scan_fail(scan, scan->p,
                         "expected ':' after the key, found %s; write \"key\": value",
                         scan_found(scan, text));
    }
    scan->p++;
    return EXPECT_VALUE;
}

/* Behind a comma: another member. */
static enum expected scan_comma(struct scan *scan, struct frame *frame)
{
    const char *comma = scan->p++;

    scan_space(scan);
    if (scan_at(scan, frame->is_object ? '}' : ']')) {
        return scan_fail(scan, comma, "a comma before '%c'; remove it", *scan->p);
    }
    frame->index++;
    frame->key = NULL;
    return frame->is_object ? EXPECT_KEY : EXPECT_VALUE;
}

/* Behind a value: a comma, the end of what it is in, or the end of the text. */
static enum expected scan_more(struct scan *scan)
{
    struct frame *frame = scan->depth > 0 ? &scan->frames[scan->depth - 1] : NULL;
    char text[SCAN_FOUND_SIZE];

    scan_space(scan);
    if (frame == NULL) {
        return scan->p == scan->end
                   ? EXPECT_NOTHING
                   : scan_fail(scan, scan->p, "text after the end, starting with %s; remove it",
                               scan_found(scan, text));
    }
    if (scan_at(scan, ',')) {
        return scan_comma(scan, frame);
    }
    if (scan_at(scan, frame->is_object ? '}' : ']')) {
        scan->p++;
        scan->depth--;
        return EXPECT_MORE;
    }
    if (scan_at(scan, '/') || scan_at(scan, '#')) {
        return scan_fail(scan, scan->p, "JSON has no comments; remove it");
    }
    return scan_fail(scan, scan->p, "expected ',' or '%c', found %s; add what is missing",
                     frame->is_object ? '}' : ']', scan_found(scan, text));
}

int json_scan(const char *text, size_t size, struct json_problem *problem)
{
    struct scan scan = {.text = text, .p = text, .end = text + size, .problem = problem};
    enum expected expected = EXPECT_VALUE;

    if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) { /* section 8.1 */
        scan_fail(&scan, text, "a byte order mark; save the file as UTF-8 without it");
        return -1;
    }
    scan_space(&scan);
    if (scan.p == scan.end) {
        scan_fail(&scan, text, "the file is empty; write an object: { ... }");
        return -1;
    }
    while (expected != EXPECT_NOTHING && expected != EXPECT_FAILED) {
        expected = expected == EXPECT_VALUE ? scan_value(&scan)
                   : expected == EXPECT_KEY ? scan_key(&scan)
                                            : scan_more(&scan);
    }
    return expected == EXPECT_NOTHING ? 0 : -1;
}
