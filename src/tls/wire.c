#include "tls/wire.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "net/socket.h"

#define OUTPUT_BYTES (WIRE_INPUT_BYTES + 65536u) /* what a turn of full input can write */

/*
 * When connections hold much between turns, each turn takes in less: the sum cannot grow as
 * number of connections times the size of a recv. Never below one whole record (RFC 8446 5.2:
 * 2^14 + 256, and the header).
 */
#define RECEIVE_BYTES_MIN 17408u
#define HELD_BYTES_MANY   (32u * 1024 * 1024)

/* ---- the BIO: what OpenSSL sees ---- */

static int bio_read(BIO *bio, char *to, size_t len, size_t *count)
{
    struct wire *wire = BIO_get_data(bio);
    struct wire_buffers *buffers = wire->buffers;

    assert(buffers->owner == wire); /* else: another connection's bytes */
    BIO_clear_retry_flags(bio);
    if (buffers->slice_len == 0) {
        BIO_set_retry_read(bio);
        return 0;
    }
    *count = len < buffers->slice_len ? len : buffers->slice_len;
    memcpy(to, buffers->slice, *count);
    buffers->slice += *count;
    buffers->slice_len -= *count;
    return 1;
}

static int bio_write(BIO *bio, const char *from, size_t len, size_t *count)
{
    struct wire *wire = BIO_get_data(bio);

    BIO_clear_retry_flags(bio);
    if (wire_put(wire, from, len) != 0) {
        return 0;
    }
    *count = len;
    return 1;
}

static long bio_control(BIO *bio, int command, long number, void *pointer)
{
    (void)bio, (void)number, (void)pointer;
    return command == BIO_CTRL_FLUSH ? 1 : 0; /* the turn's end sends */
}

static int bio_create(BIO *bio)
{
    BIO_set_init(bio, 1);
    return 1;
}

/* OpenSSL has 128 numbers for types in all, and takes none back: one does for all workers. */
static int bio_type;
static pthread_once_t bio_type_once = PTHREAD_ONCE_INIT;

static void make_bio_type(void)
{
    bio_type = BIO_TYPE_SOURCE_SINK | BIO_get_new_index();
}

static BIO_METHOD *new_method(void)
{
    (void)pthread_once(&bio_type_once, make_bio_type);
    BIO_METHOD *method = BIO_meth_new(bio_type, "secho wire");

    if (method == NULL || BIO_meth_set_read_ex(method, bio_read) != 1 ||
        BIO_meth_set_write_ex(method, bio_write) != 1 ||
        BIO_meth_set_ctrl(method, bio_control) != 1 ||
        BIO_meth_set_create(method, bio_create) != 1) {
        BIO_meth_free(method);
        return NULL;
    }
    return method;
}

/* ---- made once for a worker ---- */

int wire_buffers_init(struct wire_buffers *buffers)
{
    *buffers = (struct wire_buffers){.input = malloc(WIRE_INPUT_BYTES),
                                     .output = malloc(OUTPUT_BYTES),
                                     .output_size = OUTPUT_BYTES,
                                     .plain = malloc(WIRE_PLAIN_BYTES),
                                     .method = new_method()};
    if (buffers->input == NULL || buffers->output == NULL || buffers->plain == NULL ||
        buffers->method == NULL) {
        wire_buffers_done(buffers);
        return -1;
    }
    return 0;
}

void wire_buffers_done(struct wire_buffers *buffers)
{
    free(buffers->input);
    free(buffers->output);
    free(buffers->plain);
    BIO_meth_free(buffers->method);
    *buffers = (struct wire_buffers){0};
}

/* ---- made for each connection ---- */

void wire_init(struct wire *wire, struct wire_buffers *buffers, int fd)
{
    *wire = (struct wire){.buffers = buffers, .fd = fd};
}

BIO *wire_bio(struct wire *wire)
{
    BIO *bio = BIO_new(wire->buffers->method);

    if (bio != NULL) {
        BIO_set_data(bio, wire);
    }
    return bio;
}

static void release(struct wire *wire, struct wire_held *held)
{
    wire->buffers->held_bytes -= held->len;
    free(held->bytes);
    *held = (struct wire_held){0};
}

void wire_done(struct wire *wire)
{
    assert(wire->buffers->owner != wire);
    release(wire, &wire->leftover);
    release(wire, &wire->backlog);
}

/* ---- the turn ---- */

static size_t receive_bytes(const struct wire_buffers *buffers)
{
    if (buffers->held_bytes < HELD_BYTES_MANY) {
        return WIRE_INPUT_BYTES;
    }
    return buffers->held_bytes < 4 * HELD_BYTES_MANY ? WIRE_INPUT_BYTES / 4 : RECEIVE_BYTES_MIN;
}

static void receive(struct wire *wire)
{
    struct wire_buffers *buffers = wire->buffers;
    size_t most = receive_bytes(buffers), count = 0;

    switch (socket_receive(wire->fd, buffers->input, most, &count)) {
    case MOVED:
        buffers->slice_len = count;
        wire->moved = true;
        wire->drained = count < most;
        break;
    case MOVED_NOTHING:
        wire->drained = true;
        break;
    case MOVED_END:
        wire->at_end = true;
        wire->drained = true;
        break;
    case MOVED_FAILED:
        wire->os_errno = errno;
        break;
    }
}

void wire_begin(struct wire *wire)
{
    struct wire_buffers *buffers = wire->buffers;

    assert(buffers->owner == NULL); /* turns do not nest */
    buffers->owner = wire;
    buffers->slice = buffers->input;
    buffers->slice_len = 0;
    buffers->slice_is_leftover = false;
    buffers->output_len = 0;
    wire->drained = false;
    if ((wire_has_backlog(wire) && !wire->duplex) || wire->os_errno != 0) {
        return;
    }
    if (wire_has_leftover(wire)) {
        buffers->slice = wire->leftover.bytes + wire->leftover.at;
        buffers->slice_len = wire->leftover.len;
        buffers->slice_is_leftover = true;
    } else if (!wire->at_end) {
        receive(wire);
    }
}

static void keep(struct wire *wire, struct wire_held *held, const unsigned char *data, size_t len)
{
    bool fits = wire->leftover.len + wire->backlog.len + len <= WIRE_HELD_BYTES_MAX;
    unsigned char *grown = fits ? realloc(held->bytes, held->at + held->len + len) : NULL;

    if (grown == NULL) {
        wire->os_errno = ENOMEM;
        return;
    }
    memcpy(grown + held->at + held->len, data, len);
    held->bytes = grown;
    held->len += len;
    wire->buffers->held_bytes += len;
}

static void drop_front(struct wire *wire, struct wire_held *held, size_t count)
{
    held->at += count;
    held->len -= count;
    wire->buffers->held_bytes -= count;
    if (held->len == 0) {
        release(wire, held);
    }
}

/* Input that the turn did not get to belongs to the connection now. */
static void keep_unread(struct wire *wire)
{
    struct wire_buffers *buffers = wire->buffers;

    if (buffers->slice_is_leftover) {
        drop_front(wire, &wire->leftover, wire->leftover.len - buffers->slice_len);
    } else if (buffers->slice_len > 0) {
        keep(wire, &wire->leftover, buffers->slice, buffers->slice_len);
    }
}

typedef enum moved send_fn(int fd, const void *data, size_t len, size_t *count);

static size_t send_some(struct wire *wire, send_fn *send, const unsigned char *data, size_t len)
{
    size_t sent = 0;

    if (wire->os_errno == 0 && send(wire->fd, data, len, &sent) == MOVED_FAILED) {
        wire->os_errno = errno;
    }
    wire->moved = wire->moved || sent > 0;
    return sent;
}

static void send_output(struct wire *wire, send_fn *send)
{
    struct wire_buffers *buffers = wire->buffers;
    size_t len = buffers->output_len, sent = 0;

    assert(buffers->owner == wire);
    if (len > 0 && !wire_has_backlog(wire)) {
        sent = send_some(wire, send, buffers->output, len);
    }
    if (sent < len && wire->os_errno == 0) {
        keep(wire, &wire->backlog, buffers->output + sent, len - sent);
    }
    buffers->output_len = 0;
}

void wire_send(struct wire *wire)
{
    send_output(wire, socket_send);
}

bool wire_finish(struct wire *wire)
{
    send_output(wire, socket_send_last);
    if (wire_has_backlog(wire)) {
        return false;
    }
    socket_finish(wire->fd);
    return true;
}

void wire_end(struct wire *wire)
{
    wire_send(wire);
    keep_unread(wire);
    wire->buffers->slice_len = 0;
    wire->buffers->owner = NULL;
}

void wire_flush(struct wire *wire)
{
    assert(wire->buffers->owner == NULL);
    if (wire_has_backlog(wire)) {
        const unsigned char *data = wire->backlog.bytes + wire->backlog.at;

        drop_front(wire, &wire->backlog, send_some(wire, socket_send, data, wire->backlog.len));
    }
}

/* ---- within a turn ---- */

const unsigned char *wire_peek(const struct wire *wire, size_t *len)
{
    assert(wire->buffers->owner == wire);
    *len = wire->buffers->slice_len;
    return wire->buffers->slice;
}

void wire_skip(struct wire *wire, size_t len)
{
    struct wire_buffers *buffers = wire->buffers;

    assert(buffers->owner == wire && len <= buffers->slice_len);
    buffers->slice += len;
    buffers->slice_len -= len;
}

const unsigned char *wire_take(struct wire *wire, size_t *len)
{
    const unsigned char *data = wire_peek(wire, len);

    wire_skip(wire, *len);
    return data;
}

static int make_room(struct wire_buffers *buffers, size_t len)
{
    size_t size = 2 * (buffers->output_size + len);
    unsigned char *grown = realloc(buffers->output, size);

    if (grown == NULL) {
        return -1;
    }
    buffers->output = grown;
    buffers->output_size = size;
    return 0;
}

int wire_put(struct wire *wire, const void *data, size_t len)
{
    struct wire_buffers *buffers = wire->buffers;

    assert(buffers->owner == wire);
    if (len > buffers->output_size - buffers->output_len && make_room(buffers, len) != 0) {
        wire->os_errno = ENOMEM;
        return -1;
    }
    memcpy(buffers->output + buffers->output_len, data, len);
    buffers->output_len += len;
    return 0;
}
