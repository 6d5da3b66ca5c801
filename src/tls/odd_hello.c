#include "tls/odd_hello.h"

#include <assert.h>
#include <stdint.h>

#include "base/error.h"

/*
 * The padding extension (21, RFC 7685) is OpenSSL's own: SSL_CTX_add_custom_ext(3) refuses it. So
 * this is one of those that RFC 8701 keeps free for clients (GREASE): of any content, unknown to
 * every server, and to be skipped by all. Browsers send such, too. OpenSSL puts it first: the
 * server name stands behind it, as it may where a key of X25519MLKEM768 stands in front.
 */
#define FREE_EXTENSION 0x7a7a

static const unsigned char zeros[ODD_HELLO_PADDING_MAX];

/* SSL_custom_ext_add_cb_ex */
/* NOLINTNEXTLINE(readability-function-size): it has more than five parameters */
static int add_padding(SSL *tls, unsigned type, unsigned context, const unsigned char **out,
                       size_t *len, X509 *certificate, size_t at, int *alert, void *odd)
{
    (void)tls, (void)type, (void)context, (void)certificate, (void)at, (void)alert;
    *out = zeros;
    *len = ((const struct odd_hello *)odd)->padding;
    return 1;
}

int odd_hello_pad(SSL_CTX *context, const struct odd_hello *odd, struct secho_error *err)
{
    assert(odd->padding <= ODD_HELLO_PADDING_MAX);
    if (odd->padding > 0 &&
        SSL_CTX_add_custom_ext(context, FREE_EXTENSION, SSL_EXT_CLIENT_HELLO, add_padding, NULL,
                               (void *)(uintptr_t)odd, NULL, NULL) != 1) {
        return error_tls(err, "a longer ClientHello");
    }
    return 0;
}

void odd_hello_hide_name(SSL *tls, const struct odd_hello *odd)
{
    if (odd->nameless) {
        (void)SSL_set_tlsext_host_name(tls, NULL); /* taking it away cannot fail */
    }
}
