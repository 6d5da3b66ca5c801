/*
 * options_way.h - where to and how: HOST, PORT and everything about TLS, as secho-client and
 * secho-bench both have it. The rows are written once, here.
 */
#ifndef SECHO_OPTIONS_WAY_H
#define SECHO_OPTIONS_WAY_H

#include <stdbool.h>
#include <stdint.h>

#include <secho/client.h>

#include "client/options_table.h"

struct options_way {
    const char *host, *port;
    const char *ca, *cert, *key, *server_name;
    const char *tls, *ciphers, *ciphersuites, *groups, *alpn;
    bool insecure, ipv4, ipv6;
    int64_t timeout_ms; /* 0: the default; -1: never */
};

/* clang-format off */
/* The rows; AT(member) is the offset of a member of struct options_way. */
#define OPTIONS_WAY_ROWS(AT) \
    {"ca", 0, OPTION_PATH, true, AT(ca), " FILE", "trust these certificates (PEM), not the system's", 0, 0}, \
    {"cert", 0, OPTION_PATH, true, AT(cert), " FILE", "our certificate and chain (PEM); --key FILE: its key", 0, 0}, \
    {"key", 0, OPTION_PATH, true, AT(key), " FILE", NULL, 0, 0}, \
    {"server-name", 0, OPTION_TEXT, true, AT(server_name), " NAME", "for SNI, certificate; --alpn A,B: protocols to offer", 0, 0}, \
    {"insecure", 0, OPTION_FLAG, true, AT(insecure), "", "verify nothing: anybody may answer", 0, 0}, \
    {"ipv4", '4', OPTION_FLAG, true, AT(ipv4), NULL, "IPv4 only; IPv6 only", 0, 0}, \
    {"ipv6", '6', OPTION_FLAG, true, AT(ipv6), NULL, NULL, 0, 0}, \
    {"tls", 0, OPTION_VERSION, true, AT(tls), " 1.2|1.3", "this version only", 0, 0}, \
    {"ciphers", 0, OPTION_TEXT, true, AT(ciphers), " LIST", "TLS 1.2; --ciphersuites LIST of 1.3; --groups LIST", 0, 0}, \
    {"ciphersuites", 0, OPTION_TEXT, true, AT(ciphersuites), " LIST", NULL, 0, 0}, \
    {"groups", 0, OPTION_TEXT, true, AT(groups), " LIST", NULL, 0, 0}, \
    {"alpn", 0, OPTION_TEXT, true, AT(alpn), " A,B", NULL, 0, 0}, \
    {"timeout", 0, OPTION_TIMEOUT, true, AT(timeout_ms), " 10s", "for each: resolve, connect, TLS, echo", 0, 0}
/* clang-format on */

bool options_is_port(const char *text); /* 1..65535 */

/* Takes HOST and PORT, the last `count` words. Fails with SECHO_ERR_USAGE: one is missing, ... */
MUST_CHECK int options_take_target(struct options_way *way, int count, char **words,
                                   struct secho_error *err);

/* Refuses -4 with -6. */
MUST_CHECK int options_check_way(const struct options_way *way, struct secho_error *err);

/* The same as settings of a client. The texts stay the options'. */
void options_way_settings(const struct options_way *way, struct secho_client_settings *out);

#endif
