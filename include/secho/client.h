/*
 * client.h - a connection to any TLS echo server.
 *
 *     struct secho_client_settings settings = {.host = "localhost", .port = "8443"};
 *     if (secho_client_connect(&settings, &client, &err) == 0 &&
 *         secho_client_send(client, "hello", 5, &err) == 0 &&
 *         secho_client_receive(client, buffer, sizeof buffer, &got, &err) == 0) { ... }
 *     secho_client_free(client);
 *
 * Thread: one client belongs to one thread at a time; different clients are independent. Calls
 * block, within the timeout. After a call has failed only secho_client_free() makes sense.
 *
 * A name is resolved in a helper thread, because getaddrinfo(3) knows no deadline. When it is
 * late it is left alone and may run on after the client is gone: do not unload the library then.
 */
#ifndef SECHO_CLIENT_H
#define SECHO_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#include <secho/error.h>
#include <secho/export.h>

SECHO_BEGIN_DECLS

struct secho_client;

/* What to connect to and what to insist on. Start from {0}: zero and NULL are the defaults. */
struct secho_client_settings {
    const char *host;         /* a name or an address; needed */
    const char *port;         /* a number 1..65535, as text; needed */
    const char *server_name;  /* for SNI and for the check of the certificate; NULL: host */
    const char *ca_file;      /* PEM; NULL: the system's store, or SSL_CERT_FILE */
    const char *cert_file;    /* our certificate and its chain, PEM; NULL: none */
    const char *key_file;     /* its key, PEM, not encrypted; NULL: in cert_file */
    const char *min_version;  /* "1.2" (the default) or "1.3" */
    const char *max_version;  /* "1.2" or "1.3" (the default) */
    const char *ciphers;      /* TLS 1.2, OpenSSL's names; NULL: secho's own default */
    const char *ciphersuites; /* TLS 1.3 */
    const char *groups;       /* OpenSSL's names, best first */
    const char *alpn;         /* names separated by commas; NULL: none offered */
    int family;               /* 0 any, 4 IPv4 only, 6 IPv6 only */
    int proxy_protocol;       /* 1 or 2: sends a PROXY header of that version first; 0: none */
    int64_t timeout_ms;       /* for each stage; 0: 10,000; negative: for ever; 24 days at most */
};

/*
 * secho_client_connect - resolve, connect (RFC 8305), shake hands, verify: secho_client_new() and
 * secho_client_open() in one.
 *
 *   out  set on success only; free it with secho_client_free()
 *   err  what went wrong and what to do, with the address; the kind says whose fault it is
 *
 * The chain and the name of the server's certificate are verified. In TLS 1.3 a server may still
 * refuse our certificate afterwards: then the first secho_client_receive() fails with
 * SECHO_ERR_VERIFY.
 */
SECHO_API int secho_client_connect(const struct secho_client_settings *settings,
                                   struct secho_client **out, struct secho_error *err);

/*
 * Copies the settings; touches neither files nor the network. Fails with SECHO_ERR_USAGE (a setting
 * that cannot be) or SECHO_ERR_MEMORY.
 */
SECHO_API int secho_client_new(const struct secho_client_settings *settings,
                               struct secho_client **out, struct secho_error *err);

/* Anybody may answer from now on. Call it before secho_client_open(). */
SECHO_API void secho_client_insecure_skip_verify(struct secho_client *client);

/* Resolve, connect, shake hands, verify: as secho_client_connect(). Once for each client. */
SECHO_API int secho_client_open(struct secho_client *client, struct secho_error *err);

/*
 * Sends all of it, or fails. Blocks for at most timeout_ms without progress. An echo server stops
 * reading when nobody takes what it sends back: receive from time to time (secho-server takes
 * some 100 KiB before that).
 */
SECHO_API int secho_client_send(struct secho_client *client, const void *data, size_t len,
                                struct secho_error *err);

/*
 * Takes what has come back.
 *
 *   buffer, len  where to; at least 1 byte
 *   got          set to 1..len, or to 0 when the peer has ended its direction with close_notify
 *
 * A FIN without close_notify fails with SECHO_ERR_PEER. Blocks for at most timeout_ms.
 */
SECHO_API int secho_client_receive(struct secho_client *client, void *buffer, size_t len,
                                   size_t *got, struct secho_error *err);

/* Ends our direction with close_notify; what was sent still comes back. */
SECHO_API int secho_client_finish(struct secho_client *client, struct secho_error *err);

/* Closes. NULL is fine. */
SECHO_API void secho_client_free(struct secho_client *client);

SECHO_END_DECLS

#endif
