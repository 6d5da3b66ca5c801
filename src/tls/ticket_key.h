/*
 * ticket_key.h - the keys under which a session is sealed into its ticket (RFC 5077 4), made from
 * one secret. Any thread.
 */
#ifndef SECHO_TICKET_KEY_H
#define SECHO_TICKET_KEY_H

#include "base/attributes.h"

#define TICKET_SECRET_BYTES 32
#define TICKET_NAME_BYTES   16

/* How long a session can be resumed, counted from when its ticket was made. */
#define TICKET_LIFETIME_S 43200

struct ticket_key {
    unsigned char name[TICKET_NAME_BYTES]; /* stands in the ticket in clear; tells nothing */
    unsigned char cipher_key[32];          /* AES-256-CBC */
    unsigned char mac_key[32];             /* HMAC-SHA256 */
};

/* HKDF-SHA256 (RFC 5869): the same key for the same secret, everywhere. -1: no memory. */
MUST_CHECK int ticket_key_derive(const unsigned char secret[static TICKET_SECRET_BYTES],
                                 struct ticket_key *out);

/* The secret after this one; there is no way back. `out` may be `secret`. -1: no memory. */
MUST_CHECK int ticket_key_next(const unsigned char secret[static TICKET_SECRET_BYTES],
                               unsigned char out[static TICKET_SECRET_BYTES]);

#endif
