#include "client/options_way.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

bool options_is_port(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    long port = strtol(text, NULL, 10);

    return digits > 0 && digits <= 5 && text[digits] == '\0' && port >= 1 && port <= 65535;
}

static int take_port(struct options_way *way, const char *text, struct secho_error *err)
{
    if (!options_is_port(text)) {
        return error_set(err, SECHO_ERR_USAGE, "PORT must be a number 1..65535, is \"%.60s\"",
                         text);
    }
    way->port = text;
    return 0;
}

static int wrong_words(int count, char **words, struct secho_error *err)
{
    if (count == 0) {
        return error_set(err, SECHO_ERR_USAGE, "HOST and PORT are missing");
    }
    if (count == 1) {
        return error_set(err, SECHO_ERR_USAGE,
                         "PORT is missing (HOST and PORT are two words), there is only \"%.60s\"",
                         words[0]);
    }
    return error_set(err, SECHO_ERR_USAGE, "too many words: \"%.60s\" is one after PORT", words[2]);
}

int options_take_target(struct options_way *way, int count, char **words, struct secho_error *err)
{
    if (count != 2) {
        return wrong_words(count, words, err);
    }
    way->host = words[0];
    if (words[0][0] == '\0') {
        return error_set(err, SECHO_ERR_USAGE, "HOST is empty");
    }
    return take_port(way, words[1], err);
}

int options_check_way(const struct options_way *way, struct secho_error *err)
{
    if (way->ipv4 && way->ipv6) {
        return error_set(err, SECHO_ERR_USAGE, "-4 and -6 leave no address");
    }
    return 0;
}

void options_way_settings(const struct options_way *way, struct secho_client_settings *out)
{
    *out = (struct secho_client_settings){
        .host = way->host,
        .port = way->port,
        .server_name = way->server_name,
        .ca_file = way->ca,
        .cert_file = way->cert,
        .key_file = way->key,
        .min_version = way->tls,
        .max_version = way->tls,
        .ciphers = way->ciphers,
        .ciphersuites = way->ciphersuites,
        .groups = way->groups,
        .alpn = way->alpn,
        .family = way->ipv4   ? 4
                  : way->ipv6 ? 6
                              : 0,
        .timeout_ms = way->timeout_ms,
    };
}
