#include "pair.h"

#include <check.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tls/context.h"

#define TURNS_MAX 100000 /* more than any test needs: else our end spins */

/* ---- the server, as service.c makes it ---- */

/* It began so long ago that it takes what comes. */
static void open_window(struct pair *pair)
{
    struct replay_clocks before = replay_clocks();

    before.even_ms -= REPLAY_PERIOD_MS;
    before.wall_ms -= REPLAY_PERIOD_MS;
    pair->window = calloc(1, sizeof *pair->window);
    ck_assert_ptr_nonnull(pair->window);
    replay_begin(pair->window, before);
    context_watch_replays(pair->listener.context, pair->window);
    pair->config.tls.early_data_bytes = pair->settings.early_data_bytes;
}

static void make_listener(struct pair *pair)
{
    const struct pair_settings *wanted = &pair->settings;
    const struct context_pair files = {.chain = pair->credentials.chain,
                                       .key = pair->credentials.key};
    const struct context_settings settings = {
        .pairs = &files,
        .pair_count = 1,
        .min_version = wanted->min_version != 0 ? wanted->min_version : TLS1_2_VERSION,
        .max_version = wanted->max_version != 0 ? wanted->max_version : TLS1_3_VERSION,
        .tickets = 1,
        .early_data_bytes = wanted->early_data_bytes,
    };
    struct context_problem problem = {0};

    pair->config = (struct config_listener){.name = (char *)"main", .pointer = "/listeners/0"};
    pair->listener = (struct listener){.config = &pair->config};
    if (wanted->proxied) {
        pair->config.proxy_protocol = true;
        pair->listener.senders = &pair->everybody;
        pair->listener.sender_count = 1;
    }
    if (!wanted->plain) {
        credentials_make(&pair->credentials);
        ck_assert_msg(context_server(&settings, &pair->listener.context, &problem, 1) == 0, "%s",
                      problem.err.text);
    }
    if (wanted->early_data_bytes > 0) {
        open_window(pair);
    }
}

static void make_client(struct pair *pair)
{
    const struct pair_settings *wanted = &pair->settings;

    pair->client_context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_min_proto_version(pair->client_context, wanted->client_version);
    SSL_CTX_set_max_proto_version(pair->client_context, wanted->client_version);
    if (wanted->client_suites != NULL) {
        SSL_CTX_set_ciphersuites(pair->client_context, wanted->client_suites);
    }
}

void pair_open(struct pair *pair, const struct pair_settings *settings)
{
    *pair = (struct pair){.settings = *settings, .fd = -1, .turn = conn_turn};
    make_listener(pair);
    make_client(pair);
    ck_assert_int_eq(wire_buffers_init(&pair->buffers), 0);
    pair_connect(pair, NULL);
}

void pair_close(struct pair *pair)
{
    pair_disconnect(pair);
    wire_buffers_done(&pair->buffers);
    SSL_CTX_free(pair->client_context);
    SSL_CTX_free(pair->listener.context);
    free(pair->window);
    if (!pair->settings.plain) {
        credentials_remove(&pair->credentials);
    }
}

/* ---- one connection ---- */

static void make_sockets(struct pair *pair, int *server_fd)
{
    int ends[2], window = pair->settings.window;

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    if (window != 0) {
        setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &window, sizeof window);
        setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &window, sizeof window);
    }
    *server_fd = ends[0];
    pair->fd = ends[1];
}

void pair_connect(struct pair *pair, SSL_SESSION *session)
{
    int server_fd;

    make_sockets(pair, &server_fd);
    ck_assert_int_eq(conn_init(&pair->conn, &pair->listener, &pair->buffers, server_fd), 0);
    pair->conn.counters = &pair->counters;
    pair->conn.tally = &pair->counters.listeners[0];
    pair->limits = (struct limits){.config = &pair->whole, .own = &pair->counters};
    pair->conn.limits = &pair->limits;
    ck_assert_int_eq(address_parse(PAIR_PEER, 40000, &pair->conn.peer), 0);
    pair->next = CONN_WAIT;
    pair->turns = 0;
    pair->saw_fin = false;
    pair->saw_errno = 0;
    if (!pair->settings.plain) {
        pair->client = SSL_new(pair->client_context);
        SSL_set_bio(pair->client, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
        SSL_set_connect_state(pair->client);
        stream_watch(pair->client, &pair->heard);
        if (session != NULL) {
            SSL_set_session(pair->client, session);
        }
    }
}

void pair_disconnect(struct pair *pair)
{
    pair_hang_up(pair);
    SSL_free(pair->client);
    pair->client = NULL;
    conn_done(&pair->conn);
}

/* ---- our end ---- */

bool pair_is_ready(const struct pair *pair)
{
    unsigned watch = conn_watch(&pair->conn);
    struct pollfd socket = {.fd = pair->conn.wire.fd};

    socket.events |= (watch & WATCH_READ) != 0 ? POLLIN : 0;
    socket.events |= (watch & WATCH_WRITE) != 0 ? POLLOUT : 0;
    return poll(&socket, 1, 0) == 1;
}

enum conn_next pair_serve(struct pair *pair)
{
    while (pair->next == CONN_AGAIN || (pair->next == CONN_WAIT && pair_is_ready(pair))) {
        pair->next = pair->turn(&pair->conn);
        ck_assert_ptr_null(pair->buffers.owner); /* no turn stays open */
        ck_assert_uint_lt(++pair->turns, TURNS_MAX);
    }
    return pair->next;
}

/* ---- the client's end ---- */

size_t pair_push(struct pair *pair, size_t most)
{
    char *data;
    size_t len = (size_t)BIO_get_mem_data(SSL_get_wbio(pair->client), &data);

    len = len < most ? len : most;
    if (len == 0 || pair->fd == -1) {
        return 0;
    }
    ssize_t sent = send(pair->fd, data, len, MSG_NOSIGNAL);
    char away[4096];

    for (ssize_t left = sent; left > 0;) { /* takes what was sent out of the memory */
        left -= BIO_read(SSL_get_wbio(pair->client), away,
                         left < (ssize_t)sizeof away ? (int)left : (int)sizeof away);
    }
    return sent > 0 ? (size_t)sent : 0;
}

size_t pair_receive_raw(struct pair *pair, void *buffer, size_t len)
{
    ssize_t got = pair->fd == -1 ? -1 : recv(pair->fd, buffer, len, 0);

    pair->saw_fin = pair->saw_fin || got == 0;
    if (got == -1 && errno != EAGAIN && pair->fd != -1) {
        pair->saw_errno = errno;
    }
    return got > 0 ? (size_t)got : 0;
}

size_t pair_pull(struct pair *pair)
{
    char buffer[16384];
    size_t got, all = 0;

    while ((got = pair_receive_raw(pair, buffer, sizeof buffer)) > 0) {
        BIO_write(SSL_get_rbio(pair->client), buffer, (int)got);
        all += got;
    }
    return all;
}

void pair_settle(struct pair *pair)
{
    size_t moved;

    do {
        unsigned turns = pair->turns;

        moved = pair_push(pair, SIZE_MAX);
        pair_serve(pair);
        moved += pair_pull(pair);
        moved += pair->turns - turns;
    } while (moved > 0);
}

void pair_shake_hands(struct pair *pair)
{
    for (int i = 0; i < 10 && SSL_do_handshake(pair->client) != 1; i++) {
        pair_settle(pair);
    }
    pair_settle(pair); /* the client's Finished, in TLS 1.3 */
    ck_assert_int_eq(SSL_is_init_finished(pair->client), 1);
    ck_assert_int_eq(pair->conn.state, CONN_ECHO);
}

void pair_say(struct pair *pair, const void *data, size_t len)
{
    size_t put = 0;

    ck_assert_int_eq(SSL_write_ex(pair->client, data, len, &put), 1);
    ck_assert_uint_eq(put, len);
}

size_t pair_hear(struct pair *pair, void *buffer, size_t len)
{
    size_t all = 0, got = 0;

    while (all < len && SSL_read_ex(pair->client, (char *)buffer + all, len - all, &got) == 1) {
        all += got;
    }
    if (len == 0) { /* only what is not data: an alert, a ticket */
        char none;

        (void)SSL_peek(pair->client, &none, 1);
    }
    return all;
}

bool pair_heard_goodbye(const struct pair *pair)
{
    /* OpenSSL notes the same for a fatal alert. */
    return (SSL_get_shutdown(pair->client) & SSL_RECEIVED_SHUTDOWN) != 0 &&
           pair->heard.alert_received == STREAM_NO_ALERT;
}

void pair_send_raw(struct pair *pair, const void *data, size_t len)
{
    ck_assert_int_eq(send(pair->fd, data, len, MSG_NOSIGNAL), (ssize_t)len);
}

void pair_half_close(struct pair *pair)
{
    shutdown(pair->fd, SHUT_WR);
}

void pair_hang_up(struct pair *pair)
{
    if (pair->fd != -1) {
        close(pair->fd);
        pair->fd = -1;
    }
}
