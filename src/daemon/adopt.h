/*
 * adopt.h - sockets that an earlier leader had bound: a new one takes them over from the
 * supervisor, and hands up all that it serves on.
 */
#ifndef SECHO_ADOPT_H
#define SECHO_ADOPT_H

#include <stdbool.h>
#include <stddef.h>

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
    struct message start; /* MESSAGE_START; its seed is where ticket keys begin */
    int admin;            /* owned: where the admin process listens; -1: nowhere */
    int config;           /* owned: the configuration that serves (handover.h); -1: none */
    bool lacks;           /* something was sent that did not arrive: too few descriptors */
};

/* Takes everything up to MESSAGE_START. Blocks. -1: the supervisor is gone, or no memory. */
MUST_CHECK int adopt_receive(struct adoption *adoption, int channel);

/*
 * Puts each socket that is lent into all slots of the listener that has its name, or else its
 * address; what fits nowhere, or where there is one already, is a problem. Before adopt_place().
 *
 * Returns 0, or -1: told to `report`.
 */
MUST_CHECK int adopt_lent(struct adoption *adoption, struct service *service,
                          secho_problem_fn *report, void *context);

/*
 * Puts each other socket into its slot, where a listener has its address, under whatever name.
 * Ticket keys go on from the seed. -1: no memory.
 */
MUST_CHECK int adopt_place(struct adoption *adoption, struct service *service);

/*
 * Finds what cannot be bound because sockets that have no place, or the admin process's, are in the
 * way: they are open until this configuration serves, and Linux gives a port to one of two
 * addresses of which one includes the other. After adopt_place().
 *
 * Returns 0, or -1: told to `report`.
 */
MUST_CHECK int adopt_check(const struct adoption *adoption, const struct service *service,
                           secho_problem_fn *report, void *context);

/* Closes what has no place, and the configuration; erases the seed. */
void adopt_done(struct adoption *adoption);

/* Sends every socket of the service up. */
void adopt_hand_up(const struct service *service, int channel);

#endif
