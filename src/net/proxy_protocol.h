/*
 * proxy_protocol.h - the header that a load balancer puts in front of a connection, to tell who
 * is behind it: "The PROXY protocol", versions 1 and 2 (HAProxy's doc/proxy-protocol.txt). Pure.
 *
 * Names are those of the specification.
 */
#ifndef SECHO_PROXY_PROTOCOL_H
#define SECHO_PROXY_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>

#include "net/address.h"

#define PROXY_HEADER_MAX    4096 /* bytes; version 2 could say 65,551, and nobody sends so much */
#define PROXY_V1_MAX        107  /* bytes of version 1, with its CRLF */
#define PROXY_UNIQUE_ID_MAX 128  /* bytes of PP2_TYPE_UNIQUE_ID */

/* What a proxy says in bytes: a part of what was read. len 0: it did not say it. */
struct proxy_value {
    const unsigned char *at;
    size_t len;
};

/* PP2_TYPE_SSL: the TLS between the client and the proxy. */
struct proxy_ssl {
    bool present;
    bool tls;         /* PP2_CLIENT_SSL: the client spoke TLS */
    bool certificate; /* PP2_CLIENT_CERT_CONN or _SESS: it had a certificate */
    bool verified;    /* that certificate was good */
    struct proxy_value version, cn, cipher, sig_alg, key_alg;
};

struct proxy_header {
    size_t len;    /* of the header: what follows belongs to the client */
    int version;   /* 1 or 2 */
    bool local;    /* LOCAL: the proxy speaks for itself, as in a health check */
    bool is_known; /* source and destination are TCP addresses; else they are not filled */
    struct address source, destination;
    struct proxy_value alpn, authority, unique_id, netns;
    struct proxy_ssl ssl;
};

/* What the bytes are. */
enum proxy_found {
    PROXY_FOUND_NOTHING, /* not the beginning of a PROXY header */
    PROXY_FOUND_PART,    /* a beginning: read again with more bytes */
    PROXY_FOUND_HEADER,  /* a whole one; *out is filled */
    PROXY_FOUND_FAULT,   /* one that breaks the rules; *why says which */
};

/*
 * Reads the header that `bytes`, the first `len` of a connection, begin with.
 *
 *   out  its values point into `bytes`
 *   why  words for people (static): "its checksum (CRC32C) is wrong"
 *
 * Of a LOCAL header nothing but its length counts; addresses of UNKNOWN, UNSPEC, UNIX sockets and
 * UDP are passed over. PROXY_HEADER_MAX bytes are never a part.
 */
enum proxy_found proxy_protocol_read(const unsigned char *bytes, size_t len,
                                     struct proxy_header *out, const char **why);

/*
 * Writes the header of a TCP connection.
 *
 *   version  1 or 2
 *   source   who connected; NULL: says LOCAL (version 1: UNKNOWN)
 *   out      PROXY_V1_MAX bytes are enough for both
 *
 * Both addresses are of the same family. Returns its length.
 */
size_t proxy_protocol_write(int version, const struct address *source,
                            const struct address *destination,
                            unsigned char out[static PROXY_V1_MAX]);

#endif
