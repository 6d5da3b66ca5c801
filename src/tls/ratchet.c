#include "tls/ratchet.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <string.h>

#include "base/error.h"

static int64_t epoch_of(int64_t now_s)
{
    return now_s / RATCHET_EPOCH_S;
}

/* Until the epoch after `epoch` begins. */
static int64_t ms_to_end(int64_t epoch, int64_t now_s)
{
    return epoch_of(now_s) > epoch ? 0 : ((epoch + 1) * RATCHET_EPOCH_S - now_s) * 1000;
}

/* ---- the seed ---- */

int ratchet_seed_make(struct ratchet_seed *seed, int64_t now_s)
{
    seed->epoch = epoch_of(now_s) - 1;
    if (RAND_priv_bytes(seed->chain, sizeof seed->chain) != 1) {
        error_forget_tls();
        return -1;
    }
    return 0;
}

void ratchet_seed_step(struct ratchet_seed *seed, int64_t now_s)
{
    for (int i = 0; i < RATCHET_EPOCHS_MAX && seed->epoch + 1 < epoch_of(now_s); i++) {
        if (ticket_key_next(seed->chain, seed->chain) != 0) {
            return; /* no memory: the next time */
        }
        seed->epoch++;
    }
}

int64_t ratchet_seed_due_ms(const struct ratchet_seed *seed, int64_t now_s)
{
    return ms_to_end(seed->epoch + 1, now_s);
}

/* ---- one step ---- */

/* The key of the chain, and the next chain in its place. */
static int take_key(unsigned char *chain, struct ticket_key *out)
{
    unsigned char next[TICKET_SECRET_BYTES];

    if (ticket_key_next(chain, next) != 0 || ticket_key_derive(chain, out) != 0) {
        return -1;
    }
    memcpy(chain, next, sizeof next);
    OPENSSL_cleanse(next, sizeof next);
    return 0;
}

/* -1: no memory; then nothing has changed. */
static int turn(struct ratchet *ratchet)
{
    struct ticket_key newest;

    if (take_key(ratchet->chain, &newest) != 0) {
        return -1;
    }
    memmove(&ratchet->keys[0], &ratchet->keys[1], (RATCHET_KEYS - 1) * sizeof ratchet->keys[0]);
    ratchet->keys[RATCHET_AFTER] = newest;
    ratchet->epoch++;
    OPENSSL_cleanse(&newest, sizeof newest);
    return 0;
}

static void catch_up(struct ratchet *ratchet, int64_t now_s)
{
    for (int i = 0; i < RATCHET_EPOCHS_MAX && ratchet->epoch < epoch_of(now_s); i++) {
        if (turn(ratchet) != 0) {
            return; /* it goes on with the keys it has, and tries again the next time */
        }
    }
}

/* ---- a holder ---- */

int ratchet_init(struct ratchet *ratchet)
{
    *ratchet = (struct ratchet){0};
    return pthread_mutex_init(&ratchet->lock, NULL) == 0 ? 0 : -1;
}

int ratchet_begin(struct ratchet *ratchet, const struct ratchet_seed *seed)
{
    struct ratchet fresh = {.epoch = seed->epoch + 1};
    int rc = 0;

    memcpy(fresh.chain, seed->chain, sizeof fresh.chain);
    for (int i = 0; i < RATCHET_KEYS && rc == 0; i++) {
        rc = take_key(fresh.chain, &fresh.keys[i]);
    }
    if (rc == 0) {
        (void)pthread_mutex_lock(&ratchet->lock);
        ratchet->epoch = fresh.epoch;
        memcpy(ratchet->keys, fresh.keys, sizeof ratchet->keys);
        memcpy(ratchet->chain, fresh.chain, sizeof ratchet->chain);
        (void)pthread_mutex_unlock(&ratchet->lock);
    }
    OPENSSL_cleanse(&fresh, sizeof fresh);
    return rc;
}

void ratchet_done(struct ratchet *ratchet)
{
    (void)pthread_mutex_destroy(&ratchet->lock);
    OPENSSL_cleanse(ratchet, sizeof *ratchet);
}

void ratchet_step(struct ratchet *ratchet, int64_t now_s)
{
    (void)pthread_mutex_lock(&ratchet->lock);
    catch_up(ratchet, now_s);
    (void)pthread_mutex_unlock(&ratchet->lock);
}

void ratchet_current(struct ratchet *ratchet, int64_t now_s, struct ticket_key *out)
{
    (void)pthread_mutex_lock(&ratchet->lock);
    catch_up(ratchet, now_s);
    *out = ratchet->keys[RATCHET_NOW];
    (void)pthread_mutex_unlock(&ratchet->lock);
}

bool ratchet_find(struct ratchet *ratchet, int64_t now_s,
                  const unsigned char name[static TICKET_NAME_BYTES], struct ticket_key *out,
                  enum ratchet_age *age)
{
    bool found = false;

    (void)pthread_mutex_lock(&ratchet->lock);
    catch_up(ratchet, now_s);
    for (int i = 0; i < RATCHET_KEYS && !found; i++) {
        found = memcmp(ratchet->keys[i].name, name, TICKET_NAME_BYTES) == 0;
        if (found) {
            *out = ratchet->keys[i];
            *age = (enum ratchet_age)i;
        }
    }
    (void)pthread_mutex_unlock(&ratchet->lock);
    return found;
}

int64_t ratchet_due_ms(struct ratchet *ratchet, int64_t now_s)
{
    (void)pthread_mutex_lock(&ratchet->lock);
    int64_t due_ms = ms_to_end(ratchet->epoch, now_s);

    (void)pthread_mutex_unlock(&ratchet->lock);
    return due_ms;
}
