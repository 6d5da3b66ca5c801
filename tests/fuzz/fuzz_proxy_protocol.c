/*
 * Any bytes are a PROXY header, a part of one, none, or a fault; what a header says lies inside of
 * it, every beginning of it is a part, and its addresses can be written and read back.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "net/proxy_protocol.h"

static void must_lie_inside(struct proxy_value value, const uint8_t *bytes, size_t len)
{
    assert(value.len == 0 || (value.at >= bytes && value.at <= bytes + len &&
                              value.len <= len - (size_t)(value.at - bytes)));
}

static void must_be_whole(const uint8_t *bytes, size_t len, const struct proxy_header *header)
{
    assert(header->len > 0 && header->len <= len && header->len <= PROXY_HEADER_MAX);
    assert(header->version == 2 || (header->version == 1 && header->len <= PROXY_V1_MAX));
    must_lie_inside(header->alpn, bytes, header->len);
    must_lie_inside(header->authority, bytes, header->len);
    must_lie_inside(header->unique_id, bytes, header->len);
    must_lie_inside(header->netns, bytes, header->len);
    must_lie_inside(header->ssl.version, bytes, header->len);
    must_lie_inside(header->ssl.cn, bytes, header->len);
    must_lie_inside(header->ssl.cipher, bytes, header->len);
    must_lie_inside(header->ssl.sig_alg, bytes, header->len);
    must_lie_inside(header->ssl.key_alg, bytes, header->len);
}

/* A copy of its own size: a sanitizer sees who reads behind it. */
static void every_beginning_is_a_part(const uint8_t *bytes, size_t whole)
{
    struct proxy_header header;
    const char *why = NULL;

    for (size_t cut = 1; cut < whole; cut += 1 + cut / 16) {
        uint8_t *part = malloc(cut);

        assert(part != NULL);
        memcpy(part, bytes, cut);
        assert(proxy_protocol_read(part, cut, &header, &why) == PROXY_FOUND_PART);
        free(part);
    }
}

static void must_be_same(const struct address *a, const struct address *b)
{
    char one[ADDRESS_TEXT_SIZE], other[ADDRESS_TEXT_SIZE];

    address_print(a, one);
    address_print(b, other);
    assert(a->any.sa_family == b->any.sa_family && strcmp(one, other) == 0);
}

static void can_be_written(const struct proxy_header *header, int version)
{
    unsigned char bytes[PROXY_V1_MAX];
    struct proxy_header again;
    const char *why = NULL;
    size_t len = proxy_protocol_write(version, &header->source, &header->destination, bytes);

    assert(proxy_protocol_read(bytes, len, &again, &why) == PROXY_FOUND_HEADER);
    assert(again.len == len && again.is_known && again.version == version);
    must_be_same(&again.source, &header->source);
    must_be_same(&again.destination, &header->destination);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct proxy_header header;
    const char *why = NULL;
    enum proxy_found found = proxy_protocol_read(data, len, &header, &why);

    assert((found == PROXY_FOUND_FAULT) == (why != NULL));
    assert(found != PROXY_FOUND_PART || len < PROXY_HEADER_MAX);
    if (found != PROXY_FOUND_HEADER) {
        return 0;
    }
    must_be_whole(data, len, &header);
    every_beginning_is_a_part(data, header.len);
    if (header.is_known) {
        can_be_written(&header, 1);
        can_be_written(&header, 2);
    }
    return 0;
}
