/*
 * talk_proof.h - is what came back what was sent? With constant memory, at gigabytes a second.
 *
 * Both directions go through GMAC (NIST SP 800-38D) under a key that is random and never told:
 * other bytes of the same length get past it with a chance of less than one in 2^64. SHA-256 would
 * do as well and takes ten times as long on a machine without instructions for it.
 */
#ifndef SECHO_TALK_PROOF_H
#define SECHO_TALK_PROOF_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

struct talk_proof {
    uint64_t sent, received;
    EVP_MAC_CTX *of_sent, *of_received;
};

MUST_CHECK int talk_proof_init(struct talk_proof *proof); /* -1: no memory or no GMAC */
void talk_proof_done(struct talk_proof *proof);

void talk_proof_sent(struct talk_proof *proof, const void *data, size_t len);
void talk_proof_received(struct talk_proof *proof, const void *data, size_t len);

/* For equal lengths: are the bytes equal? Once, at the end. */
bool talk_proof_same(struct talk_proof *proof);

#endif
