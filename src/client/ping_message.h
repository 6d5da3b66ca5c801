/*
 * ping_message.h - the messages of ping, and how they are found again in what comes back.
 *
 * TLS carries a stream: when a server loses a byte, nothing says where the next message begins.
 * So each message begins with a marker that only this run knows, then its number, and the rest
 * is a pattern that follows from both: the receiver finds the next message whatever happened to
 * the one before. The last byte is a newline, for servers that echo line by line. Pure.
 */
#ifndef SECHO_PING_MESSAGE_H
#define SECHO_PING_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

#define PING_MARKER_BYTES 6
#define PING_HEAD_BYTES   15 /* marker, 6 bytes of number, 3 of check */
#define PING_SIZE_MIN     16
#define PING_SIZE_MAX     65536
#define PING_NUMBER_MAX   ((UINT64_C(1) << 48) - 1)

/* What all messages of a run have in common. */
struct ping_shape {
    uint64_t nonce; /* random: what another run or another client sent is not ours */
    size_t size;    /* of a message: PING_SIZE_MIN..PING_SIZE_MAX */
};

/* Writes message `number` (1..PING_NUMBER_MAX): shape->size bytes. */
void ping_message(const struct ping_shape *shape, uint64_t number, unsigned char *out);

enum ping_found {
    PING_FOUND_NOTHING, /* more bytes are needed */
    PING_FOUND_MESSAGE, /* one that is as it was sent */
    PING_FOUND_DAMAGED, /* its head is right, and byte `at` is another one than was sent */
    PING_FOUND_FOREIGN, /* here stands no head of ours: told once, then the next one is looked for
                         */
};

struct ping_find {
    uint64_t number; /* of the message; 0 for PING_FOUND_FOREIGN */
    size_t at;
};

struct ping_finder; /* what came back and is not looked at yet */

/* NULL without memory. `shape` must live as long. */
struct ping_finder *ping_finder_new(const struct ping_shape *shape);

void ping_finder_free(struct ping_finder *finder);

/* Room for what comes next: at least 16 KiB, as stream_read() wants it. Then say how much came. */
unsigned char *ping_finder_room(struct ping_finder *finder, size_t *len);
void ping_finder_take(struct ping_finder *finder, size_t len);

/*
 * What comes next in the stream. Call it until it finds nothing, then make room again.
 *
 *   find  set for all but PING_FOUND_NOTHING
 */
enum ping_found ping_finder_next(struct ping_finder *finder, struct ping_find *find);

/* Is there the start of a message, or something foreign, that nothing has followed yet? */
bool ping_finder_is_amid(const struct ping_finder *finder);

#endif
