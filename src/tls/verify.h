/*
 * verify.h - who may come in: certificates of clients, asked for, verified, and compared with
 * lists.
 *
 * A refusal is told three times: to the client by an alert (RFC 8446 6.2), to the counters by its
 * reason, and to people by the stream_refusal of the connection.
 */
#ifndef SECHO_VERIFY_H
#define SECHO_VERIFY_H

#include <openssl/ssl.h>
#include <stdbool.h>

#include <secho/error.h>

#include "base/attributes.h"
#include "tls/allow.h"
#include "tls/authorities.h"

enum verify_mode {
    VERIFY_NONE,    /* no client is asked for a certificate */
    VERIFY_REQUEST, /* each is asked; one that has none comes in, one that is bad does not */
    VERIFY_REQUIRE, /* nobody comes in without one */
};

struct verify_settings {
    enum verify_mode mode;
    const char *listener; /* its name: tickets of one listener are of no use at another */
    const char *ca;       /* path of a file or folder, PEM */
    const char *crl;      /* path, PEM or DER; "": nothing is looked up */
    struct allow allow;   /* its strings live as long as what is made from this */
};

#define VERIFY_POLICY_BYTES 32

struct verify {
    enum verify_mode mode;
    struct allow allow;
    struct authorities authorities;
    unsigned char policy[VERIFY_POLICY_BYTES]; /* a hash of all of it, and of the listener */
};

/* Which setting was refused. */
enum verify_fault { VERIFY_FAULT_MEMORY, VERIFY_FAULT_CA, VERIFY_FAULT_CRL };

/*
 * verify_init - read all files; nothing is opened later.
 *
 *   fault, err  set on failure: which setting, and why
 *
 * 0 or -1; verify_done() in both cases.
 */
MUST_CHECK int verify_init(struct verify *verify, const struct verify_settings *settings,
                           enum verify_fault *fault, struct secho_error *err);

/*
 * Makes a context ask and decide; `verify` must live as long. Who comes back with a ticket is not
 * asked again, but must still be welcome: readmission.h.
 */
void verify_use(SSL_CTX *context, struct verify *verify);

void verify_done(struct verify *verify); /* {0} is fine */

#endif
