/*
 * gate.h - where connections come in: the slots of all listeners, as one worker watches them.
 *
 * A slot is a listening socket of its own (SO_REUSEPORT). Every worker has all of them and watches
 * some; a slot that nobody watches keeps its queue.
 */
#ifndef SECHO_GATE_H
#define SECHO_GATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "base/log.h"
#include "server/service.h"

/* A new connection. `fd` belongs to the receiver. */
typedef void gate_arrival_fn(void *context, const struct listener *listener, int fd,
                             const struct address *peer);

/*
 * Is there room for one more? Then `has_room`; where there is none and somebody waits, `make_room`
 * may make some. It may fail for a moment only: whoever waits is then left in the kernel.
 */
typedef bool gate_room_fn(void *context);

struct gate {
    uv_poll_t poll;
    struct gates *gates;
    const struct listener *listener;
    int fd;
    bool known;   /* the loop knows the descriptor */
    bool watched; /* we are to accept here */
};

struct gates {
    uv_loop_t *loop;
    const struct service *service;
    const struct log *log;
    gate_arrival_fn *arrival;
    gate_room_fn *has_room, *make_room;
    void *context;
    struct gate *all; /* listener_count x slot_count */
    size_t count;
    uv_timer_t retry;
    bool paused;  /* no descriptors or no memory: wait before trying again */
    bool crowded; /* no room: the same, and nothing that the log has to tell */
    bool told;    /* the log tells of the former; until the queues are empty again */
};

/* The loop, service, log, arrival, has_room, make_room and context are set already. -1: no memory.
 */
MUST_CHECK int gates_init(struct gates *gates);

/* Accept, or no longer, on slot k of each listener. */
void gates_watch(struct gates *gates, size_t slot, bool watch);

/* Watches none any more. */
void gates_leave(struct gates *gates);

/*
 * Accepts what is queued on the watched slots, lets them refuse, then watches none. At a listener
 * whose socket is lent nobody is accepted or refused any more: they wait for whoever serves next.
 */
void gates_refuse(struct gates *gates);

/*
 * Watches none any more: somebody else does. But first accepts what is queued on the watched slots
 * of listeners that are unwanted (by their index; NULL: none is), and lets these refuse.
 */
void gates_retire(struct gates *gates, const _Atomic bool *unwanted);

/* A descriptor, or a place, has become free. */
void gates_resume(struct gates *gates);

/* Call it when the loop has closed all handles. */
void gates_done(struct gates *gates);

#endif
