/* alpn.h - the application protocol that a listener chooses (ALPN, RFC 7301). */
#ifndef SECHO_ALPN_H
#define SECHO_ALPN_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"

#define ALPN_NAME_MAX 255              /* bytes of a name: RFC 7301 3.1 */
#define ALPN_REPORT   "secho-report/1" /* both ends tell what they see: diagnosis/report.h */

struct alpn {
    unsigned char *wire; /* a byte of length before each name, best first; NULL: any or none */
    unsigned len;
    bool reports; /* who offers ALPN_REPORT gets it, whatever else is offered */
};

/*
 * alpn_init - take the names, best first, 1..ALPN_NAME_MAX bytes each.
 *
 *   reports  answer those who offer ALPN_REPORT
 *
 * -1: no memory; then there is nothing to be done with alpn_done() either.
 */
MUST_CHECK int alpn_init(struct alpn *alpn, char *const *names, size_t count, bool reports);

/*
 * Makes the context choose from the list, which must live as long; without names nothing
 * is chosen but ALPN_REPORT. A client without ALPN is fine, one that offers nothing of ours gets
 * the alert no_application_protocol.
 *
 * A connection for which ALPN_REPORT was chosen has a witness (witness.h), others have none.
 */
void alpn_use(SSL_CTX *context, struct alpn *alpn);

void alpn_done(struct alpn *alpn);

#endif
