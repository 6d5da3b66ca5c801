#include "tls/defaults.h"

#include <openssl/ssl.h>
#include <stdbool.h>

#include "base/error.h"
#include "tls/lists.h"

#define CLASSIC_GROUPS "X25519:P-256:P-384"
#define HYBRID_GROUPS  "X25519MLKEM768:" CLASSIC_GROUPS

#define CLASSIC_SIGNATURES                                                                         \
    "ecdsa_secp256r1_sha256:ed25519:rsa_pss_rsae_sha256:rsa_pss_pss_sha256:"                       \
    "ecdsa_secp384r1_sha384:rsa_pss_rsae_sha384:rsa_pss_pss_sha384:"                               \
    "ecdsa_secp521r1_sha512:ed448:rsa_pss_rsae_sha512:rsa_pss_pss_sha512:"                         \
    "rsa_pkcs1_sha256:rsa_pkcs1_sha384:rsa_pkcs1_sha512"
#define NEWEST_SIGNATURES "mldsa65:mldsa87:mldsa44:" CLASSIC_SIGNATURES

/* The OpenSSL that runs decides, not the one that we were built with; a FIPS provider may have
 * less. */
static const char *best_known(enum lists_kind kind, const char *best, const char *otherwise)
{
    SSL_CTX *context = SSL_CTX_new(TLS_method());
    bool known = context != NULL && lists_set(context, kind, best, NULL) == 0;

    SSL_CTX_free(context);
    error_forget_tls(); /* "no" is an answer here, not a failure */
    return known ? best : otherwise;
}

const char *defaults_groups(void)
{
    return best_known(LISTS_GROUPS, HYBRID_GROUPS, CLASSIC_GROUPS);
}

/* "*" is a key share of its own (SSL_CTX_set1_groups(3) of OpenSSL 3.5). */
#define HYBRID_SHARES "*X25519MLKEM768:*X25519:P-256:P-384"

const char *defaults_groups_offered(void)
{
    return best_known(LISTS_GROUPS, HYBRID_SHARES, CLASSIC_GROUPS);
}

const char *defaults_groups_small(void)
{
    return CLASSIC_GROUPS;
}

const char *defaults_signature_algorithms(void)
{
    return best_known(LISTS_SIGNATURE_ALGORITHMS, NEWEST_SIGNATURES, CLASSIC_SIGNATURES);
}
