#include "client/ping_message.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* ---- a message ---- */

/* A bijection that leaves no bit where it was (the finalizer of SplitMix64). */
static uint64_t mix(uint64_t x)
{
    x += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static void put(unsigned char *out, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        out[i] = (unsigned char)(value >> (8 * (bytes - 1 - i)));
    }
}

static uint64_t get(const unsigned char *bytes, size_t count)
{
    uint64_t value = 0;

    for (size_t i = 0; i < count; i++) {
        value = value << 8 | bytes[i];
    }
    return value;
}

static void put_head(const struct ping_shape *shape, uint64_t number, unsigned char *out)
{
    put(out, shape->nonce, PING_MARKER_BYTES);
    put(out + 6, number, 6);
    put(out + 12, mix(shape->nonce ^ number), 3);
}

void ping_message(const struct ping_shape *shape, uint64_t number, unsigned char *out)
{
    uint64_t key = mix(mix(shape->nonce) ^ number);

    put_head(shape, number, out);
    for (size_t at = PING_HEAD_BYTES; at < shape->size; at += 8) {
        size_t left = shape->size - at;

        put(out + at, mix(key + at), left < 8 ? left : 8);
    }
    out[shape->size - 1] = '\n';
}

/* ---- finding them again ---- */

#define READ_BYTES 16384 /* stream_read() wants so much room */

struct ping_finder {
    const struct ping_shape *shape;
    unsigned char *expected; /* message `number` */
    uint64_t number;         /* 0: none yet */
    bool searching;          /* a damaged or foreign part: skip to the next head */
    size_t same;             /* so much of the message in front is compared */
    size_t len, room;        /* of `bytes` */
    unsigned char bytes[];
};

struct ping_finder *ping_finder_new(const struct ping_shape *shape)
{
    size_t room = shape->size + READ_BYTES;
    struct ping_finder *finder = calloc(1, sizeof *finder + room);

    assert(shape->size >= PING_SIZE_MIN && shape->size <= PING_SIZE_MAX);
    if (finder == NULL) {
        return NULL;
    }
    finder->shape = shape;
    finder->room = room;
    finder->expected = malloc(shape->size);
    if (finder->expected == NULL) {
        free(finder);
        return NULL;
    }
    return finder;
}

void ping_finder_free(struct ping_finder *finder)
{
    if (finder != NULL) {
        free(finder->expected);
        free(finder);
    }
}

unsigned char *ping_finder_room(struct ping_finder *finder, size_t *len)
{
    *len = finder->room - finder->len; /* less than a message is ever left over */
    return finder->bytes + finder->len;
}

void ping_finder_take(struct ping_finder *finder, size_t len)
{
    assert(len <= finder->room - finder->len);
    finder->len += len;
}

static void drop(struct ping_finder *finder, size_t len)
{
    finder->len -= len;
    memmove(finder->bytes, finder->bytes + len, finder->len);
    finder->same = 0;
}

/* Is it a head, as far as it is there? */
static bool may_be_head(const struct ping_finder *finder, const unsigned char *bytes, size_t len)
{
    unsigned char head[PING_HEAD_BYTES];

    put(head, finder->shape->nonce, PING_MARKER_BYTES);
    if (len >= PING_HEAD_BYTES) {
        put_head(finder->shape, get(bytes + 6, 6), head);
        return memcmp(bytes, head, PING_HEAD_BYTES) == 0;
    }
    return memcmp(bytes, head, len < PING_MARKER_BYTES ? len : PING_MARKER_BYTES) == 0;
}

/* Skips to the next head, or to what may become one. */
static void search(struct ping_finder *finder)
{
    size_t at = 0;

    while (at < finder->len && !may_be_head(finder, finder->bytes + at, finder->len - at)) {
        at++;
    }
    drop(finder, at);
    finder->searching = finder->len < PING_HEAD_BYTES;
}

static void expect(struct ping_finder *finder, uint64_t number)
{
    if (number != finder->number) {
        ping_message(finder->shape, number, finder->expected);
        finder->number = number;
    }
}

/* Compares what is there of the message in front. */
static enum ping_found compare(struct ping_finder *finder, struct ping_find *find)
{
    size_t size = finder->shape->size, have = finder->len < size ? finder->len : size;
    size_t at = finder->same;

    while (at < have && finder->bytes[at] == finder->expected[at]) {
        at++;
    }
    finder->same = at;
    *find = (struct ping_find){finder->number, at};
    if (at == size) {
        drop(finder, size);
        return PING_FOUND_MESSAGE;
    }
    if (at == have) {
        return PING_FOUND_NOTHING;
    }
    finder->searching = true;
    drop(finder, at - PING_MARKER_BYTES); /* the next marker may begin like the pattern goes on */
    return PING_FOUND_DAMAGED;
}

enum ping_found ping_finder_next(struct ping_finder *finder, struct ping_find *find)
{
    if (finder->searching) {
        search(finder);
    }
    if (finder->searching || finder->len == 0) {
        return PING_FOUND_NOTHING;
    }
    if (!may_be_head(finder, finder->bytes, finder->len)) {
        finder->searching = true;
        *find = (struct ping_find){0, 0};
        return PING_FOUND_FOREIGN;
    }
    if (finder->len < PING_HEAD_BYTES) {
        return PING_FOUND_NOTHING;
    }
    expect(finder, get(finder->bytes + PING_MARKER_BYTES, 6));
    return compare(finder, find);
}

bool ping_finder_is_amid(const struct ping_finder *finder)
{
    return finder->searching || finder->len > 0;
}
