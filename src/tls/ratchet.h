/*
 * ratchet.h - ticket keys that change by themselves, where no file gives any.
 *
 * Time is cut into epochs. Each has a chain, a secret from which its key and the next epoch's chain
 * follow, and from which nothing leads back. So everybody who starts from the same seed has the
 * same keys at the same time without a word, and what was erased opens no ticket any more.
 *
 * A holder keeps the keys of three epochs, the one before, this one and the next, and the chain of
 * the one after. Tickets are made under the key of this epoch, and all three are accepted: clocks
 * that tick over at slightly different instants do no harm.
 *
 * Times are clock_boot_s(): seconds of a clock that nobody can set. The wall clock would do as
 * well until it was once wrong by years: a ratchet does not turn back.
 */
#ifndef SECHO_RATCHET_H
#define SECHO_RATCHET_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"
#include "tls/ticket_key.h"

/* A ticket lives as long as an epoch, so the key before is the oldest that any ticket needs. */
#define RATCHET_EPOCH_S TICKET_LIFETIME_S

/* Epochs in one step, 500 days: who slept longer takes more steps, and none takes long. */
#define RATCHET_EPOCHS_MAX 1000

/* What a supervisor keeps, and hands to each new leader. */
struct ratchet_seed {
    int64_t epoch; /* whose chain it is: the one before this epoch, so that its key can be made */
    unsigned char chain[TICKET_SECRET_BYTES];
};

/* A random one, for `now_s`. -1: no random numbers. */
MUST_CHECK int ratchet_seed_make(struct ratchet_seed *seed, int64_t now_s);

/* Forgets what is over. */
void ratchet_seed_step(struct ratchet_seed *seed, int64_t now_s);

/* In how many ms there is something to forget; 0: now. */
int64_t ratchet_seed_due_ms(const struct ratchet_seed *seed, int64_t now_s);

enum ratchet_age { RATCHET_BEFORE, RATCHET_NOW, RATCHET_AFTER, RATCHET_KEYS };

/* A holder: one for each process, shared by its threads. */
struct ratchet {
    pthread_mutex_t lock;
    int64_t epoch; /* of keys[RATCHET_NOW] */
    struct ticket_key keys[RATCHET_KEYS];
    unsigned char chain[TICKET_SECRET_BYTES]; /* of epoch + 2 */
};

/* Begins, or begins anew with another seed, at the time of the seed. -1: no memory; as it was. */
MUST_CHECK int ratchet_init(struct ratchet *ratchet);
MUST_CHECK int ratchet_begin(struct ratchet *ratchet, const struct ratchet_seed *seed);
void ratchet_done(struct ratchet *ratchet); /* erases all of it */

/* The three below may be called by any thread. Each makes a step first, if one is due. */
void ratchet_step(struct ratchet *ratchet, int64_t now_s);
void ratchet_current(struct ratchet *ratchet, int64_t now_s, struct ticket_key *out);

/* The key with this name. False: too old, too new, or of somebody else. */
bool ratchet_find(struct ratchet *ratchet, int64_t now_s,
                  const unsigned char name[static TICKET_NAME_BYTES], struct ticket_key *out,
                  enum ratchet_age *age);

/* In how many ms a step is due; 0: now. */
int64_t ratchet_due_ms(struct ratchet *ratchet, int64_t now_s);

#endif
