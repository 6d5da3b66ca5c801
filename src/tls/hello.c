#include "tls/hello.h"

#include <stdlib.h>
#include <string.h>

#include "tls/stream.h"

/* ---- how much is kept ---- */

/*
 * In which extension each list is, behind how many bytes of lengths, and how much of it is kept:
 * more than any client is known to send, and no more than a line of the log can show.
 */
static const struct {
    unsigned extension;
    size_t skip, most;
} lists[HELLO_LISTS] = {
    [HELLO_VERSIONS] = {TLSEXT_TYPE_supported_versions, 1, 32},
    [HELLO_GROUPS] = {TLSEXT_TYPE_supported_groups, 2, 64},
    [HELLO_SIGNATURES] = {TLSEXT_TYPE_signature_algorithms, 2, 128},
    [HELLO_SUITES] = {0, 0, 256}, /* in no extension */
    [HELLO_ALPN] = {TLSEXT_TYPE_application_layer_protocol_negotiation, 2, 256},
    [HELLO_NAME] = {TLSEXT_TYPE_server_name, 5, 255}, /* RFC 1035 2.3.4 */
};

/* SSL_CTX_set_client_hello_cb(3): nothing but the length of an extension has been looked at. */
static struct hello_part in_extension(SSL *tls, enum hello_list list)
{
    size_t skip = lists[list].skip, len = 0;
    const unsigned char *at = NULL;

    if (SSL_client_hello_get0_ext(tls, lists[list].extension, &at, &len) != 1 || len <= skip) {
        return (struct hello_part){0};
    }
    return (struct hello_part){at + skip, len - skip, len - skip};
}

static struct hello_part suites_in(SSL *tls)
{
    struct hello_part suites = {0};

    if (SSL_client_hello_isv2(tls) == 0) { /* whose suites have three bytes */
        suites.came = suites.len = SSL_client_hello_get0_ciphers(tls, &suites.at);
    }
    return suites;
}

/* The first name, as long as it says: RFC 6066 3. Nobody knows other types than 0. */
static struct hello_part name_in(SSL *tls)
{
    struct hello_part name = in_extension(tls, HELLO_NAME);

    if (name.len > 0) {
        size_t told = (size_t)name.at[-2] << 8 | name.at[-1];

        name.len = name.at[-3] != TLSEXT_NAMETYPE_host_name ? 0 : told < name.len ? told : name.len;
        name.came = name.len;
    }
    return name;
}

/* ---- while it comes ---- */

static size_t find_parts(SSL *tls, struct hello_part parts[static HELLO_LISTS])
{
    size_t all = 0;

    for (enum hello_list list = 0; list < HELLO_LISTS; list++) {
        parts[list] = list == HELLO_SUITES ? suites_in(tls)
                      : list == HELLO_NAME ? name_in(tls)
                                           : in_extension(tls, list);
        if (parts[list].len > lists[list].most) {
            parts[list].len = lists[list].most;
        }
        all += parts[list].len;
    }
    return all;
}

/* One piece of memory, so that it is made and freed at once. NULL: there is none. */
static struct hello *copy(SSL *tls)
{
    struct hello_part parts[HELLO_LISTS];
    size_t all = find_parts(tls, parts), used = 0;
    struct hello *hello = malloc(sizeof *hello + all);

    if (hello == NULL) {
        return NULL;
    }
    hello->legacy_version = (uint16_t)SSL_client_hello_get0_legacy_version(tls);
    for (enum hello_list list = 0; list < HELLO_LISTS; list++) {
        hello->lens[list] = (uint16_t)parts[list].len;
        hello->came[list] = (uint16_t)parts[list].came;
        if (parts[list].len > 0) {
            memcpy(hello->bytes + used, parts[list].at, parts[list].len);
        }
        used += parts[list].len;
    }
    return hello;
}

/* Called before anything is chosen; again with the hello that follows a HelloRetryRequest. */
static int take(SSL *tls, int *alert, void *nothing)
{
    (void)alert, (void)nothing;
    stream_keep_hello(tls, copy(tls));
    return SSL_CLIENT_HELLO_SUCCESS;
}

void hello_watch(SSL_CTX *context)
{
    SSL_CTX_set_client_hello_cb(context, take, NULL);
}

/* ---- afterwards ---- */

struct hello_part hello_part(const struct hello *hello, enum hello_list list)
{
    const unsigned char *at = hello->bytes;

    for (enum hello_list before = 0; before < list; before++) {
        at += hello->lens[before];
    }
    return (struct hello_part){at, hello->lens[list], hello->came[list]};
}
