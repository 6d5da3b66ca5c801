/*
 * libevent.c - a TLS echo with libevent's own TLS: one bufferevent for each connection.
 *
 *     libevent PORT CERTIFICATE KEY
 *
 * What was decrypted moves from the input buffer to the output buffer without a copy, as the
 * manual of evbuffer_add_buffer() advises.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <event2/listener.h>
#include <openssl/ssl.h>

static void die(const char *what)
{
    fprintf(stderr, "libevent: %s\n", what);
    exit(71);
}

static SSL_CTX *new_context(const char *certificate, const char *key)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());

    if (context == NULL || SSL_CTX_use_certificate_chain_file(context, certificate) != 1 ||
        SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1) {
        die("cannot load the certificate");
    }
    SSL_CTX_set_num_tickets(context, 1);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set1_groups_list(context, "X25519:P-256");
    SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_RENEGOTIATION);
    return context;
}

static void on_read(struct bufferevent *peer, void *unused)
{
    (void)unused;
    bufferevent_write_buffer(peer, bufferevent_get_input(peer));
}

static void on_event(struct bufferevent *peer, short what, void *unused)
{
    (void)unused;
    if ((what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) != 0) {
        SSL *tls = bufferevent_openssl_get_ssl(peer);

        if ((what & BEV_EVENT_EOF) != 0) {
            SSL_shutdown(tls); /* libevent does not say close_notify by itself */
        }
        bufferevent_free(peer);
    }
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *from,
                      int size, void *context)
{
    int on = 1;
    SSL *tls = SSL_new(context);
    struct bufferevent *peer =
        bufferevent_openssl_socket_new(evconnlistener_get_base(listener), fd, tls,
                                       BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);

    (void)from;
    (void)size;
    if (peer == NULL) {
        die("no memory");
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    bufferevent_openssl_set_allow_dirty_shutdown(peer, 1);
    bufferevent_setcb(peer, on_read, NULL, on_event, NULL);
    bufferevent_enable(peer, EV_READ | EV_WRITE);
}

int main(int argc, char **argv)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct event_base *base = event_base_new();
    SSL_CTX *context;

    if (argc != 4 || base == NULL) {
        die("usage: libevent PORT CERTIFICATE KEY");
    }
    signal(SIGPIPE, SIG_IGN);
    address.sin_port = htons((uint16_t)strtol(argv[1], NULL, 10));
    context = new_context(argv[2], argv[3]);
    if (evconnlistener_new_bind(base, on_accept, context, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE,
                                4096, (struct sockaddr *)&address, sizeof address) == NULL) {
        die("cannot listen");
    }
    event_base_dispatch(base);
    return 0;
}
