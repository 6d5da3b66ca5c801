/*
 * sniff.h - what the first bytes of a connection are, when they are not TLS. Pure.
 *
 * Works in both directions: a client can ask what a server greeted it with.
 */
#ifndef SECHO_SNIFF_H
#define SECHO_SNIFF_H

#include <stdbool.h>
#include <stddef.h>

enum sniffed {
    SNIFFED_NOTHING, /* no byte came */
    SNIFFED_TLS,     /* looks like a TLS handshake or alert (or too short to tell) */
    SNIFFED_HTTP,    /* an HTTP/1 request line or answer, or the HTTP/2 preface */
    SNIFFED_SSH,     /* "SSH-": RFC 4253 4.2 */
    SNIFFED_SMTP,    /* EHLO or HELO: RFC 5321 4.1.1.1; or the greeting 220: 4.2 */
    SNIFFED_PROXY,   /* a PROXY protocol header, v1 or v2 */
    SNIFFED_OTHER,   /* none of these */
};

#define SNIFF_BYTES 16 /* more are not looked at */

/*
 * `bytes` are the first `len` bytes of a connection; `len` may be 0. Five are enough for a
 * verdict that fits OpenSSL's (it looks at the five bytes of a record header), more make it surer.
 */
enum sniffed sniff(const unsigned char *bytes, size_t len);

/* Without doubt the hello of a TLS client: six bytes are needed. */
bool sniff_is_client_hello(const unsigned char *bytes, size_t len);

#endif
