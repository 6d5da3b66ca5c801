/*
 * readmission.h - may a client that was verified once come in again with its ticket?
 *
 * Who resumes a session shows no certificate (RFC 8446 4.6.1). What could have changed since it was
 * verified is the policy, whose hash is the session id context (verify.h), so that tickets of
 * another policy are of no use; and the time. So a ticket carries when the client was verified and
 * how long all that this was based on is good; who is late makes a full handshake.
 */
#ifndef SECHO_READMISSION_H
#define SECHO_READMISSION_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tls/verify.h"

struct readmission {
    bool has_certificate; /* false: the client was asked for one, and had none */
    int64_t first_s;      /* Unix time of the full handshake; later tickets keep it */
    int64_t until_s;      /* when the first certificate or list of its chain is outdated */
};

#define READMISSION_NO_END INT64_MAX /* of until_s */
#define READMISSION_SKEW_S 300 /* by how much the clock of a machine may be ahead of another's */
#define READMISSION_BYTES  18

/* As it stands in a ticket; it is encrypted and authenticated there. */
void readmission_write(const struct readmission *from, unsigned char out[static READMISSION_BYTES]);

/* False: another version, or none of ours. */
bool readmission_read(const void *data, size_t len, struct readmission *out);

/*
 * The decision: at `now_s` (Unix time), of a session with this certificate (NULL: it has none),
 * under a policy.
 */
bool readmission_allows(const struct readmission *ticket, const struct verify *verify,
                        X509 *certificate, int64_t now_s);

/* Has tickets of a context carry it, and be honoured by it; `verify` must live as long. */
void readmission_use(SSL_CTX *context, struct verify *verify);

#endif
