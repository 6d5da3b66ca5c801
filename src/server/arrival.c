/* arrival.c - a connection arrives: is there room for it, and where does it sit? */
#include <stdlib.h>

#include "diagnosis/explain.h"
#include "net/socket.h"
#include "server/loop.h"

static void refuse(struct worker *worker, const struct listener *listener, int fd,
                   const struct address *peer, struct ending ending)
{
    char peer_text[ADDRESS_TEXT_SIZE];
    struct explanation explanation;

    socket_close(fd);
    counters_add(&worker->settings.counters->refused, 1);
    ending.where = listener->config->pointer;
    explain(&ending, &explanation);
    counters_add(&worker->settings.counters->ends[explanation.number], 1);
    address_print(peer, peer_text);
    log_event(worker->settings.log, SECHO_LEVEL_WARN, "refused",
              log_text("listener", listener->config->name), log_text("peer", peer_text),
              log_text("end", explanation.code), log_text("why", explanation.why));
}

static bool is_full(const struct worker *worker)
{
    int most = worker->settings.service->config->limits.connections;

    return most > 0 && counters_open(worker->settings.all) >= (uint64_t)most;
}

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

void arrival_take(void *context, const struct listener *listener, int fd,
                  const struct address *peer)
{
    struct worker *worker = context;

    if (is_full(worker)) {
        refuse(worker, listener, fd, peer,
               (struct ending){.cause = ENDING_LIMIT_CONNECTIONS,
                               .limit = worker->settings.service->config->limits.connections});
        return;
    }
    struct seat *seat = seat_new(worker, listener, fd);

    if (seat == NULL) {
        refuse(worker, listener, -1, peer, (struct ending){.cause = ENDING_MEMORY});
        return;
    }
    counters_add(&worker->settings.counters->opened, 1);
    seat->conn.counters = worker->settings.counters;
    seat->conn.number = atomic_fetch_add(&worker->settings.all->numbered, 1) + 1;
    seat->conn.peer = *peer;
    seat->conn.draining = worker->draining;
    list_append(&worker->seats, &seat->in_seats);
    loop_remember_to_tidy(worker);
    loop_follow(seat, CONN_WAIT);
}
