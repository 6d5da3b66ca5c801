#include "daemon/outbox.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "net/socket.h"

struct outbox_item {
    struct message message;
    int fd; /* ours; -1: none */
};

/* Not realloc(): it would leave a seed where it was (ratchet.h). */
static bool make_room(struct outbox *outbox)
{
    size_t waiting = outbox->count - outbox->first, room = waiting + waiting / 2 + 16;

    if (outbox->count < outbox->room) {
        return true;
    }
    struct outbox_item *items = calloc(room, sizeof *items);

    if (items == NULL) {
        return false;
    }
    if (waiting > 0) {
        memcpy(items, &outbox->items[outbox->first], waiting * sizeof *items);
    }
    OPENSSL_clear_free(outbox->items, outbox->room * sizeof *items);
    *outbox = (struct outbox){.items = items, .count = waiting, .room = room};
    return true;
}

static bool keep(struct outbox *outbox, const struct message *message, int fd)
{
    if (!make_room(outbox)) {
        return false;
    }
    struct outbox_item *item = &outbox->items[outbox->count++];

    *item = (struct outbox_item){.message = *message, .fd = -1};
    if (fd != -1) {
        item->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
        item->message.fd_lost = item->fd == -1;
    }
    return true;
}

static bool is_full(int sent)
{
    return sent == -1 && (errno == EAGAIN || errno == ENOBUFS);
}

typedef int send_fn(int channel, const struct message *message, int fd);

static void send_all(struct outbox *outbox, int channel, send_fn *send)
{
    for (; outbox->first < outbox->count; outbox->first++) {
        const struct outbox_item *item = &outbox->items[outbox->first];

        if (is_full(send(channel, &item->message, item->fd))) {
            return;
        }
        socket_close(item->fd);
    }
    outbox_done(outbox);
}

void outbox_flush(struct outbox *outbox, int channel)
{
    send_all(outbox, channel, message_offer);
}

void outbox_send(struct outbox *outbox, int channel, const struct message *message, int fd)
{
    outbox_flush(outbox, channel); /* what was said before comes first */
    if (outbox->first == outbox->count && !is_full(message_offer(channel, message, fd))) {
        return;
    }
    if (!keep(outbox, message, fd)) {
        send_all(outbox, channel, message_send);
        (void)message_send(channel, message, fd);
    }
}

short outbox_events(const struct outbox *outbox)
{
    return outbox->first < outbox->count ? POLLIN | POLLOUT : POLLIN;
}

void outbox_done(struct outbox *outbox)
{
    for (; outbox->first < outbox->count; outbox->first++) {
        socket_close(outbox->items[outbox->first].fd);
    }
    OPENSSL_clear_free(outbox->items, outbox->room * sizeof *outbox->items);
    *outbox = (struct outbox){0};
}
