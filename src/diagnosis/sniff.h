/* sniff.h - what the first bytes of a connection are, when they are not TLS. Pure. */
#ifndef SECHO_SNIFF_H
#define SECHO_SNIFF_H

#include <stddef.h>

enum sniffed {
    SNIFFED_NOTHING, /* no byte came */
    SNIFFED_TLS,     /* looks like a TLS record with a ClientHello (or too short to tell) */
    SNIFFED_HTTP,    /* an HTTP/1 request line, or the HTTP/2 preface */
    SNIFFED_SSH,     /* "SSH-": RFC 4253 4.2 */
    SNIFFED_SMTP,    /* EHLO or HELO: RFC 5321 4.1.1.1 */
    SNIFFED_PROXY,   /* a PROXY protocol header, v1 or v2 */
    SNIFFED_OTHER,   /* none of these */
};

#define SNIFF_BYTES 16 /* more are not looked at */

enum sniffed sniff(const unsigned char *bytes, size_t len);

#endif
