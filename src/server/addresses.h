/*
 * addresses.h - who comes from where: how many connections each address has, and how often it came.
 *
 * One table in the memory that all processes share (counters.h). Which address a row is for, and
 * its bucket, is common; how many connections a thread has from it lies in the thread's own block,
 * so that whoever buries a process knows what to subtract. There is no lock: nobody waits for a
 * process that was halted, or killed, in here.
 *
 * An IPv6 network of 64 bits is one address: a customer gets that many, or more (RFC 6177).
 */
#ifndef SECHO_ADDRESSES_H
#define SECHO_ADDRESSES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/bucket.h"
#include "net/address.h"

#define ADDRESSES_ROWS 16384u /* addresses that are told apart at a time */

struct counters_shared;
struct counters;

struct addresses_row {
    _Atomic uint64_t key; /* 0: nobody's yet, 1: about to change hands */
    struct bucket handshakes;
};

struct addresses {
    _Atomic bool in_use; /* somebody counts: those who bury have to look here */
    uint64_t seed;       /* where a row is found is nothing that a stranger can know */
    struct addresses_row rows[ADDRESSES_ROWS];
};

/* Which row a connection is counted in: 1 + its index, or 0 for none. */
typedef uint32_t addresses_place;

/* Before anybody uses it: `addresses` is zeroed memory. -1: this system gives no random numbers. */
MUST_CHECK int addresses_begin(struct addresses *addresses);

/*
 * Counts one more connection of `peer` in the calling thread's block, `own`. Returns its place for
 * addresses_leave(), or 0 when there is no room: then this one is not counted.
 */
addresses_place addresses_enter(struct counters_shared *all, struct counters *own,
                                const struct address *peer);

/* It has ended. Nothing happens for 0. */
void addresses_leave(struct counters *own, addresses_place place);

/* Connections of the address at this place, of all threads and generations. */
uint64_t addresses_open(const struct counters_shared *all, addresses_place place);

/* Its handshakes. */
struct bucket *addresses_bucket(struct counters_shared *all, addresses_place place);

/* The process that had this block is dead, and so are its connections. */
void addresses_bury(struct counters_shared *all, struct counters *dead);

#endif
