#include "net/prefix.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define IPV4_AT 12 /* where the IPv4 address stands in one that is mapped */

static const unsigned char mapped[IPV4_AT] = {[10] = 0xff, [11] = 0xff};

/* Reads the address in front of the slash; `bits` becomes all that it has. */
static int read_address(const char *text, size_t len, struct prefix *out)
{
    char host[INET6_ADDRSTRLEN] = "";

    if (len >= sizeof host) {
        return -1;
    }
    memcpy(host, text, len);
    out->bits = 128;
    if (inet_pton(AF_INET6, host, out->bytes) == 1) {
        return 0;
    }
    memcpy(out->bytes, mapped, IPV4_AT);
    return inet_pton(AF_INET, host, out->bytes + IPV4_AT) == 1 ? 0 : -1;
}

/* Reads what stands behind the slash: 0..32, or 0..128 for IPv6. */
static int read_bits(const char *text, bool ipv4, unsigned *bits)
{
    size_t digits = strspn(text, "0123456789");
    unsigned long most = ipv4 ? 32 : 128;
    unsigned long value = strtoul(text, NULL, 10);

    if (digits == 0 || digits > 3 || text[digits] != '\0' || value > most) {
        return -1;
    }
    *bits = (unsigned)(128 - most + value);
    return 0;
}

static unsigned char mask_of(const struct prefix *prefix, size_t byte)
{
    unsigned before = (unsigned)byte * 8;
    unsigned bits = prefix->bits <= before ? 0 : prefix->bits - before;

    return (unsigned char)(bits >= 8 ? 0xffu : 0xff00u >> bits);
}

static bool has_more_bits(const struct prefix *prefix)
{
    for (size_t i = 0; i < sizeof prefix->bytes; i++) {
        if ((prefix->bytes[i] & ~mask_of(prefix, i)) != 0) {
            return true;
        }
    }
    return false;
}

int prefix_parse(const char *text, struct prefix *out, const char **why)
{
    size_t len = strcspn(text, "/");
    bool ipv4 = memchr(text, ':', len) == NULL;
    struct prefix read = {0};

    if (read_address(text, len, &read) != 0 ||
        (text[len] == '/' && read_bits(text + len + 1, ipv4, &read.bits) != 0)) {
        *why = "must be an address or a prefix such as \"10.0.0.0/8\" or \"fd00::/8\"";
        return -1;
    }
    if (has_more_bits(&read)) { /* most likely one of the two numbers is a slip */
        *why = "must have no bits behind its length, as in \"10.0.0.0/8\" (not \"10.1.2.3/8\")";
        return -1;
    }
    *out = read;
    return 0;
}

bool prefix_has(const struct prefix *prefix, const struct address *address)
{
    unsigned char bytes[sizeof prefix->bytes];

    if (address->any.sa_family == AF_INET6) {
        memcpy(bytes, &address->ipv6.sin6_addr, sizeof bytes);
    } else if (address->any.sa_family == AF_INET) {
        memcpy(bytes, mapped, IPV4_AT);
        memcpy(bytes + IPV4_AT, &address->ipv4.sin_addr, sizeof bytes - IPV4_AT);
    } else {
        return false;
    }
    for (size_t i = 0; i < sizeof bytes; i++) {
        if (((bytes[i] ^ prefix->bytes[i]) & mask_of(prefix, i)) != 0) {
            return false;
        }
    }
    return true;
}
