#include "daemon/relay.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

#define CHANNEL_BYTES (4 * 1024 * 1024) /* asked for; the kernel gives what it allows */

int relay_channel(int *reader, int *writer)
{
    const int bytes = CHANNEL_BYTES;
    int ends[2];

    /* Not datagrams: their queue holds ten, whatever the size of its buffer (unix(7)). */
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        return -1;
    }
    if (setsockopt(ends[1], SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes) != 0) {
        (void)setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    }
    *reader = ends[0];
    *writer = ends[1];
    return 0;
}

int relay_init(struct relay *relay, int writer, _Atomic uint64_t *lost)
{
    *relay = (struct relay){
        .writer = writer, .lost = lost, .wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    if (relay->wake == -1 || pthread_mutex_init(&relay->lock, NULL) != 0) {
        return -1;
    }
    return 0;
}

void relay_done(struct relay *relay)
{
    (void)pthread_mutex_destroy(&relay->lock);
    (void)close(relay->wake);
    free(relay->waiting);
}

/* ---- any thread ---- */

/* False when it may work later. */
static bool send_now(int writer, _Atomic uint64_t *lost, const char *line, size_t len)
{
    if (send(writer, line, len, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)len) {
        return true;
    }
    if (errno == EAGAIN || errno == ENOBUFS) {
        return false;
    }
    /* The supervisor is gone: a line that waited for it would wait for ever. */
    atomic_fetch_add(lost, 1);
    return true;
}

/* False when there is still none after that time. */
static bool send_when_there_is_room(struct relay_sender *sender, const char *line, size_t len)
{
    int64_t from_ms = clock_now_ms() - sender->waited_ms;

    while (sender->waited_ms < RELAY_PATIENCE_MS) {
        (void)poll(&(struct pollfd){.fd = sender->writer, .events = POLLOUT}, 1,
                   (int)(RELAY_PATIENCE_MS - sender->waited_ms));
        sender->waited_ms = clock_now_ms() - from_ms;
        if (send_now(sender->writer, sender->lost, line, len)) {
            return true;
        }
    }
    return false;
}

void relay_send(struct relay_sender *sender, const char *line, size_t len)
{
    if (send_now(sender->writer, sender->lost, line, len)) {
        sender->waited_ms = 0;
    } else if (!send_when_there_is_room(sender, line, len)) {
        atomic_fetch_add(sender->lost, 1);
    }
}

static void wake_main_thread(struct relay *relay)
{
    const uint64_t one = 1;

    (void)!write(relay->wake, &one, sizeof one);
}

/* With the lock. */
static void let_wait(struct relay *relay, const char *line, size_t len)
{
    if (relay->waiting == NULL) {
        relay->waiting = malloc(RELAY_BYTES_MAX);
    }
    if (relay->waiting == NULL || relay->waiting_len + sizeof len + len > RELAY_BYTES_MAX) {
        atomic_fetch_add(relay->lost, 1);
        return;
    }
    memcpy(relay->waiting + relay->waiting_len, &len, sizeof len);
    memcpy(relay->waiting + relay->waiting_len + sizeof len, line, len);
    relay->waiting_len += sizeof len + len;
    if (!atomic_exchange(&relay->busy, true)) {
        wake_main_thread(relay);
    }
}

void relay_sink(void *context, const char *line, size_t len)
{
    struct relay *relay = context;

    if (!atomic_load(&relay->busy) && send_now(relay->writer, relay->lost, line, len)) {
        return;
    }
    (void)pthread_mutex_lock(&relay->lock);
    let_wait(relay, line, len);
    (void)pthread_mutex_unlock(&relay->lock);
}

/* ---- the main thread ---- */

/* With the lock. */
static void send_waiting(struct relay *relay)
{
    while (relay->waiting_at < relay->waiting_len) {
        const char *at = relay->waiting + relay->waiting_at;
        size_t len;

        memcpy(&len, at, sizeof len);
        if (!send_now(relay->writer, relay->lost, at + sizeof len, len)) {
            return;
        }
        relay->waiting_at += sizeof len + len;
    }
    relay->waiting_at = 0;
    relay->waiting_len = 0;
    atomic_store(&relay->busy, false);
}

bool relay_flush(struct relay *relay)
{
    uint64_t ignored;

    (void)!read(relay->wake, &ignored, sizeof ignored);
    (void)pthread_mutex_lock(&relay->lock);
    send_waiting(relay);
    (void)pthread_mutex_unlock(&relay->lock);
    return atomic_load(&relay->busy);
}
