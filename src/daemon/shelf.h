/*
 * shelf.h - the listening sockets, as the supervisor keeps them from leader to leader.
 *
 * A leader gets all of them and hands back those that it uses, old and new.
 */
#ifndef SECHO_SHELF_H
#define SECHO_SHELF_H

#include <stdbool.h>
#include <stddef.h>

#include "daemon/message.h"

struct shelf_item {
    struct message message; /* MESSAGE_SOCKET: listener and slot */
    int fd;
};

struct shelf {
    struct shelf_item *items;
    size_t count;   /* in use: what the next leader gets */
    size_t settled; /* of them, the first ones are from before the present leader */
    bool lacks;     /* something that the present leader has handed up did not arrive */
};

/* Takes a socket that a leader hands up. Without one (-1) or without memory, the shelf lacks it. */
void shelf_put(struct shelf *shelf, const struct message *message, int fd);

/* The same for one of systemd's, before there is a leader: it stays for as long as we do. */
void shelf_lend(struct shelf *shelf, const struct message *message, int fd);

/* Called for a socket that is not wanted any more, before it is closed. */
typedef void shelf_give_up_fn(void *context, const struct shelf_item *item);

/*
 * The leader serves: what it has not handed up is not wanted any more. A shelf that lacks something
 * cannot know what that is, and keeps all.
 */
void shelf_settle(struct shelf *shelf, shelf_give_up_fn *give_up, void *context);

/* The leader never served: what it has handed up is closed, what was there before stays. */
void shelf_forget(struct shelf *shelf);

/* Nobody accepts on any of them any more: refuse, but for those that are lent. */
void shelf_stop(const struct shelf *shelf);

void shelf_done(struct shelf *shelf);

#endif
