/*
 * memory_handshake.c - what OpenSSL alone costs a server: handshakes in memory, no socket, no
 * kernel.
 *
 *     memory_handshake full|resumed|resumed12 SECONDS CHAIN KEY
 *
 * A client and a server take turns over two memory BIOs. Only the calls on the server's SSL are
 * timed, with the CPU clock of the thread: SSL_new, the handshake, one echo of 64 bytes, goodbye,
 * SSL_free. Settings are those of the servers in the comparison. Prints one line of JSON:
 *
 *     {"mode": "full", "count": 2371, "us": 412.7}
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#define MESSAGE_SIZE  64
#define WARM_UP_COUNT 50

struct lab {
    SSL_CTX *server_context, *client_context;
    SSL_SESSION *session; /* what the last connection left for the next one */
    bool resumes;
    double seconds; /* of the server, so far */
};

/* One connection. Each side reads what the other one has written. */
struct couple {
    SSL *server, *client;
    BIO *to_server, *to_client;
};

static void die(const char *what)
{
    fprintf(stderr, "memory_handshake: %s\n", what);
    ERR_print_errors_fp(stderr);
    exit(71);
}

static double cpu_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double wall_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static SSL_CTX *new_context(const SSL_METHOD *method, int version)
{
    SSL_CTX *context = SSL_CTX_new(method);

    if (context == NULL || SSL_CTX_set_min_proto_version(context, version) != 1 ||
        SSL_CTX_set_max_proto_version(context, version) != 1 ||
        SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256") != 1 ||
        SSL_CTX_set_cipher_list(context, "ECDHE-ECDSA-AES128-GCM-SHA256") != 1 ||
        SSL_CTX_set1_groups_list(context, "X25519:P-256") != 1) {
        die("settings");
    }
    return context;
}

static void open_lab(struct lab *lab, const char *mode, const char *chain, const char *key)
{
    int version = strcmp(mode, "resumed12") == 0 ? TLS1_2_VERSION : TLS1_3_VERSION;

    lab->resumes = strcmp(mode, "full") != 0;
    lab->client_context = new_context(TLS_client_method(), version);
    SSL_CTX_set_verify(lab->client_context, SSL_VERIFY_NONE, NULL);
    lab->server_context = new_context(TLS_server_method(), version);
    SSL_CTX_set_num_tickets(lab->server_context, 1);
    SSL_CTX_set_session_cache_mode(lab->server_context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(lab->server_context, SSL_MODE_RELEASE_BUFFERS);
    if (SSL_CTX_use_certificate_chain_file(lab->server_context, chain) != 1 ||
        SSL_CTX_use_PrivateKey_file(lab->server_context, key, SSL_FILETYPE_PEM) != 1) {
        die("certificate");
    }
}

static void open_couple(struct lab *lab, struct couple *couple)
{
    double began;

    couple->to_server = BIO_new(BIO_s_mem());
    couple->to_client = BIO_new(BIO_s_mem());
    couple->client = SSL_new(lab->client_context);
    BIO_up_ref(couple->to_server); /* each side holds both */
    BIO_up_ref(couple->to_client);
    SSL_set_bio(couple->client, couple->to_client, couple->to_server);
    SSL_set_connect_state(couple->client);
    if (lab->session != NULL && SSL_set_session(couple->client, lab->session) != 1) {
        die("session");
    }
    began = cpu_now();
    couple->server = SSL_new(lab->server_context);
    SSL_set_bio(couple->server, couple->to_server, couple->to_client);
    SSL_set_accept_state(couple->server);
    lab->seconds += cpu_now() - began;
}

static void shake_hands(struct lab *lab, struct couple *couple)
{
    int client = 0, server = 0;

    for (int turn = 0; turn < 10 && (client != 1 || server != 1); turn++) {
        double began;

        client = SSL_do_handshake(couple->client);
        began = cpu_now();
        server = SSL_do_handshake(couple->server);
        lab->seconds += cpu_now() - began;
    }
    if (client != 1 || server != 1) {
        die("handshake");
    }
    if (lab->session != NULL && SSL_session_reused(couple->server) != 1) {
        die("the session was not resumed");
    }
}

static void echo(struct lab *lab, struct couple *couple)
{
    char sent[MESSAGE_SIZE] = "what is sent comes back", held[MESSAGE_SIZE], back[MESSAGE_SIZE];
    double began;

    if (SSL_write(couple->client, sent, sizeof sent) != sizeof sent) {
        die("client's write");
    }
    began = cpu_now();
    if (SSL_read(couple->server, held, sizeof held) != sizeof held ||
        SSL_write(couple->server, held, sizeof held) != sizeof held) {
        die("server's echo");
    }
    lab->seconds += cpu_now() - began;
    if (SSL_read(couple->client, back, sizeof back) != sizeof back ||
        memcmp(sent, back, sizeof sent) != 0) {
        die("client's read");
    }
}

static void goodbye(struct lab *lab, struct couple *couple)
{
    double began;

    if (lab->resumes) { /* the ticket has come with the echo */
        SSL_SESSION_free(lab->session);
        lab->session = SSL_get1_session(couple->client);
    }
    SSL_shutdown(couple->client);
    began = cpu_now();
    SSL_shutdown(couple->server);
    SSL_free(couple->server);
    lab->seconds += cpu_now() - began;
    SSL_free(couple->client);
}

static void connect_once(struct lab *lab)
{
    struct couple couple;

    open_couple(lab, &couple);
    shake_hands(lab, &couple);
    echo(lab, &couple);
    goodbye(lab, &couple);
}

int main(int argc, char **argv)
{
    struct lab lab = {0};
    double end;
    long count = 0;

    if (argc != 5 || (strcmp(argv[1], "full") != 0 && strcmp(argv[1], "resumed") != 0 &&
                      strcmp(argv[1], "resumed12") != 0)) {
        fprintf(stderr, "usage: memory_handshake full|resumed|resumed12 SECONDS CHAIN KEY\n");
        return 64;
    }
    open_lab(&lab, argv[1], argv[3], argv[4]);
    for (int i = 0; i < WARM_UP_COUNT; i++) {
        connect_once(&lab);
    }
    lab.seconds = 0;
    end = wall_now() + strtod(argv[2], NULL);
    do {
        connect_once(&lab);
        count++;
    } while (wall_now() < end);
    printf("{\"mode\": \"%s\", \"count\": %ld, \"us\": %.1f}\n", argv[1], count,
           lab.seconds * 1e6 / (double)count);
    SSL_SESSION_free(lab.session);
    SSL_CTX_free(lab.client_context);
    SSL_CTX_free(lab.server_context);
    return 0;
}
