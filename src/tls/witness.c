#include "tls/witness.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Where an SSL keeps it. An SSL that nobody watches has nothing there, and no memory for it. */
static int witness_index = -1;
static pthread_once_t index_once = PTHREAD_ONCE_INIT;

/* CRYPTO_get_ex_new_index(3): called by SSL_free(). */
/* NOLINTNEXTLINE(readability-function-size): it has more than five parameters */
static void free_with_tls(void *tls, void *what, CRYPTO_EX_DATA *data, int index, long argl,
                          void *argp)
{
    (void)tls, (void)data, (void)index, (void)argl, (void)argp;
    free(what);
}

static void make_index(void)
{
    witness_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, free_with_tls);
}

/* ---- HelloRetryRequest ---- */

/* RFC 8446 4.1.3: a ServerHello with this "random" (SHA-256 of "HelloRetryRequest") is one. */
static const unsigned char retry_random[32] = {
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
};

#define RANDOM_AT 6 /* behind type (1), length (3) and version (2) */

/* SSL_set_msg_callback(3): told of each message, sent or received. */
/* NOLINTNEXTLINE(readability-function-size): it has more than five parameters */
static void look_at_message(int sent, int version, int type, const void *message, size_t len,
                            SSL *tls, void *arg)
{
    const unsigned char *bytes = message;
    struct witness *witness = arg;

    (void)sent, (void)version, (void)tls;
    if (type == SSL3_RT_HANDSHAKE && len >= RANDOM_AT + sizeof retry_random &&
        bytes[0] == SSL3_MT_SERVER_HELLO &&
        memcmp(bytes + RANDOM_AT, retry_random, sizeof retry_random) == 0) {
        witness->retried = true;
    }
}

/* ---- all of it ---- */

int witness_watch(SSL *tls)
{
    struct witness *witness;

    (void)pthread_once(&index_once, make_index);
    if (SSL_get_ex_data(tls, witness_index) != NULL) {
        return 0;
    }
    witness = calloc(1, sizeof *witness);
    if (witness == NULL || SSL_set_ex_data(tls, witness_index, witness) != 1) {
        free(witness);
        return -1;
    }
    SSL_set_msg_callback(tls, look_at_message);
    SSL_set_msg_callback_arg(tls, witness);
    return 0;
}

void witness_note_offered(SSL *tls, const unsigned char *offered, size_t len)
{
    struct witness *witness = SSL_get_ex_data(tls, witness_index);
    size_t fits = 0;

    while (fits < len && fits + 1 + offered[fits] <= len &&
           fits + 1 + offered[fits] <= sizeof witness->offered) {
        fits += (size_t)1 + offered[fits];
    }
    memcpy(witness->offered, offered, fits);
    witness->offered_len = fits;
}

const struct witness *witness_of(const SSL *tls)
{
    (void)pthread_once(&index_once, make_index);
    return SSL_get_ex_data(tls, witness_index);
}
