/*
 * talk_pipe.h - the mode "talk" in a pipe: a filter.
 *
 * Everything from one descriptor goes to the server, everything that comes back goes to the other.
 * Full duplex, bounded memory, never looks into the data.
 */
#ifndef SECHO_TALK_PIPE_H
#define SECHO_TALK_PIPE_H

#include <stdint.h>

#include "client/client.h"

/* Told from time to time how far it is; may be NULL. */
typedef void talk_progress_fn(void *context, uint64_t sent, uint64_t received);

struct talk_pipe {
    int in, out;
    talk_progress_fn *progress;
    void *progress_context;
};

enum talk_result {
    TALK_PROVEN,    /* everything came back */
    TALK_NO_READER, /* nobody reads our output any more: end as quietly as cat(1) */
    TALK_FAILED,    /* client->failure says why */
};

/*
 * talk_pipe_run - until both directions have ended.
 *
 *   client  open (secho_client_open)
 *
 * At the end of the input close_notify is sent and the rest of the echo awaited. The echo is
 * compared with what was sent by length and by a keyed hash, with constant memory.
 */
enum talk_result talk_pipe_run(struct secho_client *client, const struct talk_pipe *pipe);

#endif
