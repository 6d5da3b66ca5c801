#include "net/address.h"

#include <arpa/inet.h>
#include <assert.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "net/zone.h"

int address_parse(const char *text, unsigned port, struct address *out)
{
    const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
                                   .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;

    if (getaddrinfo(text, NULL, &hints, &found) != 0) {
        return -1;
    }
    *out = (struct address){.len = found->ai_addrlen};
    assert(found->ai_addrlen <= sizeof out->ipv6);
    memcpy(&out->any, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    address_set_port(out, port);
    return 0;
}

bool address_is_ipv6(const struct address *address)
{
    return address->any.sa_family == AF_INET6;
}

/* An IPv4 client seen through an IPv6 socket (RFC 4291 2.5.5.2). */
static bool is_mapped(const struct address *address)
{
    return address_is_ipv6(address) && IN6_IS_ADDR_V4MAPPED(&address->ipv6.sin6_addr);
}

/* Only these need a zone, and only theirs is read back by name (RFC 4007 section 6). */
static bool has_zone(const struct sockaddr_in6 *in6)
{
    return in6->sin6_scope_id != 0 &&
           (IN6_IS_ADDR_LINKLOCAL(&in6->sin6_addr) || IN6_IS_ADDR_MC_LINKLOCAL(&in6->sin6_addr));
}

void address_print_host(const struct address *address, char text[static ADDRESS_TEXT_SIZE])
{
    char zone[IF_NAMESIZE];

    text[0] = '\0';
    if (!address_is_ipv6(address)) {
        (void)inet_ntop(AF_INET, &address->ipv4.sin_addr, text, ADDRESS_TEXT_SIZE);
        return;
    }
    const struct in6_addr *in6 = &address->ipv6.sin6_addr;

    if (is_mapped(address)) {
        (void)inet_ntop(AF_INET, &in6->s6_addr[12], text, ADDRESS_TEXT_SIZE);
        return;
    }
    (void)inet_ntop(AF_INET6, in6, text, ADDRESS_TEXT_SIZE);
    if (has_zone(&address->ipv6)) {
        size_t used = strlen(text);

        zone_name(address->ipv6.sin6_scope_id, zone);
        (void)snprintf(text + used, ADDRESS_TEXT_SIZE - used, "%%%s", zone);
    }
}

void address_print(const struct address *address, char text[static ADDRESS_TEXT_SIZE])
{
    char host[ADDRESS_TEXT_SIZE];
    bool brackets = address_is_ipv6(address) && !is_mapped(address);

    address_print_host(address, host);
    (void)snprintf(text, ADDRESS_TEXT_SIZE, brackets ? "[%.70s]:%u" : "%.72s:%u", host,
                   address_port(address));
}

unsigned address_port(const struct address *address)
{
    return ntohs(address_is_ipv6(address) ? address->ipv6.sin6_port : address->ipv4.sin_port);
}

void address_set_port(struct address *address, unsigned port)
{
    in_port_t net = htons((uint16_t)port);

    if (address_is_ipv6(address)) {
        address->ipv6.sin6_port = net;
    } else {
        address->ipv4.sin_port = net;
    }
}

bool address_covers(const struct in6_addr *address, const struct in6_addr *other)
{
    static const struct in6_addr any_ipv4 = {.s6_addr = {[10] = 0xff, [11] = 0xff}};

    return IN6_IS_ADDR_UNSPECIFIED(address) ||
           (memcmp(address, &any_ipv4, sizeof any_ipv4) == 0 && IN6_IS_ADDR_V4MAPPED(other));
}

static struct in6_addr as_ipv6(const struct address *address)
{
    struct in6_addr mapped = {.s6_addr = {[10] = 0xff, [11] = 0xff}};

    memcpy(&mapped.s6_addr[12], &address->ipv4.sin_addr, sizeof address->ipv4.sin_addr);
    return address_is_ipv6(address) ? address->ipv6.sin6_addr : mapped;
}

static unsigned zone_of(const struct address *address)
{
    return address_is_ipv6(address) ? address->ipv6.sin6_scope_id : 0;
}

bool address_overlaps(const struct address *a, const struct address *b)
{
    const struct in6_addr x = as_ipv6(a), y = as_ipv6(b);

    if (address_port(a) != address_port(b)) {
        return false;
    }
    return address_covers(&x, &y) || address_covers(&y, &x) ||
           (memcmp(&x, &y, sizeof x) == 0 && zone_of(a) == zone_of(b));
}

/* NOLINTNEXTLINE(readability-function-size): it has more than five parameters */
int address_resolve(const char *host, const char *port, int family, struct address *out, size_t max,
                    size_t *count, struct secho_error *err)
{
    const struct addrinfo hints = {
        .ai_family = family == 4   ? AF_INET
                     : family == 6 ? AF_INET6
                                   : AF_UNSPEC,
        .ai_socktype = SOCK_STREAM,
        .ai_flags = AI_NUMERICSERV,
    };
    struct addrinfo *list = NULL;
    size_t found = 0;
    int rc = getaddrinfo(host, port, &hints, &list);

    if (rc == EAI_SYSTEM) {
        return error_errno(err, "resolving %s", host);
    }
    if (rc != 0) {
        return error_set(err, SECHO_ERR_RESOLVE, "resolving %s: %s", host, gai_strerror(rc));
    }
    for (const struct addrinfo *at = list; at != NULL && found < max; at = at->ai_next) {
        out[found].len = at->ai_addrlen;
        memcpy(&out[found].any, at->ai_addr, at->ai_addrlen);
        found++;
    }
    freeaddrinfo(list);
    *count = found;
    return 0;
}
