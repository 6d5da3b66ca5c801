/* fault.h - what is wrong with a certificate of a peer, in kinds that can be explained. */
#ifndef SECHO_FAULT_H
#define SECHO_FAULT_H

#include <openssl/x509_vfy.h>
#include <stddef.h>

enum fault {
    FAULT_OTHER, /* none of these: OpenSSL's words have to do */
    FAULT_EXPIRED,
    FAULT_NOT_YET_VALID,
    FAULT_CLOCK, /* the whole chain, up to the root, seems not to be valid yet */
    FAULT_WRONG_NAME,
    FAULT_UNKNOWN_ISSUER,
    FAULT_CHAIN_INCOMPLETE, /* it came alone, and its issuer is not known */
    FAULT_SELF_SIGNED,
    FAULT_WRONG_USAGE,
    FAULT_REVOKED,
    FAULT_CRL_MISSING,
    FAULT_CRL_OUTDATED,
    FAULT_STAPLE_MISSING,     /* it demands an OCSP response, and no good one came */
    FAULT_NOT_ALLOWED,        /* good, but on no list of ours */
    FAULT_NOT_A_CA,           /* it signs others and must not */
    FAULT_PATH_TOO_LONG,      /* more CAs below one of them than that allows */
    FAULT_NAME_NOT_PERMITTED, /* a CA above it may not sign for its name */
    FAULT_WEAK_KEY,
    FAULT_WEAK_DIGEST,
    FAULT_BAD_SIGNATURE,
    FAULT_COUNT,
};

/* What X509_verify_cert() complains of: in its callback, or after it. */
enum fault fault_of(X509_STORE_CTX *chain);

/*
 * Call it when all else is known: for a wrong signature in a chain OpenSSL would send
 * decrypt_error, as for a broken handshake, where RFC 8446 6.2 has bad_certificate.
 */
void fault_choose_alert(X509_STORE_CTX *chain);

/*
 * Says it of the certificate `at`, as it goes on after "the certificate ...: ", for the kinds that
 * both sides say alike, and in OpenSSL's words for FAULT_OTHER (`error` is X509_V_ERR_...). "" for
 * the others. Less than `size` bytes.
 */
void fault_describe(enum fault fault, long error, X509 *at, char *text, size_t size);

#endif
