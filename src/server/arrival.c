/* arrival.c - a connection arrives: is there room for it, and where does it sit? */
#include <stdlib.h>

#include "base/clock.h"
#include "diagnosis/explain.h"
#include "net/socket.h"
#include "server/loop.h"

/* ---- refused: more than so many lines in a second would be an attack on the log ---- */

#define LINES_PER_SECOND 10

static void tell(struct worker *worker, const struct listener *listener, const struct address *peer,
                 const struct explanation *explanation)
{
    char peer_text[ADDRESS_TEXT_SIZE];

    if (!bucket_take(&worker->refusals, LINES_PER_SECOND, clock_now_ns())) {
        worker->refusals_untold++;
        if (!uv_is_active((const uv_handle_t *)&worker->tell_refusals)) {
            (void)uv_timer_start(&worker->tell_refusals, arrival_tell_rest, 1000, 0);
        }
        return;
    }
    address_print(peer, peer_text);
    log_event(worker->settings.log, SECHO_LEVEL_WARN, "refused",
              log_text("listener", listener->config->name), log_text("peer", peer_text),
              log_text("stage", "accepted"), log_text("end", explanation->code),
              log_text("why", explanation->why));
    ends_add(&worker->settings.all->ends, &(const struct ends_facts){
                                              .code = explanation->number,
                                              .listener = listener->config->name,
                                              .peer = peer_text,
                                              .why = explanation->why,
                                          });
}

void arrival_tell_rest(uv_timer_t *timer)
{
    struct worker *worker = timer->data;

    if (worker->refusals_untold > 0) {
        log_event(worker->settings.log, SECHO_LEVEL_WARN, "refused_more",
                  log_number("count", worker->refusals_untold),
                  log_text("why", "so many more connections were refused than there are lines "
                                  "that tell of them"));
        worker->refusals_untold = 0;
    }
}

static void refuse(struct worker *worker, const struct listener *listener, int fd,
                   const struct address *peer, struct ending ending)
{
    struct tally_row *row = &worker->settings.counters->listeners[listener->row];
    struct explanation explanation;

    socket_close(fd);
    counters_add(&worker->settings.counters->refused, 1);
    ending.where = listener->config->pointer;
    explain(&ending, &explanation);
    counters_add(&worker->settings.counters->ends[explanation.number], 1);
    counters_add(&row->refused, 1);
    counters_add(&row->ends[explanation.number], 1);
    tell(worker, listener, peer, &explanation);
}

/* ---- admitted ---- */

static struct seat *seat_new(struct worker *worker, const struct listener *listener, int fd)
{
    struct seat *seat = calloc(1, sizeof *seat);

    if (seat == NULL) {
        socket_close(fd);
        return NULL;
    }
    seat->worker = worker;
    list_init(&seat->in_seats);
    list_init(&seat->in_again);
    deadlines_entry_init(&seat->deadline);
    deadlines_entry_init(&seat->age);
    seat->poll.data = seat;
    if (conn_init(&seat->conn, listener, &worker->buffers, fd) != 0) {
        free(seat);
        return NULL;
    }
    if (uv_poll_init(&worker->loop, &seat->poll, fd) != 0) {
        conn_done(&seat->conn);
        free(seat);
        return NULL;
    }
    return seat;
}

/* For which limit is it one too many? Whom a proxy brings is asked behind its header. */
static struct ending too_much(const struct worker *worker, const struct listener *listener,
                              const struct address *peer, struct limits_place *place)
{
    struct ending ending = {.cause = ENDING_NONE};

    if (limits_is_full(&worker->limits)) {
        ending.cause = ENDING_LIMIT_CONNECTIONS;
        ending.limit = worker->limits.config->limits.connections;
    } else if (!listener->config->proxy_protocol) {
        ending.cause =
            limits_enter(&worker->limits, peer, listener->context != NULL, place, &ending.limit);
    }
    return ending;
}

static void seat_begin(struct seat *seat, const struct address *peer, struct limits_place place)
{
    struct worker *worker = seat->worker;

    counters_add(&worker->settings.counters->opened, 1);
    seat->conn.counters = worker->settings.counters;
    seat->conn.tally = &worker->settings.counters->listeners[seat->conn.listener->row];
    counters_add(&seat->conn.tally->opened, 1);
    seat->conn.limits = &worker->limits;
    seat->conn.place = place;
    seat->conn.number = atomic_fetch_add(&worker->settings.all->numbered, 1) + 1;
    seat->conn.peer = *peer;
    seat->conn.draining = worker->draining;
    if (seat->conn.tls != NULL) {
        limits_shake(&worker->limits, &seat->conn.place);
    }
    list_append(&worker->seats, &seat->in_seats);
    loop_remember_to_tidy(worker);
    loop_begin_age(seat);
    loop_follow(seat, CONN_WAIT);
}

void arrival_take(void *context, const struct listener *listener, int fd,
                  const struct address *peer)
{
    struct worker *worker = context;
    struct limits_place place = {0};
    struct ending ending = too_much(worker, listener, peer, &place);

    if (ending.cause != ENDING_NONE) {
        refuse(worker, listener, fd, peer, ending);
        return;
    }
    struct seat *seat = seat_new(worker, listener, fd);

    if (seat == NULL) {
        limits_leave(&worker->limits, &place);
        refuse(worker, listener, -1, peer, (struct ending){.cause = ENDING_MEMORY});
        return;
    }
    seat_begin(seat, peer, place);
}

/* ---- handshakes in flight ---- */

/* How long one may last before it may have to make room: a tenth of its deadline, if it has one. */
static int64_t patience_ms(const struct worker *worker)
{
    int64_t handshake_ms = worker->limits.config->timeouts.handshake_ms;

    return handshake_ms > 0 ? handshake_ms / 10 : 1000;
}

/* The one that began first, when that is long ago. */
static struct seat *oldest_handshake(struct worker *worker)
{
    const struct list *queue = &worker->deadlines.queues[DEADLINE_HANDSHAKE];

    for (const struct list *at = queue->next; at != queue; at = at->next) {
        struct seat *seat = list_entry(at, struct seat, deadline.link);

        if (loop_now_ms(worker) - seat->deadline.since_ms < patience_ms(worker)) {
            break;
        }
        if (seat->conn.place.shaking) {
            return seat;
        }
    }
    return NULL;
}

bool arrival_has_room(void *context)
{
    const struct worker *worker = context;

    return !limits_is_busy(&worker->limits);
}

/*
 * When too many shake hands, a newcomer waits in the kernel until one of them is done. Those who
 * never go on would keep everybody out: the oldest has to leave, if it had its time. One last look
 * first: maybe it was us who were late.
 */
bool arrival_make_room(void *context)
{
    struct worker *worker = context;
    struct seat *oldest = oldest_handshake(worker);

    if (oldest == NULL) {
        return false;
    }
    loop_follow(oldest, conn_turn(&oldest->conn));
    if (oldest->conn.place.shaking && !oldest->conn.wire.moved) {
        loop_follow(oldest, conn_stop(&oldest->conn, ENDING_LIMIT_HANDSHAKES,
                                      worker->limits.config->limits.handshakes_in_flight));
    }
    return arrival_has_room(worker);
}
