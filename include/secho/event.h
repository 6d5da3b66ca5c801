/* event.h - what happened, as a name and typed fields; the program decides what to do with it. */
#ifndef SECHO_EVENT_H
#define SECHO_EVENT_H

#include <stdint.h>

/* How urgent an event is; the most urgent first. */
enum secho_level { SECHO_LEVEL_ERROR, SECHO_LEVEL_WARN, SECHO_LEVEL_INFO, SECHO_LEVEL_DEBUG };

/* One name and one value. The text may hold bytes that came from a peer: escape it. */
struct secho_field {
    const char *key;  /* NULL ends a list of fields */
    const char *text; /* NULL: the value is `number` */
    uint64_t number;
};

/*
 * Receives one event. `name` and `fields` are those of the log: secho-server(8), LOG.
 *
 *   context  what was given to secho_server_start()
 *   fields   ends with a field whose key is NULL; valid during the call only
 *
 * Thread: any thread of the server, several at once.
 */
typedef void secho_event_fn(void *context, enum secho_level level, const char *name,
                            const struct secho_field *fields);

#endif
