/* address.h - socket addresses: read, print, resolve. */
#ifndef SECHO_ADDRESS_H
#define SECHO_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include <secho/error.h>

struct address {
    union {
        struct sockaddr any;
        struct sockaddr_in ipv4;
        struct sockaddr_in6 ipv6;
    };
    socklen_t len;
};

#define ADDRESS_TEXT_SIZE 80 /* "[ffff:...:255.255.255.255%interface]:65535" and NUL */

/* Reads an IPv4 or IPv6 address ("127.0.0.1", "::1", "fe80::1%eth0"); no names. 0 or -1. */
int address_parse(const char *text, unsigned port, struct address *out);

/*
 * Writes "127.0.0.1:443" or "[::1]:443". An IPv4 client of an IPv6 socket
 * ("::ffff:192.0.2.1") is written as the IPv4 address that it is.
 */
void address_print(const struct address *address, char text[static ADDRESS_TEXT_SIZE]);

/* The same without the port and the brackets. */
void address_print_host(const struct address *address, char text[static ADDRESS_TEXT_SIZE]);

unsigned address_port(const struct address *address);
void address_set_port(struct address *address, unsigned port);
bool address_is_ipv6(const struct address *address);

/*
 * Is a socket bound to `address` there for `other` too? "::" is for all, as it serves IPv4 as well;
 * "0.0.0.0" for IPv4. Both as IPv6 has them (RFC 4291 2.5.5.2).
 */
bool address_covers(const struct in6_addr *address, const struct in6_addr *other);

/*
 * Has the kernel room for only one of two sockets at these IP addresses, since they are the same,
 * or one covers the other, at one port?
 */
bool address_overlaps(const struct address *a, const struct address *b);

/*
 * address_resolve - all addresses of a name, in the order of getaddrinfo(3) (RFC 6724).
 *
 *   host, port  a name or an address; a decimal number 1..65535
 *   family      0 any, 4 or 6
 *   out         filled with up to `max` addresses
 *   count       set to 1..max
 *
 * Blocks as long as the resolver does. Fails with SECHO_ERR_RESOLVE.
 */
int address_resolve(const char *host, const char *port, int family, struct address *out, size_t max,
                    size_t *count, struct secho_error *err);

#endif
