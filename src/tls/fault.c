#include "tls/fault.h"

#include <openssl/objects.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stdio.h>

/* ---- which kind ---- */

static const struct {
    int error;
    enum fault fault;
} faults[] = {
    {X509_V_ERR_CERT_HAS_EXPIRED, FAULT_EXPIRED},
    {X509_V_ERR_CERT_NOT_YET_VALID, FAULT_NOT_YET_VALID},
    {X509_V_ERR_HOSTNAME_MISMATCH, FAULT_WRONG_NAME},
    {X509_V_ERR_IP_ADDRESS_MISMATCH, FAULT_WRONG_NAME},
    {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, FAULT_SELF_SIGNED},
    {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, FAULT_UNKNOWN_ISSUER},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, FAULT_UNKNOWN_ISSUER},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, FAULT_UNKNOWN_ISSUER},
    {X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, FAULT_UNKNOWN_ISSUER},
    {X509_V_ERR_INVALID_PURPOSE, FAULT_WRONG_USAGE},
    {X509_V_ERR_CERT_REVOKED, FAULT_REVOKED},
    {X509_V_ERR_UNABLE_TO_GET_CRL, FAULT_CRL_MISSING},
    {X509_V_ERR_CRL_HAS_EXPIRED, FAULT_CRL_OUTDATED},
    {X509_V_ERR_OCSP_VERIFY_NEEDED, FAULT_STAPLE_MISSING},
    {X509_V_ERR_INVALID_CA, FAULT_NOT_A_CA},
    {X509_V_ERR_KEYUSAGE_NO_CERTSIGN, FAULT_NOT_A_CA},
    {X509_V_ERR_PATH_LENGTH_EXCEEDED, FAULT_PATH_TOO_LONG},
    {X509_V_ERR_CERT_CHAIN_TOO_LONG, FAULT_PATH_TOO_LONG},
    {X509_V_ERR_PERMITTED_VIOLATION, FAULT_NAME_NOT_PERMITTED},
    {X509_V_ERR_EXCLUDED_VIOLATION, FAULT_NAME_NOT_PERMITTED},
    {X509_V_ERR_EE_KEY_TOO_SMALL, FAULT_WEAK_KEY},
    {X509_V_ERR_CA_KEY_TOO_SMALL, FAULT_WEAK_KEY},
    {X509_V_ERR_CA_MD_TOO_WEAK, FAULT_WEAK_DIGEST},
    {X509_V_ERR_CERT_SIGNATURE_FAILURE, FAULT_BAD_SIGNATURE},
};

/* A chain of one says nothing: whoever signed it may have been wrong, too. */
static bool all_in_the_future(X509_STORE_CTX *chain)
{
    const STACK_OF(X509) *all = X509_STORE_CTX_get0_chain(chain);

    for (int i = 0; i < sk_X509_num(all); i++) {
        if (X509_cmp_current_time(X509_get0_notBefore(sk_X509_value(all, i))) <= 0) {
            return false;
        }
    }
    return sk_X509_num(all) > 1;
}

enum fault fault_of(X509_STORE_CTX *chain)
{
    int error = X509_STORE_CTX_get_error(chain);
    enum fault fault = FAULT_OTHER;

    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        if (faults[i].error == error) {
            fault = faults[i].fault;
        }
    }
    if (fault == FAULT_NOT_YET_VALID && all_in_the_future(chain)) {
        return FAULT_CLOCK;
    }
    if (fault == FAULT_UNKNOWN_ISSUER && error != X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN &&
        sk_X509_num(X509_STORE_CTX_get0_untrusted(chain)) <= 1) {
        return FAULT_CHAIN_INCOMPLETE;
    }
    return fault;
}

void fault_choose_alert(X509_STORE_CTX *chain)
{
    if (fault_of(chain) == FAULT_BAD_SIGNATURE) {
        X509_STORE_CTX_set_error(chain, X509_V_ERR_CERT_REJECTED);
    }
}

/* ---- in words ---- */

static void describe_key(X509 *at, char *text, size_t size)
{
    EVP_PKEY *key = X509_get0_pubkey(at);
    const char *type = key != NULL ? EVP_PKEY_get0_type_name(key) : NULL;

    (void)snprintf(text, size, "its key is too short (%s, %d bits)", type != NULL ? type : "?",
                   key != NULL ? EVP_PKEY_get_bits(key) : 0);
}

static void describe_digest(X509 *at, char *text, size_t size)
{
    int digest = NID_undef;

    (void)X509_get_signature_info(at, &digest, NULL, NULL, NULL);
    (void)snprintf(text, size, "it is signed with %s, which can be forged", OBJ_nid2ln(digest));
}

void fault_describe(enum fault fault, long error, X509 *at, char *text, size_t size)
{
    static const char *const words[FAULT_COUNT] = {
        [FAULT_NOT_A_CA] = "it has signed the one below and is no CA (basicConstraints, keyUsage)",
        [FAULT_PATH_TOO_LONG] = "more CAs stand below it than it allows (pathlen)",
        [FAULT_NAME_NOT_PERMITTED] = "a CA above it may not sign for its name (name constraints)",
        [FAULT_BAD_SIGNATURE] = "its signature is wrong",
    };

    text[0] = '\0';
    if (fault == FAULT_OTHER) {
        (void)snprintf(text, size, "%s", X509_verify_cert_error_string(error));
    } else if (fault == FAULT_WEAK_KEY && at != NULL) {
        describe_key(at, text, size);
    } else if (fault == FAULT_WEAK_DIGEST && at != NULL) {
        describe_digest(at, text, size);
    } else if (words[fault] != NULL) {
        (void)snprintf(text, size, "%s", words[fault]);
    }
}
