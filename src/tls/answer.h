/* answer.h - what an OCSP response (RFC 6960) says of one certificate. Nothing is fetched. */
#ifndef SECHO_ANSWER_H
#define SECHO_ANSWER_H

#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include <secho/error.h>

#include "base/attributes.h"

enum answer_status { ANSWER_GOOD, ANSWER_REVOKED, ANSWER_UNKNOWN };

struct answer {
    enum answer_status status;
    time_t from, until; /* when it is true; without an end `until` is far away */
};

/* A response, and the certificate that it should be about. */
struct answer_question {
    const unsigned char *der; /* the response */
    size_t len;               /* bytes */
    X509 *leaf;
    STACK_OF(X509) * issuers; /* where its issuer is looked for; a self-signed one is its own */
};

/*
 * answer_read - take the response apart and check it: that it is about `leaf`, and signed by its
 * issuer or by whom that has named (RFC 6960 4.2.2.2). Its dates are only read.
 *
 * SECHO_ERR_CONFIG and why not.
 */
MUST_CHECK int answer_read(const struct answer_question *question, struct answer *out,
                           struct secho_error *err);

/* Is it true now? */
bool answer_is_current(const struct answer *answer);

/* "good until 2026-11-29T18:42:15Z", "revoked", "outdated since ...": less than `size` bytes. */
void answer_describe(const struct answer *answer, char *text, size_t size);

#endif
