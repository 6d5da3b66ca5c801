#include "client/talk_proof.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <string.h>

#include "base/error.h"

#define KEY_BYTES   16
#define NONCE_BYTES 12
#define TAG_BYTES   16

static EVP_MAC_CTX *begin(EVP_MAC *gmac, unsigned char *key, unsigned char *nonce)
{
    char cipher[] = "AES-128-GCM";
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER, cipher, 0),
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_IV, nonce, NONCE_BYTES),
        OSSL_PARAM_construct_end(),
    };
    EVP_MAC_CTX *context = gmac != NULL ? EVP_MAC_CTX_new(gmac) : NULL;

    if (context != NULL && EVP_MAC_init(context, key, KEY_BYTES, params) != 1) {
        EVP_MAC_CTX_free(context);
        context = NULL;
    }
    return context;
}

int talk_proof_init(struct talk_proof *proof)
{
    unsigned char key[KEY_BYTES], nonce[NONCE_BYTES];
    EVP_MAC *gmac = EVP_MAC_fetch(NULL, "GMAC", NULL);

    *proof = (struct talk_proof){0};
    if (RAND_bytes(key, sizeof key) == 1 && RAND_bytes(nonce, sizeof nonce) == 1) {
        proof->of_sent = begin(gmac, key, nonce);
        proof->of_received = begin(gmac, key, nonce);
    }
    EVP_MAC_free(gmac);
    OPENSSL_cleanse(key, sizeof key);
    if (proof->of_sent != NULL && proof->of_received != NULL) {
        return 0;
    }
    talk_proof_done(proof);
    error_forget_tls();
    return -1;
}

void talk_proof_done(struct talk_proof *proof)
{
    EVP_MAC_CTX_free(proof->of_sent);
    EVP_MAC_CTX_free(proof->of_received);
    proof->of_sent = NULL;
    proof->of_received = NULL;
}

void talk_proof_sent(struct talk_proof *proof, const void *data, size_t len)
{
    proof->sent += len;
    (void)EVP_MAC_update(proof->of_sent, data, len); /* fails only where _final fails too */
}

void talk_proof_received(struct talk_proof *proof, const void *data, size_t len)
{
    proof->received += len;
    (void)EVP_MAC_update(proof->of_received, data, len);
}

bool talk_proof_same(struct talk_proof *proof)
{
    unsigned char sent[TAG_BYTES], received[TAG_BYTES];
    size_t len = 0;

    if (proof->sent != proof->received) {
        return false;
    }
    if (EVP_MAC_final(proof->of_sent, sent, &len, sizeof sent) != 1 || len != sizeof sent ||
        EVP_MAC_final(proof->of_received, received, &len, sizeof received) != 1 ||
        len != sizeof received) {
        error_forget_tls();
        return false;
    }
    return memcmp(sent, received, sizeof sent) == 0;
}
