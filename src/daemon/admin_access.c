#include "daemon/admin_access.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "net/prefix.h"

/* ---- Host ---- */

#define HOST_SIZE 256

/* "[::1]:9090" and "localhost:9090" without port and brackets. False: it is no host. */
static bool take_host(const char *text, char host[static HOST_SIZE])
{
    bool bracket = text[0] == '[';
    const char *begin = bracket ? text + 1 : text;
    size_t len = strcspn(begin, bracket ? "]" : ":");

    if (len == 0 || len >= HOST_SIZE || (bracket && begin[len] != ']')) {
        return false;
    }
    const char *rest = begin + len + (bracket ? 1 : 0);

    if (*rest == ':') {
        rest += 1 + strspn(rest + 1, "0123456789");
    }
    memcpy(host, begin, len);
    host[len] = '\0';
    return *rest == '\0';
}

static bool is_loopback(const char *host)
{
    static const char *const loopback[] = {"127.0.0.0/8", "::1"};
    struct address address;

    if (strcasecmp(host, "localhost") == 0) {
        return true;
    }
    for (size_t i = 0; i < sizeof loopback / sizeof loopback[0]; i++) {
        struct prefix prefix;
        const char *why;

        if (address_parse(host, 0, &address) == 0 &&
            prefix_parse(loopback[i], &prefix, &why) == 0 && prefix_has(&prefix, &address)) {
            return true;
        }
    }
    return false;
}

/* No browser leaves Host out (RFC 9112 3.2); a simple health check may. */
static bool names_us(const char *text)
{
    char host[HOST_SIZE];

    return text == NULL || (take_host(text, host) && is_loopback(host));
}

/* ---- Origin ---- */

/* A browser sends it with each POST (Fetch Standard, "Origin header"); others do not. */
static bool is_own(const char *origin, const char *host)
{
    static const char *const schemes[] = {"http://", "https://"}; /* TLS may be ended before us */

    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0] && host != NULL; i++) {
        size_t len = strlen(schemes[i]);

        if (strncasecmp(origin, schemes[i], len) == 0 && strcasecmp(origin + len, host) == 0) {
            return true;
        }
    }
    return false;
}

/* ---- Authorization ---- */

static bool is_token(const struct admin_settings *settings, const char *shown, size_t len)
{
    unsigned char digest[ADMIN_DIGEST_SIZE];

    /* The time tells nothing: digests are compared, all bytes of them. */
    return admin_digest(shown, len, digest) == 0 &&
           CRYPTO_memcmp(digest, settings->token, sizeof digest) == 0;
}

#define BASIC_MAX 2048 /* characters of base64 */

/* RFC 7617: "user:password" in base64; a browser asks its user for them. Any user will do. */
static bool is_basic(const struct admin_settings *settings, const char *base64)
{
    unsigned char plain[BASIC_MAX] = {0};
    size_t len = strlen(base64);

    if (len == 0 || len > BASIC_MAX || len % 4 != 0) {
        return false;
    }
    int got = EVP_DecodeBlock(plain, (const unsigned char *)base64, (int)len);

    if (got <= 0 || got > (int)sizeof plain) {
        return false;
    }
    size_t count = (size_t)got;

    for (size_t i = len; i > len - 2 && base64[i - 1] == '='; i--) {
        count--; /* padding was decoded, too */
    }
    const unsigned char *colon = memchr(plain, ':', count);
    bool right = colon != NULL &&
                 is_token(settings, (const char *)colon + 1, count - (size_t)(colon + 1 - plain));

    OPENSSL_cleanse(plain, sizeof plain);
    return right;
}

/* What stands behind the scheme (RFC 9110 11.1: in whatever letters), or NULL. */
static const char *behind(const char *authorization, const char *scheme)
{
    size_t len = strlen(scheme);

    if (strncasecmp(authorization, scheme, len) != 0 || authorization[len] != ' ') {
        return NULL;
    }
    return authorization + len + strspn(authorization + len, " ");
}

static bool shows_token(const struct admin_settings *settings, const char *authorization)
{
    const char *bearer = behind(authorization, "Bearer");
    const char *basic = behind(authorization, "Basic");

    return bearer != NULL  ? is_token(settings, bearer, strlen(bearer))
           : basic != NULL ? is_basic(settings, basic)
                           : false;
}

/* ---- all of it ---- */

enum admin_verdict admin_judge(const struct admin_settings *settings,
                               const struct admin_claim *claim)
{
    if (settings->has_token && claim->authorization == NULL) {
        return ADMIN_TOKEN_MISSING;
    }
    if (settings->has_token && !shows_token(settings, claim->authorization)) {
        return ADMIN_TOKEN_WRONG;
    }
    if (!settings->has_token && !settings->is_path && !names_us(claim->host)) {
        return ADMIN_HOST_FOREIGN;
    }
    if (claim->changes && claim->origin != NULL && !is_own(claim->origin, claim->host)) {
        return ADMIN_ORIGIN_FOREIGN;
    }
    return ADMIN_WELCOME;
}
