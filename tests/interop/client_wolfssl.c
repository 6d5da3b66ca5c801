/* wolfSSL as a client: PORT NAME CA CERT KEY MODE (tests/interop/README.md). */
#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void must(const char *what, WOLFSSL *ssl, int fine, int result)
{
    char text[200];

    if (!fine) {
        if (ssl != NULL) {
            result = wolfSSL_get_error(ssl, result);
        }
        fprintf(stderr, "%s: %s (%d)\n", what,
                wolfSSL_ERR_error_string((unsigned long)result, text), result);
        exit(1);
    }
}

static int connect_to(const char *port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0) {
        perror("connect");
        exit(1);
    }
    return fd;
}

/* Reads `wanted` bytes, or to the end when there are as many as nobody sends, and prints them. */
static void receive(WOLFSSL *ssl, size_t wanted)
{
    char data[16000];

    while (wanted > 0) {
        int got = wolfSSL_read(ssl, data, (int)(wanted < sizeof data ? wanted : sizeof data));

        if (got <= 0 && wanted > INT32_MAX &&
            wolfSSL_get_error(ssl, got) == WOLFSSL_ERROR_ZERO_RETURN) {
            break;
        }
        must("read", ssl, got > 0, got);
        fwrite(data, 1, (size_t)got, stdout);
        wanted -= (size_t)got;
    }
    fflush(stdout);
}

int main(int argc, char **argv)
{
    static char data[16000];
    WOLFSSL_CTX *settings;
    WOLFSSL *ssl;
    ssize_t count;
    int result;

    if (argc != 7) {
        return 64;
    }
    settings = wolfSSL_CTX_new(wolfSSLv23_client_method());
    wolfSSL_CTX_set_verify(settings, WOLFSSL_VERIFY_PEER, NULL);
    result = wolfSSL_CTX_load_verify_locations(settings, argv[3], NULL);
    must("CA", NULL, result == WOLFSSL_SUCCESS, result);
    if (strcmp(argv[4], "-") != 0) {
        result = wolfSSL_CTX_use_certificate_chain_file(settings, argv[4]);
        must("certificate", NULL, result == WOLFSSL_SUCCESS, result);
        result = wolfSSL_CTX_use_PrivateKey_file(settings, argv[5], WOLFSSL_FILETYPE_PEM);
        must("key", NULL, result == WOLFSSL_SUCCESS, result);
    }
    ssl = wolfSSL_new(settings);
    result = wolfSSL_check_domain_name(ssl, argv[2]);
    must("name", NULL, result == WOLFSSL_SUCCESS, result);
    result = wolfSSL_UseSNI(ssl, WOLFSSL_SNI_HOST_NAME, argv[2], (unsigned short)strlen(argv[2]));
    must("SNI", NULL, result == WOLFSSL_SUCCESS, result);
    wolfSSL_set_fd(ssl, connect_to(argv[1]));
    result = wolfSSL_connect(ssl);
    must("handshake", ssl, result == WOLFSSL_SUCCESS, result);

    while ((count = read(STDIN_FILENO, data, sizeof data)) > 0) {
        result = wolfSSL_write(ssl, data, (int)count);
        must("write", ssl, result == (int)count, result);
        if (strcmp(argv[6], "half") != 0) {
            receive(ssl, (size_t)count);
        }
    }
    result = wolfSSL_shutdown(ssl);
    must("goodbye", ssl, result == WOLFSSL_SUCCESS || result == WOLFSSL_SHUTDOWN_NOT_DONE, result);
    if (result == WOLFSSL_SHUTDOWN_NOT_DONE) {
        receive(ssl, SIZE_MAX);
    }
    return 0;
}
