/*
 * talk_loop.h - the loop of the mode "talk": what is read goes to the server, what comes back is
 * written.
 *
 * Full duplex, bounded memory, never looks into the data. Where the bytes come from and go to (a
 * pipe, a terminal) is behind four functions.
 */
#ifndef SECHO_TALK_LOOP_H
#define SECHO_TALK_LOOP_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "client/client.h"
#include "net/socket.h"

struct talk_ends {
    void *context; /* for the functions */
    int in, out;   /* waited for with poll(2) */

    /* Called when `in` has news. MOVED_END: no more input. MOVED_FAILED: errno. */
    enum moved (*read)(void *context, void *buffer, size_t len, size_t *count);

    /* Called when `out` has room. MOVED_FAILED: errno, EPIPE when nobody reads any more. */
    enum moved (*write)(void *context, const void *data, size_t len, size_t *count);

    /* Called after each wait; -1: stop at once (a signal). May be NULL. */
    int (*woken)(void *context);
    const sigset_t *mask; /* signals that may wake a wait: ppoll(2); NULL: leave them as they are */

    /* Called from time to time. May be NULL. */
    void (*progress)(void *context, uint64_t sent, uint64_t received);

    int pause_ms_max;    /* wait no longer than this for news; -1: as long as it takes */
    bool quit;           /* set by read: after MOVED_END do not wait for the server's goodbye */
    bool stop_at_extra;  /* more came back than was sent: end, it may go on for ever */
    bool input_may_stay; /* input that the server did not want is no failure */
};

enum talk_result {
    TALK_PROVEN,    /* everything came back */
    TALK_NO_READER, /* nobody reads our output any more: end as quietly as cat(1) */
    TALK_STOPPED,   /* woken() said so */
    TALK_FAILED,    /* client->failure says why */
};

/*
 * talk_run - until both directions have ended.
 *
 *   client  open (secho_client_open)
 *
 * At the end of the input close_notify is sent and the rest of the echo awaited. The echo is
 * compared with what was sent by length and by a keyed hash, with constant memory.
 */
enum talk_result talk_run(struct secho_client *client, struct talk_ends *ends);

#endif
