/*
 * outbox.h - what one process has to say to another, however slowly that one reads: nobody waits.
 *
 * What finds no room in their channel (message.h) waits here, in order, until poll(2) says that
 * there is room again. Whoever never reads is killed by whoever looks after it (stuck.h).
 */
#ifndef SECHO_OUTBOX_H
#define SECHO_OUTBOX_H

#include <stddef.h>

#include "daemon/message.h"

struct outbox_item;

struct outbox { /* all zero: empty */
    struct outbox_item *items;
    size_t first, count, room; /* those from `first` up to `count` wait */
};

/*
 * Sends, or keeps, with a descriptor of its own (where none is to be had the message goes without
 * it and says so: fd_lost). `fd` -1: none rides along; it stays the caller's. Without memory it
 * waits as message_send() does. When the other side is gone nothing happens.
 */
void outbox_send(struct outbox *outbox, int channel, const struct message *message, int fd);

/* What poll(2) is to look for: POLLIN, and POLLOUT while something waits. */
short outbox_events(const struct outbox *outbox);

/* Sends as much as finds room. Call it whenever poll(2) has told something of the channel. */
void outbox_flush(struct outbox *outbox, int channel);

/* Forgets everything; empty again. */
void outbox_done(struct outbox *outbox);

#endif
