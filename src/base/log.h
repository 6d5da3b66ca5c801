/*
 * log.h - events to lines: logfmt, JSON, or with systemd's priority prefix.
 *
 * Bytes of a peer may stand in any text: they are escaped, so that nobody can forge a line.
 */
#ifndef SECHO_LOG_H
#define SECHO_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <secho/event.h>

enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON, LOG_FORMAT_SYSTEMD };

#define LOG_LINE_MAX 8192 /* bytes with the newline; a longer line is cut and stays well formed */

/* Takes one whole line, ending in a newline. */
typedef void log_sink_fn(void *context, const char *line, size_t len);

struct log {
    enum secho_level level; /* what is less urgent is not written */
    enum log_format format;
    log_sink_fn *sink;
    secho_event_fn *listener; /* when set, gets the event instead of a line going to the sink */
    void *context;            /* of sink or listener */
};

static inline bool log_wants(const struct log *log, enum secho_level level)
{
    return level <= log->level;
}

static inline struct secho_field log_text(const char *key, const char *text)
{
    return (struct secho_field){.key = key, .text = text != NULL ? text : ""};
}

static inline struct secho_field log_number(const char *key, uint64_t number)
{
    return (struct secho_field){.key = key, .number = number};
}

/* `fields` ends with one whose key is NULL. An empty text is left out. */
void log_write(const struct log *log, enum secho_level level, const char *event,
               const struct secho_field *fields);

/* Formats without a sink. Returns the length of the line with its newline. */
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
