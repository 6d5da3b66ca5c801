/*
 * hello.h - what a client has offered (its ClientHello, RFC 8446 4.1.2), kept while it shakes
 * hands, because OpenSSL forgets it before most handshakes fail.
 *
 * Numbers, with bounds; hello_text.h makes words of them when somebody wants to read them. They are
 * the peer's: nothing about them is certain.
 */
#ifndef SECHO_HELLO_H
#define SECHO_HELLO_H

#include <openssl/ssl.h>
#include <stddef.h>
#include <stdint.h>

enum hello_list {
    HELLO_VERSIONS,   /* the extension supported_versions; nothing where only one is offered */
    HELLO_GROUPS,     /* these four: two bytes for each number */
    HELLO_SIGNATURES, /* RFC 8446 4.2.3 */
    HELLO_SUITES,
    HELLO_ALPN, /* RFC 7301 3.1: a byte of length before each name */
    HELLO_NAME, /* SNI, RFC 6066 3 */
    HELLO_LISTS,
};

struct hello {
    uint16_t legacy_version;    /* the highest one, where HELLO_VERSIONS is empty */
    uint16_t lens[HELLO_LISTS]; /* bytes of each list that are kept ... */
    uint16_t came[HELLO_LISTS]; /* ... and how many there were */
    unsigned char bytes[];      /* the lists, one behind the other: hello_part() */
};

/* Some bytes, and how many there would be if nothing had been cut. */
struct hello_part {
    const unsigned char *at;
    size_t len, came;
};

/*
 * Makes the handshakes of `context`, a server's, keep the last hello in the facts of the SSL
 * (stream.h). Without memory they go on without.
 */
void hello_watch(SSL_CTX *context);

/* One of the lists; `len` is 0 when the client sent none. Lives as long as the hello. */
struct hello_part hello_part(const struct hello *hello, enum hello_list list);

#endif
