/*
 * ping_crew.h - connections that are opened beside the clock of ping: each in a thread of its own.
 *
 * Opening takes as long as it takes (resolver, TCP, TLS); meanwhile the next message may be due,
 * the deadline may pass, or Ctrl-C come. Who does not want to wait any longer leaves the crew:
 * its threads end by themselves.
 */
#ifndef SECHO_PING_CREW_H
#define SECHO_PING_CREW_H

#include <pthread.h>

#include "client/check_again.h"
#include "client/client.h"
#include "client/ping_message.h"

#define PING_CREW_MAX 64 /* connections at once */

struct ping_crew;

/* One connection: what to do, and what came of it. */
struct ping_try {
    struct ping_try *next; /* the crew's */
    struct ping_crew *crew;
    pthread_t thread;
    uint64_t number; /* messages 2 * number - 1 and 2 * number are sent; 0: none, it stays open */
    struct secho_client *client; /* its failure says why, if it failed */
    bool ok, resumed;
    enum again_how how;        /* once it was open: did it resume, and why not */
    bool wrong;                /* other bytes came back than were sent */
    int64_t first_ns, echo_ns; /* of both messages; below 0: it did not come to that */
};

/*
 * A crew whose clients are like `model`: a client that was made and not opened, and is left alone.
 *
 *   shape   of the messages; copied
 *   resume  each connection offers the newest session of those before it, the first one that which
 *           `model` would offer; so does connection 0 in any case
 *
 * NULL without memory or descriptors. Leave it with ping_crew_leave().
 */
struct ping_crew *ping_crew_new(const struct secho_client *model, const struct ping_shape *shape,
                                bool resume);

/* Starts a connection. Fails without memory or thread, and when PING_CREW_MAX are under way. */
MUST_CHECK int ping_crew_start(struct ping_crew *crew, uint64_t number, struct secho_error *err);

/* Readable when a connection is done: wait with poll(2). */
int ping_crew_bell(const struct ping_crew *crew);

/* A connection that is done, or NULL. ping_try_free() it. */
struct ping_try *ping_crew_done(struct ping_crew *crew);

void ping_try_free(struct ping_try *attempt); /* NULL is fine */

int ping_crew_busy(struct ping_crew *crew); /* connections under way */

/* The newest session of all that are done, but for connection 0; {0}: there is none. */
int ping_crew_newest(struct ping_crew *crew, struct session *out, struct secho_error *err);

/* NULL is fine. False: threads still run; then the process must end by _exit(2). */
bool ping_crew_leave(struct ping_crew *crew);

#endif
