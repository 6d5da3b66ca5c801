#include "base/log.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"

/* The smallest share of a line that a value is cut to before whole fields are left out. */
#define VALUE_MIN 32

/* ---- a line that never grows beyond its buffer ---- */

struct line {
    char *text;
    size_t used;
    bool full; /* something did not fit */
};

static void put_bytes(struct line *line, const char *bytes, size_t len)
{
    /* One byte stays free for the end: newline, or the NUL behind it. */
    if (len > LOG_LINE_MAX - 2 - line->used) {
        line->full = true;
        return;
    }
    memcpy(line->text + line->used, bytes, len);
    line->used += len;
}

static void put(struct line *line, const char *text)
{
    put_bytes(line, text, strlen(text));
}

static void put_number(struct line *line, uint64_t number)
{
    char digits[20]; /* of 2^64 */
    size_t at = sizeof digits;

    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    put_bytes(line, digits + at, sizeof digits - at);
}

/* ---- one character of a value, escaped ---- */

#define UNIT_MAX 24 /* bytes: the longest is four bytes as \xNN, or two \uNNNN */

/* "\xNN" for each byte: tells the reader exactly what came. */
static void escape_bytes(const char *bytes, size_t len, char unit[static UNIT_MAX])
{
    for (size_t i = 0; i < len; i++) {
        (void)snprintf(unit + 4 * i, 5, "\\x%02x", (unsigned)(unsigned char)bytes[i]);
    }
}

/* `len` is that of a valid character, or 0 for a byte that is not UTF-8. */
static void escape_for_text(const char *at, size_t len, uint32_t code, char unit[static UNIT_MAX])
{
    if (len == 0) {
        escape_bytes(at, 1, unit);
    } else if (code == '\n') {
        memcpy(unit, "\\n", 3);
    } else if (code == '\r') {
        memcpy(unit, "\\r", 3);
    } else if (code == '\t') {
        memcpy(unit, "\\t", 3);
    } else if (code == '"' || code == '\\') {
        (void)snprintf(unit, UNIT_MAX, "\\%c", (int)code);
    } else if (utf8_is_deceptive(code)) {
        escape_bytes(at, len, unit);
    } else {
        memcpy(unit, at, len);
        unit[len] = '\0';
    }
}

/* JSON has no way to write a byte that is no character: it becomes U+FFFD (RFC 8259 8.1). */
static void escape_for_json(const char *at, size_t len, uint32_t code, char unit[static UNIT_MAX])
{
    if (len == 0) {
        memcpy(unit, "\\ufffd", 7);
    } else if (code == '"' || code == '\\') {
        (void)snprintf(unit, UNIT_MAX, "\\%c", (int)code);
    } else if (utf8_is_deceptive(code) && code > 0xffff) { /* a surrogate pair, RFC 8259 7 */
        (void)snprintf(unit, UNIT_MAX, "\\u%04x\\u%04x", (unsigned)(0xd7c0 + (code >> 10)),
                       (unsigned)(0xdc00 + (code & 0x3ff)));
    } else if (utf8_is_deceptive(code)) {
        (void)snprintf(unit, UNIT_MAX, "\\u%04x", (unsigned)code);
    } else {
        memcpy(unit, at, len);
        unit[len] = '\0';
    }
}

/* ---- one value ---- */

/* How many bytes from the start are characters that no format escapes: nearly always all. */
static size_t plain_bytes(const char *text)
{
    size_t len = 0;

    while (text[len] >= ' ' && text[len] <= '~' && text[len] != '"' && text[len] != '\\') {
        len++;
    }
    return len;
}

/* At most `limit` bytes; a longer value is cut between two characters and ends in "...". */
static void put_escaped(struct line *line, enum log_format format, const char *text, size_t limit)
{
    size_t left = strlen(text);
    size_t start = line->used, cut = start;

    if (left <= limit && plain_bytes(text) == left) {
        put_bytes(line, text, left);
        return;
    }
    while (left > 0 && !line->full) {
        char unit[UNIT_MAX];
        uint32_t code = 0;
        size_t len = utf8_read(text, left, &code);

        (format == LOG_FORMAT_JSON ? escape_for_json : escape_for_text)(text, len, code, unit);
        if (line->used + strlen(unit) - start > limit) {
            line->used = cut;
            put(line, "...");
            return;
        }
        put(line, unit);
        cut = line->used - start <= limit - 3 ? line->used : cut;
        text += len == 0 ? 1 : len;
        left -= len == 0 ? 1 : len;
    }
}

/* Can a reader of logfmt mistake this for something else, or read it differently? */
static bool needs_quotes(const char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;

        if (byte <= ' ' || byte >= 0x7f || byte == '"' || byte == '=' || byte == '\\') {
            return true;
        }
    }
    return false;
}

static void put_text(struct line *line, enum log_format format, const char *text, size_t limit)
{
    const char *quote = format == LOG_FORMAT_JSON || needs_quotes(text) ? "\"" : "";

    put(line, quote);
    put_escaped(line, format, text, limit);
    put(line, quote);
}

/* ---- one field ---- */

static void put_key(struct line *line, enum log_format format, const char *key)
{
    bool json = format == LOG_FORMAT_JSON;

    put(line, json ? ",\"" : " ");
    put(line, key);
    put(line, json ? "\":" : "=");
}

/* All of it or nothing: half a field would not be well formed. */
static void put_field(struct line *line, enum log_format format, const struct secho_field *field,
                      size_t limit)
{
    struct line before = *line;
    bool was_full = line->full;

    line->full = false;
    put_key(line, format, field->key);
    if (field->text != NULL) {
        put_text(line, format, field->text, limit);
    } else {
        put_number(line, field->number);
    }
    if (line->full) {
        line->used = before.used;
    }
    line->full = line->full || was_full;
}

/* ---- one line ---- */

/* sd-daemon(3) */
static const char *const priorities[] = {
    [SECHO_LEVEL_ERROR] = "<3>",
    [SECHO_LEVEL_WARN] = "<4>",
    [SECHO_LEVEL_INFO] = "<6>",
    [SECHO_LEVEL_DEBUG] = "<7>",
};

static void put_head(struct line *line, enum log_format format, enum secho_level level,
                     const char *event)
{
    char now[CLOCK_TEXT_SIZE];

    if (format == LOG_FORMAT_SYSTEMD) {
        put(line, priorities[level]);
        put(line, event);
        return;
    }
    clock_text(now);
    put(line, format == LOG_FORMAT_JSON ? "{\"time\":\"" : "");
    put(line, now);
    put(line, format == LOG_FORMAT_JSON ? "\",\"level\":\"" : " ");
    put(line, log_level_name((int)level));
    put(line, format == LOG_FORMAT_JSON ? "\",\"event\":\"" : " ");
    put(line, event);
    put(line, format == LOG_FORMAT_JSON ? "\"" : "");
}

size_t log_format(enum log_format format, enum secho_level level, const char *event,
                  const struct secho_field *fields, char text[static LOG_LINE_MAX])
{
    struct line line = {.text = text};

    /* Too long: cut the longest values first, so that the short ones at the end survive. */
    for (size_t limit = LOG_LINE_MAX; limit >= VALUE_MIN; limit -= limit / 4) {
        line = (struct line){.text = text};
        put_head(&line, format, level, event);
        for (const struct secho_field *field = fields; field->key != NULL; field++) {
            if (field->text == NULL || field->text[0] != '\0') {
                put_field(&line, format, field, limit);
            }
        }
        if (!line.full) {
            break;
        }
    }
    if (format == LOG_FORMAT_JSON) {
        text[line.used++] = '}';
    }
    text[line.used++] = '\n';
    return line.used;
}

void log_write(const struct log *log, enum secho_level level, const char *event,
               const struct secho_field *fields)
{
    char line[LOG_LINE_MAX];

    if (!log_wants(log, level)) {
        return;
    }
    if (log->listener != NULL) {
        log->listener(log->context, level, event, fields);
        return;
    }
    if (log->sink != NULL) {
        log->sink(log->context, line, log_format(log->format, level, event, fields, line));
    }
}
