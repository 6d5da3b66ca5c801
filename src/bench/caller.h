/*
 * caller.h - one connection of the load, from connect to goodbye.
 *
 * Knows the socket through the wire only, and nothing of the loop: the lane gives it turns and asks
 * it what to wait for. When it is over it can begin again.
 */
#ifndef SECHO_CALLER_H
#define SECHO_CALLER_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>

#include "bench/meter.h"
#include "bench/progress.h"
#include "bench/schedule.h"
#include "diagnosis/ending.h"
#include "tls/trust.h"
#include "tls/wire.h"

enum caller_state {
    CALLER_CONNECT,   /* TCP */
    CALLER_HANDSHAKE, /* TLS */
    CALLER_FIRST,     /* the first message there and back, alone */
    CALLER_HOLD,      /* open; waits until the load begins (PLAN_IDLE: until it is over) */
    CALLER_LOAD,      /* messages, as many as the plan allows */
    CALLER_GOODBYE,   /* everything is back: our close_notify (FIN), then the server's */
    CALLER_CLOSED,    /* nothing left but caller_done() */
};

/* What all callers of one thread share. Thread: that one. */
struct caller_common {
    struct run *run;
    SSL_CTX *context; /* NULL: no TLS */
    struct trust_known known;
    struct wire_buffers buffers;
    struct meter meter;
    size_t size;        /* of a message */
    uint64_t depth;     /* messages under way */
    bool streams;       /* messages are only pieces of a stream: they are not counted */
    bool last_is_due;   /* open loop: nothing more will be due */
    double resume_owed; /* handshakes that should have offered a session, 0..1 */
    int64_t now_ns;     /* when the turn took its last bytes; 0: it has not */
    struct progress progress;
};

struct caller {
    struct wire wire;
    SSL *tls; /* NULL: no TLS, or not yet */
    struct caller_common *common;
    enum caller_state state;
    uint64_t number;      /* of the connection, from 1 */
    SSL_SESSION *session; /* to offer next time, or NULL */
    struct stream_facts facts;
    struct trust_verdict verdict;
    bool said_goodbye;
    bool more;              /* this turn has sent enough, but not all that may be sent */
    bool failed;            /* it did not end as it should */
    enum explain_code code; /* how it ended */

    int64_t begun_ns;         /* it was due */
    int64_t since_ns;         /* the present stage began */
    int64_t alive_ns;         /* something came, or there was nothing to wait for */
    size_t quiet_bytes;       /* that came since, and are too few to count as a sign of life */
    size_t in_at, out_at;     /* places in the pattern: of what comes next, what goes next */
    size_t in_left, out_left; /* of the message that comes in, that goes out */
    uint64_t under_way;       /* bytes */
    uint64_t bytes_back;
    uint64_t begun, done;     /* messages of the present state */
    uint64_t due;             /* open loop: so many messages, of all of the load, are due */
    struct schedule schedule; /* when they are */
    int64_t *sent_ns;         /* closed loop: when those under way were sent, a ring of `depth` */
};

/* What the lane does with the caller next. */
enum caller_next {
    CALLER_WAIT, /* watch the socket for reading, and for writing if caller_writes() */
    CALLER_OVER, /* count how it ended, caller_done() */
};

/*
 * Starts to connect, as connection `number`, due at `begun_ns`. On CALLER_WAIT wait until the
 * socket (caller->wire.fd) can be written to.
 */
enum caller_next caller_begin(struct caller *caller, uint64_t number, int64_t begun_ns);

/* One turn: when the socket is ready, when the load begins or ends, when a message is due. */
enum caller_next caller_turn(struct caller *caller);

/* Ends it if it has waited for longer than the run's timeout. */
enum caller_next caller_expire(struct caller *caller, int64_t now_ns);

/* What comes next wants to write. */
static inline bool caller_writes(const struct caller *caller)
{
    return caller->state == CALLER_CONNECT || caller->more || wire_has_backlog(&caller->wire);
}

/* Closes what is open. The session stays, for the next connection: caller_forget() frees it. */
void caller_done(struct caller *caller);
void caller_forget(struct caller *caller);

#endif
