/* mbedTLS as a client: PORT NAME CA CERT KEY MODE (tests/interop/README.md). */
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/error.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/ssl.h>
#include <mbedtls/version.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if MBEDTLS_VERSION_NUMBER >= 0x03000000
#include <psa/crypto.h>
#endif

static void must(const char *what, int result)
{
    char text[200];

    if (result < 0) {
        mbedtls_strerror(result, text, sizeof text);
        fprintf(stderr, "%s: %s (-0x%04x)\n", what, text, (unsigned)-result);
        exit(1);
    }
}

static int parse_key(mbedtls_pk_context *key, const char *file, mbedtls_ctr_drbg_context *random)
{
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
    return mbedtls_pk_parse_keyfile(key, file, NULL, mbedtls_ctr_drbg_random, random);
#else
    (void)random;
    return mbedtls_pk_parse_keyfile(key, file, NULL);
#endif
}

/* Reads `wanted` bytes, or to the end when there are as many as nobody sends, and prints them. */
static void receive(mbedtls_ssl_context *ssl, size_t wanted)
{
    unsigned char data[16000];

    while (wanted > 0) {
        int got = mbedtls_ssl_read(ssl, data, wanted < sizeof data ? wanted : sizeof data);

        if (got == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) {
            return;
        }
#ifdef MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET
        if (got == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET) {
            continue;
        }
#endif
        must("read", got == 0 ? MBEDTLS_ERR_SSL_CONN_EOF : got);
        fwrite(data, 1, (size_t)got, stdout);
        wanted -= (size_t)got;
    }
    fflush(stdout);
}

static void send_all(mbedtls_ssl_context *ssl, const unsigned char *data, size_t count)
{
    while (count > 0) {
        int sent = mbedtls_ssl_write(ssl, data, count);

#ifdef MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET
        if (sent == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET) {
            continue;
        }
#endif
        must("write", sent);
        data += sent;
        count -= (size_t)sent;
    }
}

int main(int argc, char **argv)
{
    static mbedtls_ssl_context ssl;
    static mbedtls_ssl_config settings;
    static mbedtls_entropy_context entropy;
    static mbedtls_ctr_drbg_context random;
    static mbedtls_x509_crt ca, own;
    static mbedtls_pk_context key;
    mbedtls_net_context tcp;
    static unsigned char data[16000];
    ssize_t count;

    if (argc != 7) {
        return 64;
    }
    mbedtls_ssl_init(&ssl);
    mbedtls_ssl_config_init(&settings);
    mbedtls_entropy_init(&entropy);
    mbedtls_ctr_drbg_init(&random);
    mbedtls_x509_crt_init(&ca);
    mbedtls_x509_crt_init(&own);
    mbedtls_pk_init(&key);
    mbedtls_net_init(&tcp);
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
    must("PSA", psa_crypto_init() == PSA_SUCCESS ? 0 : -1);
#endif
    must("random", mbedtls_ctr_drbg_seed(&random, mbedtls_entropy_func, &entropy, NULL, 0));
    must("CA", mbedtls_x509_crt_parse_file(&ca, argv[3]));
    must("settings",
         mbedtls_ssl_config_defaults(&settings, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                     MBEDTLS_SSL_PRESET_DEFAULT));
    mbedtls_ssl_conf_rng(&settings, mbedtls_ctr_drbg_random, &random);
    mbedtls_ssl_conf_ca_chain(&settings, &ca, NULL);
    if (strcmp(argv[4], "-") != 0) {
        must("certificate", mbedtls_x509_crt_parse_file(&own, argv[4]));
        must("key", parse_key(&key, argv[5], &random));
        must("own", mbedtls_ssl_conf_own_cert(&settings, &own, &key));
    }
    must("setup", mbedtls_ssl_setup(&ssl, &settings));
    must("name", mbedtls_ssl_set_hostname(&ssl, argv[2]));
    must("connect", mbedtls_net_connect(&tcp, "127.0.0.1", argv[1], MBEDTLS_NET_PROTO_TCP));
    mbedtls_ssl_set_bio(&ssl, &tcp, mbedtls_net_send, mbedtls_net_recv, NULL);
    must("handshake", mbedtls_ssl_handshake(&ssl));

    while ((count = read(STDIN_FILENO, data, sizeof data)) > 0) {
        send_all(&ssl, data, (size_t)count);
        if (strcmp(argv[6], "half") != 0) {
            receive(&ssl, (size_t)count);
        }
    }
    must("goodbye", mbedtls_ssl_close_notify(&ssl));
    receive(&ssl, SIZE_MAX);
    return 0;
}
