#include "tls/missing.h"

/* The certificates' kinds of key, as cipher suites of TLS 1.2 name them. */
struct kinds {
    bool rsa, ecdsa;
};

static struct kinds kinds_of_keys(SSL *tls)
{
    struct kinds kinds = {false, false};

    for (long more = SSL_set_current_cert(tls, SSL_CERT_SET_FIRST); more == 1;
         more = SSL_set_current_cert(tls, SSL_CERT_SET_NEXT)) {
        const EVP_PKEY *key = SSL_get_privatekey(tls);
        bool rsa = key != NULL && (EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_is_a(key, "RSA-PSS"));

        kinds.rsa = kinds.rsa || rsa;
        kinds.ecdsa = kinds.ecdsa || (key != NULL && !rsa); /* RFC 8422 5.10: EdDSA counts so */
    }
    return kinds;
}

static bool fits(const SSL_CIPHER *suite, struct kinds kinds)
{
    int needs = SSL_CIPHER_get_auth_nid(suite);

    return (needs == NID_auth_rsa && kinds.rsa) || (needs == NID_auth_ecdsa && kinds.ecdsa);
}

/* Suites that both have, and for which we have a key. */
static int count_common(SSL *tls)
{
    const STACK_OF(SSL_CIPHER) *ours = SSL_get_ciphers(tls), *theirs = SSL_get_client_ciphers(tls);
    struct kinds kinds = kinds_of_keys(tls);
    int count = 0;

    for (int i = 0; i < sk_SSL_CIPHER_num(ours); i++) {
        const SSL_CIPHER *suite = sk_SSL_CIPHER_value(ours, i);

        for (int k = 0; k < sk_SSL_CIPHER_num(theirs); k++) {
            const SSL_CIPHER *other = sk_SSL_CIPHER_value(theirs, k);

            count += SSL_CIPHER_get_id(suite) == SSL_CIPHER_get_id(other) && fits(suite, kinds);
        }
    }
    return count;
}

enum stream_reason missing_in_common(SSL *tls)
{
    if (!SSL_is_server(tls) || SSL_version(tls) != TLS1_2_VERSION || count_common(tls) == 0) {
        return STREAM_REASON_NO_COMMON_SUITE;
    }
    return SSL_get_shared_group(tls, -1) == 0 ? STREAM_REASON_NO_COMMON_GROUP
                                              : STREAM_REASON_NO_COMMON_SIGNATURE;
}
