/* prefix.h - addresses with the same first bits: "10.0.0.0/8", "fd00::/8", or one alone. Pure. */
#ifndef SECHO_PREFIX_H
#define SECHO_PREFIX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"
#include "net/address.h"

struct prefix {
    unsigned char bytes[16]; /* as IPv6; IPv4 is mapped (RFC 4291 2.5.5.2) */
    unsigned bits;           /* so many of them count: 0..128 */
};

/*
 * Reads an IPv4 or IPv6 address in figures, with or without "/bits"; no zone, no bit behind those
 * that count. Returns 0, or -1 and sets *why to words that begin with "must" (static).
 */
MUST_CHECK int prefix_parse(const char *text, struct prefix *out, const char **why);

/* Is the address one of those? An IPv4 client of an IPv6 socket is an IPv4 client. */
bool prefix_has(const struct prefix *prefix, const struct address *address);

#endif
