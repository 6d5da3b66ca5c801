/* lane_new.c - a lane before its thread starts, and after it has ended. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "bench/lane_inside.h"

#define STREAM_BYTES 262144u /* under way: enough for the path, less than sockets hold */
#define RECORD_BYTES 32u     /* that a piece of a stream costs besides its own bytes, about */

#define MANY_CONNECTIONS 512 /* then OpenSSL's buffers are given back between turns */

static void set_common(struct lane *lane, struct run *run, SSL_CTX *context)
{
    struct caller_common *common = &lane->common;
    const struct plan *plan = run->plan;

    common->run = run;
    common->context = context;
    common->streams = plan->mode == PLAN_STREAM;
    common->size = plan->size;
    common->depth = common->streams ? (STREAM_BYTES - 1) / (plan->size + RECORD_BYTES) + 1
                                    : (uint64_t)plan->depth;
    meter_init(&common->meter, run);
    if (context != NULL) {
        trust_remember(context, &common->known);
    }
    if (context != NULL && plan->connections > MANY_CONNECTIONS) {
        (void)SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    }
}

/* Seat `index`, `index` + threads and so on of all connections are this lane's. */
static int make_seats(struct lane *lane)
{
    const struct plan *plan = lane->common.run->plan;
    size_t threads = (size_t)plan->threads;
    size_t ring = plan->mode == PLAN_ECHO ? (size_t)lane->common.depth : 1;

    lane->seat_count = ((size_t)plan->connections - (size_t)lane->index + threads - 1) / threads;
    lane->seats = calloc(lane->seat_count, sizeof *lane->seats);
    lane->sent_ns = calloc(lane->seat_count * ring, sizeof *lane->sent_ns);
    if (lane->seats == NULL || lane->sent_ns == NULL) {
        return -1;
    }
    for (size_t i = 0; i < lane->seat_count; i++) {
        struct seat *seat = &lane->seats[i];

        seat->lane = lane;
        seat->caller.common = &lane->common;
        seat->caller.wire.fd = -1;
        seat->caller.sent_ns = lane->sent_ns + i * ring;
    }
    return 0;
}

static int prepare(struct lane *lane)
{
    (void)uv_timer_init(&lane->loop, &lane->sweep);
    (void)uv_timer_init(&lane->loop, &lane->opener);
    lane->sweep.data = lane->opener.data = lane->told.data = lane;
    if (uv_async_init(&lane->loop, &lane->told, lane_on_told) != 0 ||
        wire_buffers_init(&lane->common.buffers) != 0) {
        return -1;
    }
    if (run_is_open_loop(lane->common.run)) {
        lane->pace.next = lane_next_due;
        lane->pace.due = lane_is_due;
        lane->pace.context = lane;
        return pace_start(&lane->pace, &lane->loop);
    }
    return 0;
}

int lane_new(struct run *run, int index, SSL_CTX *context, struct lane **out,
             struct secho_error *err)
{
    struct lane *lane = aligned_alloc(_Alignof(struct lane), sizeof *lane);

    if (lane != NULL) {
        memset(lane, 0, sizeof *lane);
    }
    if (lane == NULL || uv_loop_init(&lane->loop) != 0) {
        SSL_CTX_free(context);
        free(lane);
        return error_set(err, SECHO_ERR_SYSTEM, "no event loop: no memory or no descriptor");
    }
    lane->index = index;
    lane->pace.timer = -1;
    set_common(lane, run, context);
    if (make_seats(lane) != 0 || prepare(lane) != 0) {
        lane_free(lane);
        return error_set(err, SECHO_ERR_SYSTEM, "no thread of load: no memory or no descriptor");
    }
    *out = lane;
    return 0;
}

static void close_handle(uv_handle_t *handle, void *ignored)
{
    (void)ignored;
    if (!uv_is_closing(handle)) {
        uv_close(handle, NULL);
    }
}

void lane_free(struct lane *lane)
{
    if (lane == NULL) {
        return;
    }
    uv_walk(&lane->loop, close_handle, NULL);
    (void)uv_run(&lane->loop, UV_RUN_DEFAULT); /* the close callbacks */
    (void)uv_loop_close(&lane->loop);
    pace_done(&lane->pace);
    for (size_t i = 0; lane->seats != NULL && i < lane->seat_count; i++) {
        caller_forget(&lane->seats[i].caller);
    }
    wire_buffers_done(&lane->common.buffers);
    SSL_CTX_free(lane->common.context);
    free(lane->seats);
    free(lane->sent_ns);
    free(lane);
}
