/*
 * names.h - which certificates answer a server name (SNI). Pure: knows no certificate, only
 * numbers.
 *
 * An exact name counts first, then a wildcard of one label ("*.secho.test" is for a.secho.test, not
 * for secho.test and not for a.b.secho.test: RFC 9525 6.3). Of each kind of key the first
 * certificate serves; all kinds that a name has serve it together, so that a client gets one that
 * it can verify.
 */
#ifndef SECHO_NAMES_H
#define SECHO_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

#define NAMES_CERTIFICATES_MAX 64 /* bits of a set */

struct names_row {
    char *name;       /* small letters, no dot at the end */
    uint64_t set;     /* bit i: certificate i serves it */
    size_t reference; /* for the owner: what serves this set */
};

struct names {
    struct names_row *rows; /* sorted by name */
    size_t count;
    uint64_t standard; /* the set for those who name nobody that we know */
};

/* Certificate 0..63 has this name, of `len` bytes. -1: no memory. */
MUST_CHECK int names_add(struct names *names, const char *name, size_t len, size_t certificate);

/*
 * When all are added: sorts them, and decides who serves what.
 *
 *   kinds  of each certificate: equal numbers (0..63) for keys of one kind
 *   count  of the certificates, 1..64
 *
 * The standard set has certificate 0, and of each other kind the first that shares a name with it
 * (or that has no name either, where it has none).
 */
void names_settle(struct names *names, const unsigned char *kinds, size_t count);

/* The certificates that serve nobody, after names_settle(). */
uint64_t names_idle(const struct names *names, size_t count);

/* The row for a name that a client sent, in whatever letters, or NULL. Any thread. */
const struct names_row *names_find(const struct names *names, const char *name);

void names_done(struct names *names); /* {0} is fine */

#endif
