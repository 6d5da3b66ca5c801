#include "client/settings.h"

#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "net/address.h"

static const size_t strings[] = {
    offsetof(struct secho_client_settings, host),
    offsetof(struct secho_client_settings, port),
    offsetof(struct secho_client_settings, server_name),
    offsetof(struct secho_client_settings, ca_file),
    offsetof(struct secho_client_settings, cert_file),
    offsetof(struct secho_client_settings, key_file),
    offsetof(struct secho_client_settings, min_version),
    offsetof(struct secho_client_settings, max_version),
    offsetof(struct secho_client_settings, ciphers),
    offsetof(struct secho_client_settings, ciphersuites),
    offsetof(struct secho_client_settings, groups),
    offsetof(struct secho_client_settings, alpn),
};

#define STRING_COUNT (sizeof strings / sizeof strings[0])

static char **string_at(struct secho_client_settings *settings, size_t i)
{
    return (char **)(void *)((char *)settings + strings[i]);
}

/* "[::1]" is how an address stands in a URL: people write it everywhere. */
static void strip_brackets(char *host)
{
    size_t len = strlen(host);

    if (len > 2 && host[0] == '[' && host[len - 1] == ']') {
        memmove(host, host + 1, len - 2);
        host[len - 2] = '\0';
    }
}

static int copy_texts(struct secho_client_settings *settings)
{
    int rc = 0;

    for (size_t i = 0; i < STRING_COUNT; i++) {
        char **text = string_at(settings, i);

        if (*text != NULL) { /* also after a failure: what is not copied is not ours to free */
            *text = rc == 0 ? strdup(*text) : NULL;
            rc = *text == NULL ? -1 : rc;
        }
    }
    return rc;
}

int settings_version(const char *text)
{
    return text == NULL               ? 0
           : strcmp(text, "1.2") == 0 ? TLS1_2_VERSION
           : strcmp(text, "1.3") == 0 ? TLS1_3_VERSION
                                      : -1;
}

static int check(const struct secho_client_settings *s, struct secho_error *err)
{
    struct address address;
    char *end = NULL;
    long port;

    if (s->host == NULL || s->host[0] == '\0') {
        return error_set(err, SECHO_ERR_USAGE, "the host is missing");
    }
    port = s->port != NULL ? strtol(s->port, &end, 10) : 0;
    if (s->port == NULL || strspn(s->port, "0123456789") != strlen(s->port) || port < 1 ||
        port > 65535) {
        return error_set(err, SECHO_ERR_USAGE, "the port must be a number 1..65535, is \"%.40s\"",
                         s->port != NULL ? s->port : "");
    }
    if (s->family != 0 && address_parse(s->host, 1, &address) == 0 &&
        address_is_ipv6(&address) != (s->family == 6)) {
        return error_set(err, SECHO_ERR_USAGE, "%s is not an IPv%d address", s->host, s->family);
    }
    if (settings_version(s->min_version) == -1 || settings_version(s->max_version) == -1) {
        return error_set(err, SECHO_ERR_USAGE, "TLS is \"1.2\" or \"1.3\"");
    }
    if (s->proxy_protocol < 0 || s->proxy_protocol > 2) {
        return error_set(err, SECHO_ERR_USAGE, "the PROXY protocol has version 1 or 2, not %d",
                         s->proxy_protocol);
    }
    return 0;
}

int settings_copy(const struct secho_client_settings *from, struct secho_client_settings *out,
                  struct secho_error *err)
{
    struct secho_client_settings copy = *from;

    if (copy_texts(&copy) != 0) {
        settings_free(&copy);
        return error_set(err, SECHO_ERR_MEMORY, "no memory for a client");
    }
    if (copy.host != NULL) {
        strip_brackets(*string_at(&copy, 0));
    }
    if (check(&copy, err) != 0) {
        settings_free(&copy);
        return -1;
    }
    *out = copy;
    return 0;
}

void settings_free(struct secho_client_settings *settings)
{
    for (size_t i = 0; i < STRING_COUNT; i++) {
        free(*string_at(settings, i));
        *string_at(settings, i) = NULL;
    }
}

void settings_trust(const struct secho_client_settings *settings, struct trust_settings *out)
{
    *out = (struct trust_settings){
        .min_version = settings_version(settings->min_version),
        .max_version = settings_version(settings->max_version),
        .ca_file = settings->ca_file,
        .cert_file = settings->cert_file,
        .key_file = settings->key_file,
        .ciphers = settings->ciphers,
        .ciphersuites = settings->ciphersuites,
        .groups = settings->groups,
        .alpn = settings->alpn,
    };
}
