#include "tls/socket_bio.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>

#include "net/socket.h"

static void remember_first(struct socket_bio *state)
{
    size_t room = SOCKET_BIO_FIRST - state->first_len;
    size_t n = state->len < room ? state->len : room;

    memcpy(state->first + state->first_len, state->buffer, n);
    state->first_len += n;
}

/*
 * The kernel tells an error once, to whoever calls first (socket(7), SO_ERROR), and an end of file
 * from then on: the reset of a connection must not become an orderly FIN by asking again.
 */
static enum moved receive(struct socket_bio *state, size_t *n)
{
    enum moved moved = socket_receive(state->fd, state->buffer, sizeof state->buffer, n);

    if (moved == MOVED_FAILED) {
        state->failed = errno;
    } else if (moved == MOVED_END && state->failed != 0) {
        errno = state->failed;
        return MOVED_FAILED;
    }
    return moved;
}

static enum moved refill(struct socket_bio *state)
{
    size_t n = 0;
    enum moved moved = receive(state, &n);

    if (moved == MOVED) {
        state->at = 0;
        state->len = n;
        state->received += n;
        remember_first(state);
    }
    state->ended = moved == MOVED_END;
    return moved;
}

/* BIO_meth_set_read_ex(3): 1 and *got, or 0 with the retry flag, BIO_eof() or errno saying why. */
static int read_bytes(BIO *bio, char *data, size_t len, size_t *got)
{
    struct socket_bio *state = BIO_get_data(bio);
    size_t held = state->len - state->at;

    BIO_clear_retry_flags(bio);
    if (held == 0) {
        enum moved moved = refill(state);

        if (moved == MOVED_NOTHING) {
            BIO_set_retry_read(bio);
        }
        if (moved != MOVED) {
            return 0;
        }
        held = state->len;
    }
    *got = held < len ? held : len;
    memcpy(data, state->buffer + state->at, *got);
    state->at += *got;
    return 1;
}

/*
 * The first part of what is split leaves at once (socket_connect() has set TCP_NODELAY), and the
 * pause lets whoever looks at packets on the way see it alone. OpenSSL then writes the rest.
 */
static enum moved send_bytes(struct socket_bio *state, const char *data, size_t len, size_t *put)
{
    bool first = state->sent == 0;

    if (first) {
        state->opening = len;
    }
    if (!first || state->split == 0 || state->split >= len) {
        return socket_send(state->fd, data, len, put);
    }
    enum moved moved = socket_send(state->fd, data, state->split, put);

    (void)poll(NULL, 0, moved == MOVED ? SOCKET_BIO_REST : 0);
    return moved;
}

static int write_bytes(BIO *bio, const char *data, size_t len, size_t *put)
{
    struct socket_bio *state = BIO_get_data(bio);
    enum moved moved = send_bytes(state, data, len, put);

    BIO_clear_retry_flags(bio);
    if (moved == MOVED_NOTHING) {
        BIO_set_retry_write(bio);
    }
    if (moved == MOVED_FAILED && errno != EPIPE) { /* EPIPE: a FIN had come before, read it */
        state->failed = errno;
    }
    if (moved != MOVED) {
        return 0;
    }
    state->sent += *put;
    return 1;
}

static long control(BIO *bio, int command, long number, void *pointer)
{
    const struct socket_bio *state = BIO_get_data(bio);

    (void)number;
    (void)pointer;
    switch (command) {
    case BIO_CTRL_EOF: /* OpenSSL 3 tells a truncation by this */
        return state->ended;
    case BIO_CTRL_FLUSH:
        return 1;
    default:
        return 0;
    }
}

static BIO_METHOD *method;
static pthread_once_t method_once = PTHREAD_ONCE_INIT;

static void make_method(void)
{
    method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "secho socket");
    if (method == NULL) {
        return;
    }
    (void)BIO_meth_set_read_ex(method, read_bytes);
    (void)BIO_meth_set_write_ex(method, write_bytes);
    (void)BIO_meth_set_ctrl(method, control);
}

BIO *socket_bio_new(struct socket_bio *state)
{
    (void)pthread_once(&method_once, make_method);
    BIO *bio = method != NULL ? BIO_new(method) : NULL;

    if (bio != NULL) {
        BIO_set_data(bio, state);
        BIO_set_init(bio, 1);
    }
    return bio;
}
