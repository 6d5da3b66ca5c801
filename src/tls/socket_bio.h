/*
 * socket_bio.h - OpenSSL's way to a non-blocking socket, for the client.
 *
 * Why not SSL_set_fd(): that one raises SIGPIPE in the caller's process, asks the kernel twice for
 * each record, and forgets what a peer said that does not speak TLS.
 */
#ifndef SECHO_SOCKET_BIO_H
#define SECHO_SOCKET_BIO_H

#include <openssl/bio.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SOCKET_BIO_BUFFER 65536 /* one recv() takes up to four records */
#define SOCKET_BIO_FIRST  128   /* so much of the peer's first words is kept */
#define SOCKET_BIO_REST   250   /* ms between the two parts of a first write that is split */

struct socket_bio {
    int fd;                                /* borrowed */
    bool ended;                            /* the peer sent FIN */
    int failed;                            /* errno that the kernel tells only once, or 0 */
    uint64_t received, sent;               /* bytes on the wire */
    size_t opening;                        /* of the first write: the ClientHello of a client */
    size_t split;                          /* so much of it goes ahead in a segment; 0: no part */
    unsigned char first[SOCKET_BIO_FIRST]; /* what the peer said first */
    size_t first_len;
    size_t at, len; /* what of `buffer` OpenSSL has not taken yet: [at, len) */
    unsigned char buffer[SOCKET_BIO_BUFFER];
};

/*
 * A BIO over `state`, which must outlive it and starts as {.fd = ...}. NULL without memory. With
 * {.split = ...} the first write blocks once, for SOCKET_BIO_REST.
 *
 * Received bytes wait in `state` where poll(2) does not see them: read until IO_WANT_READ before
 * you wait.
 */
BIO *socket_bio_new(struct socket_bio *state);

#endif
