/* proxy.h - what a PROXY header has told, as long as its connection lives. */
#ifndef SECHO_PROXY_H
#define SECHO_PROXY_H

#include "net/proxy_protocol.h"

struct proxied {
    struct address via;  /* the proxy, when the peer is somebody behind it; else .len is 0 */
    char *authority;     /* the name that the client asked the proxy for (SNI); or NULL */
    char *unique_id;     /* of the connection in the proxy's own log; or NULL */
    unsigned char *part; /* a header that is not whole yet: PROXY_HEADER_MAX bytes, or NULL */
    size_t part_len;
    unsigned char *header; /* all of it, until the handshake shows that nobody wants a report; or
                              NULL */
    size_t header_len;
};

/* Frees the header; the facts above stay. NULL is fine. */
void proxied_forget_header(struct proxied *proxied);

void proxied_free(struct proxied *proxied); /* NULL is fine */

#endif
