/* report.c - the wire of a report. Its JSON is report_json.c, what it means report_compare.c. */
#include "diagnosis/report.h"

#include <string.h>

/* On the wire no NUL ends it. */
static void put_line(unsigned char *out, const char *line)
{
    for (size_t i = 0; i < REPORT_LINE_BYTES; i++) {
        out[i] = (unsigned char)line[i];
    }
}

void report_ask(const unsigned char nonce[static REPORT_NONCE_BYTES],
                unsigned char out[static REPORT_REQUEST_BYTES])
{
    put_line(out, REPORT_ASK);
    memcpy(out + REPORT_LINE_BYTES, nonce, REPORT_NONCE_BYTES);
}

static size_t lesser(size_t a, size_t b)
{
    return a < b ? a : b;
}

bool report_is_request(const unsigned char *bytes, size_t len)
{
    return len <= REPORT_REQUEST_BYTES &&
           memcmp(bytes, REPORT_ASK, lesser(len, REPORT_LINE_BYTES)) == 0;
}

void report_head(size_t len, unsigned char out[static REPORT_HEAD_BYTES])
{
    put_line(out, REPORT_TELL);
    for (size_t i = 0; i < 4; i++) {
        out[REPORT_LINE_BYTES + i] = (unsigned char)(len >> (24 - 8 * i) & 0xff);
    }
}

static size_t read_length(const unsigned char *head)
{
    size_t len = 0;

    for (size_t i = 0; i < 4; i++) {
        len = len << 8 | head[REPORT_LINE_BYTES + i];
    }
    return len;
}

enum report_came report_look(const unsigned char *bytes, size_t len,
                             const unsigned char request[static REPORT_REQUEST_BYTES], size_t *json)
{
    if (memcmp(bytes, request, lesser(len, REPORT_REQUEST_BYTES)) == 0) {
        return len < REPORT_REQUEST_BYTES    ? REPORT_CAME_PART
               : len == REPORT_REQUEST_BYTES ? REPORT_CAME_ECHO
                                             : REPORT_CAME_OTHER;
    }
    if (memcmp(bytes, REPORT_TELL, lesser(len, REPORT_LINE_BYTES)) != 0) {
        return REPORT_CAME_OTHER;
    }
    if (len < REPORT_HEAD_BYTES) {
        return REPORT_CAME_PART;
    }
    size_t said = read_length(bytes), have = len - REPORT_HEAD_BYTES;

    if (said == 0 || said > REPORT_JSON_MAX || have > said) {
        return REPORT_CAME_OTHER;
    }
    *json = said;
    return have < said ? REPORT_CAME_PART : REPORT_CAME_ANSWER;
}
