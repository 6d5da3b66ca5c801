/*
 * talk_pipe.h - the mode "talk" as a filter: two descriptors that never block us, without a change
 * to what others share.
 *
 * O_NONBLOCK belongs to the open file description, which our parents and neighbours in the
 * pipeline share: cat(1) next to us would fail with EAGAIN. So the flag is never set there.
 */
#ifndef SECHO_TALK_PIPE_H
#define SECHO_TALK_PIPE_H

#include "client/talk_loop.h"

/* From descriptor `in` to the server, and back to `out`. `show`: progress on standard error. */
enum talk_result talk_pipe(struct secho_client *client, int in, int out, bool show);

#endif
