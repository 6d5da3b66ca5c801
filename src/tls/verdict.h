/*
 * verdict.h - what a client finds wrong with the certificate of a server, kept to be explained.
 *
 * The struct is in trust.h.
 */
#ifndef SECHO_VERDICT_H
#define SECHO_VERDICT_H

#include "tls/trust.h"

/*
 * Makes `verdict` follow the verification of `tls`; it must live as long as `tls`. With `insecure`
 * what is wrong is noted, and nobody is refused. 0, or -1 without memory.
 */
MUST_CHECK int verdict_watch(SSL *tls, bool insecure, struct trust_verdict *verdict);

/*
 * Notes something that is wrong with the server's own certificate and that OpenSSL did not look at.
 * The first thing stays.
 *
 *   error  X509_V_ERR_..., and `fault` its kind
 *   why    what more is known of it, or ""
 */
void verdict_note(SSL *tls, long error, enum fault fault, const char *why);

#endif
