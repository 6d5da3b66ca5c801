/*
 * config.h - the configuration as C sees it: every key of secho.json, checked, with defaults.
 *
 * Made from the one table of keys in keys.h. Strings are never NULL: absent is "". Paths are
 * absolute or relative to the working directory (the folder of the file is already in front).
 */
#ifndef SECHO_CONFIG_CONFIG_H
#define SECHO_CONFIG_CONFIG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <secho/config.h>

#include "base/log.h"

enum config_transport { TRANSPORT_TLS, TRANSPORT_DTLS, TRANSPORT_TCP, TRANSPORT_UDP };
enum config_client_auth { CLIENT_AUTH_NONE, CLIENT_AUTH_REQUEST, CLIENT_AUTH_REQUIRE };
enum config_unknown_name { UNKNOWN_NAME_DEFAULT, UNKNOWN_NAME_REFUSE };

struct config_strings {
    char **items;
    size_t count;
};

struct config_certificate {
    char *chain, *key; /* paths, PEM */
    struct config_strings names;
    char *ocsp; /* path, or "" */
};

struct config_tls {
    struct config_certificate *certificates; /* the first is the default */
    size_t certificate_count;
    enum config_unknown_name unknown_name;
    int min_version, max_version; /* TLS1_2_VERSION or TLS1_3_VERSION: 0x0303, 0x0304 */
    char *ciphers, *ciphersuites, *groups, *signature_algorithms; /* OpenSSL's lists, or "" */
    struct config_strings alpn;
    struct {
        enum config_client_auth mode;
        char *ca, *crl; /* paths, or "" */
        struct {
            struct config_strings dns, uri, cn, spki_sha256;
        } allow;
    } client_auth;
    struct {
        int count;
        char *keys; /* path, or "" */
    } tickets;
    int64_t early_data_bytes;
    char *key_log; /* path, or "" */
};

struct config_listener {
    char *name;    /* unique; where the file has none: "listener-0" and so on */
    char *address; /* an IPv4 or IPv6 address */
    int port;      /* 0..65535 */
    enum config_transport transport;
    bool proxy_protocol;
    struct config_strings proxy_protocol_from;
    bool report;
    int mtu; /* bytes; 0: found out */
    struct config_tls tls;
    char pointer[32]; /* "/listeners/0": for messages */
    bool faulty;      /* has problems that were told: its fields are not what people meant */
};

struct secho_config {
    atomic_uint owners; /* besides the first */
    char *path;         /* as it was given */

    struct {
        int processes; /* 1..64; "auto" is already resolved to the number of CPUs */
        int threads;   /* 1..64, for each process */
    } workers;
    char *user; /* or "" */
    struct {
        enum secho_level level;
        enum log_format format;
    } log;
    struct { /* 0: no limit, where that makes sense */
        int connections, connections_per_address, handshakes_in_flight;
        int handshakes_per_second, handshakes_per_second_per_address;
        int64_t bytes_per_connection;
        int backlog;
    } limits;
    struct { /* 0: never, where that makes sense */
        int64_t handshake_ms, idle_ms, write_ms, goodbye_ms, age_ms;
        int64_t drain_ms, drain_delay_ms, reload_drain_ms;
    } timeouts;
    struct {
        bool present;
        char *address;
        int port;
        char *socket;
        bool expose;
        char *token;
    } admin;
    bool watch;
    struct config_strings peers;
    struct config_listener *listeners;
    size_t listener_count; /* at least 1 */
};

/*
 * config_read - secho_config_load() for those who look for more problems.
 *
 *   out  set when there were problems too, to what could be read: what is wrong has its default,
 *        and `faulty` says which listeners to leave alone. NULL when nothing could be read.
 */
int config_read(const char *path, secho_problem_fn *report, void *context,
                struct secho_config **out);

/*
 * One more owner of the same configuration: it lives until each has called secho_config_free().
 * Any thread.
 */
struct secho_config *config_share(const struct secho_config *config);

/* The effective configuration as JSON (secho-server -T). NULL without memory; free() it. */
char *config_print(const struct secho_config *config);

#endif
