#include "tls/ticket_key.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <string.h>

#include "base/error.h"

/* RFC 5869 without a salt: 2.2 wants one where the secret is not uniform; ours are random. */
static int hkdf(const unsigned char *secret, const char *purpose, unsigned char *out, size_t len)
{
    EVP_KDF *algorithm = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *kdf = EVP_KDF_CTX_new(algorithm);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char[]){"SHA256"}, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)secret, TICKET_SECRET_BYTES),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)purpose, strlen(purpose)),
        OSSL_PARAM_construct_end(),
    };
    int rc = kdf != NULL && EVP_KDF_derive(kdf, out, len, params) == 1 ? 0 : -1;

    EVP_KDF_CTX_free(kdf);
    EVP_KDF_free(algorithm);
    if (rc != 0) {
        error_forget_tls();
    }
    return rc;
}

int ticket_key_derive(const unsigned char secret[static TICKET_SECRET_BYTES],
                      struct ticket_key *out)
{
    unsigned char all[sizeof out->name + sizeof out->cipher_key + sizeof out->mac_key];

    if (hkdf(secret, "secho ticket key", all, sizeof all) != 0) {
        return -1;
    }
    memcpy(out->name, all, sizeof out->name);
    memcpy(out->cipher_key, all + sizeof out->name, sizeof out->cipher_key);
    memcpy(out->mac_key, all + sizeof out->name + sizeof out->cipher_key, sizeof out->mac_key);
    OPENSSL_cleanse(all, sizeof all);
    return 0;
}

int ticket_key_next(const unsigned char secret[static TICKET_SECRET_BYTES],
                    unsigned char out[static TICKET_SECRET_BYTES])
{
    unsigned char next[TICKET_SECRET_BYTES];

    if (hkdf(secret, "secho ticket next", next, sizeof next) != 0) {
        return -1;
    }
    memcpy(out, next, sizeof next);
    OPENSSL_cleanse(next, sizeof next);
    return 0;
}
