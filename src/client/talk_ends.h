/*
 * talk_ends.h - stdin and stdout that never block us, without a change to what others share.
 *
 * O_NONBLOCK belongs to the open file description, which our parents and neighbours in the
 * pipeline share: cat(1) next to us would fail with EAGAIN. So the flag is never set there.
 */
#ifndef SECHO_TALK_ENDS_H
#define SECHO_TALK_ENDS_H

#include <stdbool.h>
#include <stddef.h>

#include "net/socket.h"

struct talk_end {
    int fd;           /* read or write here */
    bool ours;        /* opened by us: close it */
    bool is_socket;   /* of another program: MSG_DONTWAIT does it */
    size_t write_max; /* so much may be written when poll(2) says POLLOUT, without blocking */
};

/* How to write to `fd`. A pipe or a terminal is opened a second time, where the system lets us. */
void talk_end_open(struct talk_end *end, int fd);
void talk_end_close(struct talk_end *end);

/* After poll(2) said POLLOUT. MOVED_FAILED: errno, EPIPE when nobody reads any more. */
enum moved talk_end_write(const struct talk_end *end, const void *data, size_t len, size_t *count);

/* After poll(2) said POLLIN or POLLHUP, so that read(2) does not block. */
enum moved talk_end_read(int fd, void *buffer, size_t len, size_t *count);

#endif
