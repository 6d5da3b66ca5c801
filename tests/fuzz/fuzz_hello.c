/*
 * Any bytes as a client's first: what is kept of a hello becomes clean words, which end, and
 * nothing in them looks like ours that is not.
 */
#include "tls/hello.h"

#include <assert.h>
#include <string.h>

#include "base/error.h"
#include "fuzz.h"
#include "tls/hello_text.h"
#include "tls/stream.h"

static SSL_CTX *context; /* without a certificate: nothing comes after the hello */

static void check_words(const struct hello *hello, SSL *tls)
{
    char text[HELLO_TEXT_SIZE], name[HELLO_NAME_SIZE];
    size_t lists = 0;

    hello_describe(hello, tls, text);
    hello_server_name(hello, name);
    for (const char *at = text; *at != '\0'; at++) {
        assert(*at >= ' ' && *at <= '~');
        lists += *at == ';';
    }
    assert(strncmp(text, "versions ", 9) == 0 && lists <= 4);
    assert(strlen(name) < sizeof name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct stream_facts facts;

    if (context == NULL) {
        context = SSL_CTX_new(TLS_server_method());
        assert(context != NULL);
        hello_watch(context);
    }
    SSL *tls = SSL_new(context);
    BIO *in = BIO_new_mem_buf(data, (int)len);

    assert(tls != NULL && in != NULL);
    SSL_set_bio(tls, in, BIO_new(BIO_s_null()));
    SSL_set_accept_state(tls);
    stream_watch(tls, &facts);
    (void)stream_handshake(tls, NULL);
    if (facts.hello != NULL) {
        check_words(facts.hello, tls);
    }
    SSL_free(tls);
    stream_facts_done(&facts);
    error_forget_tls();
    return 0;
}
