/*
 * lane_inside.h - the inside of a lane, for the files that it is made of: lane.c (the loop and its
 * turns), lane_open.c (which connection is opened when), lane_due.c (open loop).
 */
#ifndef SECHO_LANE_INSIDE_H
#define SECHO_LANE_INSIDE_H

#include <pthread.h>
#include <stdbool.h>
#include <uv.h>

#include "bench/caller.h"
#include "bench/lane.h"
#include "bench/pace.h"

/* So many of a thread are opened at once: any backlog takes them, and they do not wait for us. */
#define LANE_OPENING_MAX 64

enum seat_place {
    SEAT_UNUSED,  /* its first connection comes later */
    SEAT_BUSY,    /* it has a connection */
    SEAT_RESTING, /* its connection failed: a pause before the next */
    SEAT_FREE,    /* PLAN_HANDSHAKE, open loop: waits until one is due */
    SEAT_GONE,    /* no connection any more */
};

/* A caller and its place in the loop. */
struct seat {
    struct caller caller;
    struct lane *lane;
    enum seat_place place;
    bool opening;          /* counts for LANE_OPENING_MAX */
    bool settled;          /* its first connection is ready for the load, or there will be none */
    bool polled;           /* `poll` is in use */
    int watched;           /* UV_READABLE, UV_WRITABLE */
    int64_t rest_until_ns; /* SEAT_RESTING */
    struct seat *next_free;
    uv_poll_t poll;
};

struct lane {
    struct caller_common common;
    int index;
    struct seat *seats;
    size_t seat_count;
    int64_t *sent_ns; /* all rings of the callers */
    uv_loop_t loop;
    uv_timer_t sweep;  /* who has waited too long, who has rested long enough */
    uv_timer_t opener; /* the next connection of the ramp */
    uv_async_t told;
    struct pace pace;

    size_t opened;    /* seats whose first connection has begun */
    size_t opening;   /* those of them that are not ready yet */
    size_t gone;      /* seats */
    uint64_t number;  /* of the lane's last connection */
    int64_t retry_ms; /* the next pause after a failure */
    bool went, ended; /* the load has begun; the window has ended */

    uint64_t due_count;  /* open loop: messages (connections) of this lane that were due so far */
    struct schedule due; /* PLAN_HANDSHAKE: of the connections of this lane */
    uint64_t due_taken;  /* those of them that were begun, or are waited for no longer */
    uint64_t due_begun;  /* those of them that were begun */
    struct seat *first_free; /* SEAT_FREE */

    bool started;
    pthread_t thread;
};

/* ---- lane.c ---- */

void *lane_main(void *lane); /* the thread */
void lane_on_told(uv_async_t *told);

void lane_turn(struct seat *seat);

/* No connection any more. */
void lane_gone(struct seat *seat);

/* Begins the next connection of a seat, which was due at `due_ns`. */
void lane_begin(struct seat *seat, int64_t due_ns);

/* ---- lane_open.c ---- */

/* Opens what may be opened now, and sets the timer for the rest. */
void lane_open_more(struct lane *lane);

/* The connection of this seat is over (or could not be made): what now? */
void lane_next(struct seat *seat);

/* Seats that have rested long enough go on. */
void lane_wake_rested(struct lane *lane, int64_t now_ns);

/* The window has ended: seats without a connection get none any more. */
void lane_close_doors(struct lane *lane);

/* ---- lane_due.c ---- */

/* The load begins at `go_ns`: from then on messages are due. */
void lane_start_due(struct lane *lane, int64_t go_ns);

pace_next_fn lane_next_due;
pace_due_fn lane_is_due;

/* Begins connections that are due, as far as there are free seats. */
void lane_take_due(struct lane *lane);

/* No longer waits for messages that are due and were not sent yet. */
void lane_give_up_due(struct lane *lane);

/* How many of the window were due, when the run is over. */
uint64_t lane_due_in_window(const struct lane *lane);

/* ---- lane_lost.c ---- */

/*
 * When the run is over: what never came back is a time too, else the worst ones would be missing
 * from the percentiles.
 */
void lane_count_lost(struct lane *lane);

/* PLAN_HANDSHAKE: this connection was not answered in time, or is broken off. */
void lane_lost_connection(struct seat *seat, bool broken_off);

#endif
