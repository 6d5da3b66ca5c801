/*
 * adopt.h - sockets that an earlier leader had bound: a new one takes them over from the
 * supervisor, and hands up all that it serves on.
 */
#ifndef SECHO_ADOPT_H
#define SECHO_ADOPT_H

#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "daemon/message.h"
#include "server/service.h"

struct adopted {
    struct message message; /* listener and slot */
    int fd;                 /* owned; -1 once it has a place */
};

struct adoption {
    struct adopted *all;
    size_t count;
    uint32_t generation;      /* the number of the leader that adopts */
    struct ratchet_seed seed; /* where its ticket keys begin; adopt_done() erases it */
};

/* Takes everything up to MESSAGE_START. Blocks. -1: the supervisor is gone, or no memory. */
MUST_CHECK int adopt_receive(struct adoption *adoption, int channel);

/*
 * Puts each socket into its slot, where there still is one with that address; closes the rest.
 * Ticket keys go on from the seed. -1: no memory.
 */
MUST_CHECK int adopt_place(struct adoption *adoption, struct service *service);

/* Closes what has no place. */
void adopt_done(struct adoption *adoption);

/* Sends every socket of the service up. */
void adopt_hand_up(const struct service *service, int channel);

#endif
