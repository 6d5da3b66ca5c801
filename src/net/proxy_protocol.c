#include "net/proxy_protocol.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/proxy_tlv.h"

static const unsigned char v1_signature[] = {'P', 'R', 'O', 'X', 'Y', ' '};
static const unsigned char v2_signature[] = "\r\n\r\n\0\r\nQUIT\n";

#define V2_SIGNATURE (sizeof v2_signature - 1)
#define V2_HEAD      16 /* signature, version and command, family and protocol, length */

/* Do they begin with the signature, as far as there are bytes of it? */
static bool may_begin(const unsigned char *bytes, size_t len, const unsigned char *signature,
                      size_t signature_len)
{
    return memcmp(bytes, signature, len < signature_len ? len : signature_len) == 0;
}

/* ---- addresses ---- */

static void set_ipv4(struct address *out, const void *host, unsigned port)
{
    *out = (struct address){.ipv4.sin_family = AF_INET, .len = sizeof out->ipv4};
    memcpy(&out->ipv4.sin_addr, host, sizeof out->ipv4.sin_addr);
    address_set_port(out, port);
}

static void set_ipv6(struct address *out, const void *host, unsigned port)
{
    *out = (struct address){.ipv6.sin6_family = AF_INET6, .len = sizeof out->ipv6};
    memcpy(&out->ipv6.sin6_addr, host, sizeof out->ipv6.sin6_addr);
    address_set_port(out, port);
}

/* ---- version 1: a line of text ---- */

/* Cuts off the first word; words are separated by exactly one space. NULL: there is none. */
static char *next_word(char **rest)
{
    char *word = *rest;

    if (word == NULL) {
        return NULL;
    }
    char *space = strchr(word, ' ');

    if (space != NULL) {
        *space = '\0';
    }
    *rest = space != NULL ? space + 1 : NULL;
    return word;
}

static int read_host(const char *word, int family, struct address *out)
{
    struct in6_addr host; /* room for both */

    if (word == NULL || inet_pton(family, word, &host) != 1) {
        return -1;
    }
    if (family == AF_INET) {
        set_ipv4(out, &host, 0);
    } else {
        set_ipv6(out, &host, 0);
    }
    return 0;
}

/* 0..65535 in digits; no sign, no zero in front. */
static int read_port(const char *word, struct address *out)
{
    size_t digits = word != NULL ? strspn(word, "0123456789") : 0;

    if (digits == 0 || digits > 5 || word[digits] != '\0' || (word[0] == '0' && digits > 1)) {
        return -1;
    }
    unsigned long port = strtoul(word, NULL, 10);

    if (port > 65535) {
        return -1;
    }
    address_set_port(out, (unsigned)port);
    return 0;
}

/* "TCP4 192.0.2.1 198.51.100.1 50512 443": all behind "PROXY ". */
static const char *read_line(char *line, struct proxy_header *out)
{
    const char *family = next_word(&line);
    int number = strcmp(family, "TCP4") == 0 ? AF_INET : AF_INET6;

    if (strcmp(family, "UNKNOWN") == 0) { /* whatever follows is passed over */
        return NULL;
    }
    if (strcmp(family, "TCP4") != 0 && strcmp(family, "TCP6") != 0) {
        return "its second word is not TCP4, TCP6 or UNKNOWN";
    }
    if (read_host(next_word(&line), number, &out->source) != 0 ||
        read_host(next_word(&line), number, &out->destination) != 0) {
        return "its addresses are none of that family";
    }
    if (read_port(next_word(&line), &out->source) != 0 ||
        read_port(next_word(&line), &out->destination) != 0) {
        return "its ports are not two numbers 0..65535";
    }
    out->is_known = true;
    return line == NULL ? NULL : "it has more words than two addresses and two ports";
}

static enum proxy_found fault(const char *words, const char **why)
{
    *why = words;
    return PROXY_FOUND_FAULT;
}

/* A header that was read to its end; `words` is NULL when nothing is wrong with it. */
static enum proxy_found finish(const char *words, const struct proxy_header *header,
                               struct proxy_header *out, const char **why)
{
    if (words != NULL) {
        return fault(words, why);
    }
    *out = *header;
    return PROXY_FOUND_HEADER;
}

static enum proxy_found read_v1(const unsigned char *bytes, size_t len, struct proxy_header *out,
                                const char **why)
{
    size_t most = len < PROXY_V1_MAX ? len : PROXY_V1_MAX, end = 0;
    char line[PROXY_V1_MAX + 1] = "";

    while (end < most && bytes[end] != '\r' && bytes[end] != '\n' && bytes[end] != '\0') {
        end++;
    }
    if (end + 1 >= PROXY_V1_MAX) {
        return fault("it has no end (CRLF) within 107 bytes", why);
    }
    if (end + 1 >= len && (end == len || bytes[end] == '\r')) {
        return PROXY_FOUND_PART;
    }
    if (bytes[end] != '\r' || bytes[end + 1] != '\n') {
        return fault("its line does not end with CRLF", why);
    }
    struct proxy_header header = {.version = 1, .len = end + 2};

    memcpy(line, bytes + sizeof v1_signature, end - sizeof v1_signature);
    return finish(read_line(line, &header), &header, out, why);
}

/* ---- version 2: binary ---- */

enum { PP2_VERSION = 0x20, PP2_LOCAL = 0x0, PP2_PROXY = 0x1 };

/* Family and transport protocol of what was proxied, and how long its addresses are. */
static const struct {
    unsigned char number;
    unsigned char len;
} families[] = {
    {0x00, 0},               /* UNSPEC */
    {0x11, 12},  {0x12, 12}, /* TCP and UDP over IPv4 */
    {0x21, 36},  {0x22, 36}, /* the same over IPv6 */
    {0x31, 216}, {0x32, 216} /* UNIX stream and datagram */
};

/* -1: the specification does not know this family. */
static int addresses_length(unsigned char family)
{
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
        if (families[i].number == family) {
            return families[i].len;
        }
    }
    return -1;
}

static unsigned port_at(const unsigned char *at)
{
    return (unsigned)at[0] << 8 | at[1];
}

static void read_addresses(const unsigned char *bytes, struct proxy_header *out)
{
    const unsigned char *at = bytes + V2_HEAD;

    if (bytes[13] == 0x11) {
        set_ipv4(&out->source, at, port_at(at + 8));
        set_ipv4(&out->destination, at + 4, port_at(at + 10));
        out->is_known = true;
    } else if (bytes[13] == 0x21) {
        set_ipv6(&out->source, at, port_at(at + 32));
        set_ipv6(&out->destination, at + 16, port_at(at + 34));
        out->is_known = true;
    }
}

/* What is wrong in the first 16 bytes, or NULL: the rest need not be waited for. */
static const char *check_head(const unsigned char *bytes, const struct proxy_header *header)
{
    int addresses = addresses_length(bytes[13]);

    if ((bytes[12] & 0xf0) != PP2_VERSION) {
        return "its version is not 2";
    }
    if ((bytes[12] & 0x0f) > PP2_PROXY) {
        return "its command is neither LOCAL nor PROXY";
    }
    if (header->len > PROXY_HEADER_MAX) {
        return "it is longer than 4096 bytes";
    }
    if (header->local) { /* then all of it is to be discarded, whatever it is */
        return NULL;
    }
    if (addresses == -1) {
        return "its address family is none that is known";
    }
    return header->len < V2_HEAD + (size_t)addresses ? "it is too short for its addresses" : NULL;
}

static const char *read_rest(const unsigned char *bytes, struct proxy_header *header)
{
    if (header->local) {
        return NULL;
    }
    read_addresses(bytes, header);
    return proxy_tlv_read(bytes, V2_HEAD + (size_t)addresses_length(bytes[13]), header);
}

static enum proxy_found read_v2(const unsigned char *bytes, size_t len, struct proxy_header *out,
                                const char **why)
{
    if (len < V2_HEAD) {
        return PROXY_FOUND_PART;
    }
    struct proxy_header header = {.version = 2, .len = V2_HEAD + port_at(bytes + 14)};

    header.local = (bytes[12] & 0x0f) == PP2_LOCAL;
    const char *words = check_head(bytes, &header);

    if (words != NULL) {
        return fault(words, why);
    }
    if (len < header.len) {
        return PROXY_FOUND_PART;
    }
    return finish(read_rest(bytes, &header), &header, out, why);
}

/* ---- either ---- */

enum proxy_found proxy_protocol_read(const unsigned char *bytes, size_t len,
                                     struct proxy_header *out, const char **why)
{
    if (len == 0) {
        return PROXY_FOUND_PART;
    }
    if (may_begin(bytes, len, v1_signature, sizeof v1_signature)) {
        return len < sizeof v1_signature ? PROXY_FOUND_PART : read_v1(bytes, len, out, why);
    }
    if (may_begin(bytes, len, v2_signature, V2_SIGNATURE)) {
        return read_v2(bytes, len, out, why);
    }
    return PROXY_FOUND_NOTHING;
}

/* ---- writing ---- */

/* Without the zone that a link-local address has on this machine only. */
static void print_host(const struct address *address, char text[static INET6_ADDRSTRLEN])
{
    const void *host = address_is_ipv6(address) ? (const void *)&address->ipv6.sin6_addr
                                                : (const void *)&address->ipv4.sin_addr;

    (void)inet_ntop(address->any.sa_family, host, text, INET6_ADDRSTRLEN);
}

static size_t write_v1(const struct address *source, const struct address *destination,
                       unsigned char *out)
{
    char from[INET6_ADDRSTRLEN], to[INET6_ADDRSTRLEN], line[PROXY_V1_MAX + 1];
    int len;

    if (source == NULL) {
        len = snprintf(line, sizeof line, "PROXY UNKNOWN\r\n");
    } else {
        print_host(source, from);
        print_host(destination, to);
        len = snprintf(line, sizeof line, "PROXY TCP%d %s %s %u %u\r\n",
                       address_is_ipv6(source) ? 6 : 4, from, to, address_port(source),
                       address_port(destination));
    }
    assert(len > 0 && (size_t)len <= PROXY_V1_MAX);
    memcpy(out, line, (size_t)len);
    return (size_t)len;
}

static unsigned char *put(unsigned char *at, const void *data, size_t len)
{
    memcpy(at, data, len);
    return at + len;
}

static unsigned char *put_addresses(unsigned char *at, const struct address *source,
                                    const struct address *destination)
{
    if (address_is_ipv6(source)) {
        at = put(at, &source->ipv6.sin6_addr, 16);
        at = put(at, &destination->ipv6.sin6_addr, 16);
        at = put(at, &source->ipv6.sin6_port, 2);
        return put(at, &destination->ipv6.sin6_port, 2);
    }
    at = put(at, &source->ipv4.sin_addr, 4);
    at = put(at, &destination->ipv4.sin_addr, 4);
    at = put(at, &source->ipv4.sin_port, 2);
    return put(at, &destination->ipv4.sin_port, 2);
}

static size_t write_v2(const struct address *source, const struct address *destination,
                       unsigned char *out)
{
    unsigned char family = source == NULL ? 0x00 : address_is_ipv6(source) ? 0x21 : 0x11;
    unsigned char head[] = {PP2_VERSION | (source == NULL ? PP2_LOCAL : PP2_PROXY), family, 0,
                            (unsigned char)addresses_length(family)};
    unsigned char *at = put(out, v2_signature, V2_SIGNATURE);

    at = put(at, head, sizeof head);
    if (source != NULL) {
        at = put_addresses(at, source, destination);
    }
    return (size_t)(at - out);
}

size_t proxy_protocol_write(int version, const struct address *source,
                            const struct address *destination,
                            unsigned char out[static PROXY_V1_MAX])
{
    assert(version == 1 || version == 2);
    assert(source == NULL || source->any.sa_family == destination->any.sa_family);
    return version == 1 ? write_v1(source, destination, out) : write_v2(source, destination, out);
}
