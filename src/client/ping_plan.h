/* ping_plan.h - what the mode "ping" is asked for. */
#ifndef SECHO_PING_PLAN_H
#define SECHO_PING_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PING_INTERVAL_MS 1000
#define PING_SIZE        64
#define PING_DEPTH       16
#define PING_DEPTH_MAX   1024
#define PING_FLOOD_MS    10000 /* a flood without a count and a deadline ends after that */

enum ping_connection {
    PING_KEEP,   /* one for all messages */
    PING_FULL,   /* a new one for each, with a full handshake */
    PING_RESUME, /* a new one for each, with the session of the one before */
};

/* 0 in a number: not said, the default. */
struct ping_plan {
    int count; /* messages to send; default: until it is stopped */
    int64_t interval_ms;
    int64_t deadline_ms; /* of all of it */
    int64_t warn_ms;     /* an echo that takes longer is too slow; default: none is */
    size_t size;         /* bytes of a message */
    int depth;           /* flood: so many messages are on their way at most */
    int reconnect;       /* enum ping_connection */
    int again;           /* PING_RESUME: so many connections after the first, one after the other,
                            each of which has to be resumed */
    bool flood;          /* no interval: the next one goes out when one came back */
};

#endif
