/*
 * log.h - events to lines: logfmt, JSON, or with systemd's priority prefix.
 *
 * Bytes of a peer may stand in any text: they are escaped, so that nobody can forge a line or a
 * field. Event names and keys are ours and are written as they are.
 *
 *   text, systemd   a value with anything but plain ASCII letters, digits and signs is quoted.
 *                   `"` and `\` get a backslash; newline, return and tab are \n \r \t; other
 *                   controls, bytes that are not UTF-8, and characters that a terminal hides or
 *                   moves by (utf8_is_deceptive) are \xNN for each byte
 *   json            the same with \uNNNN; a byte that is not UTF-8 becomes U+FFFD
 *
 * No malloc, no locale, no state: any thread at any time.
 */
#ifndef SECHO_LOG_H
#define SECHO_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <secho/event.h>

#include "base/log_level.h"

enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON, LOG_FORMAT_SYSTEMD };

/*
 * Bytes with the newline. A longer line is cut and stays well formed: the longest values lose
 * their end, between two characters, and say so with "..."; what still has no room is left out.
 * It is PIPE_BUF (pipe(7)): lines of several writers never mix, and a pipe with room takes one
 * whole.
 */
#define LOG_LINE_MAX 4096

/* Takes one whole line, ending in a newline. */
typedef void log_sink_fn(void *context, const char *line, size_t len);

struct log {
    enum secho_level level;         /* what is less urgent is not written */
    const struct log_level *shared; /* when set, tells the level in place of `level` */
    enum log_format format;
    log_sink_fn *sink;
    secho_event_fn *listener; /* when set, gets the event instead of a line going to the sink */
    void *context;            /* of sink or listener */
};

static inline bool log_wants(const struct log *log, enum secho_level level)
{
    return (int)level <= (log->shared != NULL ? log_level_now(log->shared) : (int)log->level);
}

static inline struct secho_field log_text(const char *key, const char *text)
{
    return (struct secho_field){.key = key, .text = text != NULL ? text : ""};
}

static inline struct secho_field log_number(const char *key, uint64_t number)
{
    return (struct secho_field){.key = key, .number = number};
}

/* `fields` ends with one whose key is NULL. An empty text is left out. Written only if wanted. */
void log_write(const struct log *log, enum secho_level level, const char *event,
               const struct secho_field *fields);

/* Formats without a sink. Returns the length of the line with its newline; there is no NUL. */
size_t log_format(enum log_format format, enum secho_level level, const char *event,
                  const struct secho_field *fields, char line[static LOG_LINE_MAX]);

/* Arguments are evaluated only when the level is on. */
#define log_event(log, level, event, ...)                                                          \
    do {                                                                                           \
        if (log_wants((log), (level))) {                                                           \
            log_write((log), (level), (event), (const struct secho_field[]){__VA_ARGS__, {0}});    \
        }                                                                                          \
    } while (0)

#endif
