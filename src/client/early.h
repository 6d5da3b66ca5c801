/*
 * early.h - data that goes along with the first message of a resumed connection (0-RTT), before the
 * server has proven anything: secho-client --early-data.
 *
 * Who records it can send it to the server once more (RFC 8446 8): nobody gets it unasked.
 */
#ifndef SECHO_CLIENT_EARLY_H
#define SECHO_CLIENT_EARLY_H

#include <stdbool.h>
#include <stddef.h>

#include <secho/error.h>

#include "base/attributes.h"
#include "tls/stream.h"

enum early_fate {
    EARLY_NOT_OFFERED, /* no session that allows it was offered */
    EARLY_REJECTED,    /* the server has not taken it: send it again */
    EARLY_ACCEPTED,
};

/* Of one client. {0}: none is wanted. */
struct early_data {
    bool wanted;
    const unsigned char *bytes; /* not owned: there until the client is open */
    size_t len;
    size_t allowed; /* by the session: 0..len */
    size_t sent;    /* of these */
    enum early_fate fate;
};

struct secho_client;

/* Before the handshake of a client whose session is offered: how much may go along with it? */
void early_begin(struct secho_client *client);

/* One attempt to send what may go along with the hello, then to shake hands: stream.h. */
MUST_CHECK enum io early_then_handshake(struct secho_client *client, struct secho_error *err);

/* After the handshake: what has become of it? */
void early_settle(struct secho_client *client);

/* How many of the bytes need not be sent any more, as the server has taken them. */
size_t early_taken(const struct early_data *early);

/* "accepted", "rejected", "not_offered" */
const char *early_fate_name(enum early_fate fate);

/* ", early data accepted"; "" where none was wanted. For the end of a line. */
const char *early_words(const struct early_data *early);

#endif
