/*
 * client.h - what is inside of a secho_client, for talk and check.
 *
 * The way of a connection: setup (files) - resolve - connect - handshake - echo - goodbye.
 */
#ifndef SECHO_CLIENT_CLIENT_H
#define SECHO_CLIENT_CLIENT_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>

#include <secho/client.h>

#include "client/early.h"
#include "client/failure.h"
#include "client/race.h"
#include "tls/odd_hello.h"
#include "tls/session.h"
#include "tls/socket_bio.h"
#include "tls/stream.h"
#include "tls/trust.h"

#define CLIENT_TIMEOUT_MS 10000 /* for each stage, when the settings say 0 */

/* Receives one line about what is going on: -v. */
typedef void client_trace_fn(void *context, const char *line);

struct client_times {
    int64_t resolve_us, connect_us, handshake_us;
};

struct secho_client {
    struct secho_client_settings settings; /* the strings are ours */
    bool insecure;
    bool witnessed;         /* the handshake is watched for what a report tells: tls/witness.h */
    struct odd_hello odd;   /* the ClientHello is unusual: path */
    client_trace_fn *trace; /* or NULL */
    void *trace_context;

    SSL_CTX *context;
    SSL *tls;
    int fd; /* -1 while not connected */
    struct socket_bio wire;
    struct stream_facts facts;
    struct trust_verdict verdict;
    struct session offered; /* client_offer() gave it; {0}: none */
    char not_offered[SESSION_WHY_SIZE];
    struct early_data early; /* `bytes` and `len` are set before the client is opened */
    struct race race;
    char address[ADDRESS_TEXT_SIZE]; /* of the peer, "" while not connected */
    struct client_times times;
    size_t alike; /* of the last echo: bytes that are the right ones, also when not all are */

    enum failure_stage stage;
    struct failure failure; /* why the last call failed */
};

void client_say(const struct secho_client *client, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* The timeout of a stage in ms, 1..INT_MAX (what poll(2) takes); -1 for never. */
int64_t client_timeout_ms(const struct secho_client *client);

/*
 * Waits for what an IO_WANT_... asked for. 0, or -1 when `deadline_ms` (clock_now_ms(), INT64_MAX
 * for never) has passed.
 */
int client_wait(const struct secho_client *client, enum io want, int64_t deadline_ms);

/*
 * Explains why the stream failed (IO_FAILED with `cause`) and fills client->failure and `err`.
 * Looks for a last alert that the server may have sent. Returns -1.
 */
int client_stream_failed(struct secho_client *client, const struct secho_error *cause,
                         struct secho_error *err);

/* ---- sessions: what one connection has agreed on, for another one (tls/session.h) ---- */

/*
 * Offers `session` to the server when the client is opened: call it before. The client has its own
 * handle to it. Any server, port and name will do: one whose certificate would not be accepted
 * now, or that has expired, is not offered, and the handshake is a full one. Fails without memory.
 */
MUST_CHECK int client_offer(struct secho_client *client, const struct session *session,
                            struct secho_error *err);

/* Why the session was not offered after all, once the client is open; "": it was, or none is. */
const char *client_not_offered(const struct secho_client *client);

/* After the handshake: does the connection go on with the session that was offered? */
bool client_resumed(const struct secho_client *client);

/*
 * The newest session of the connection: `out` is set on success, session_done() it. Ask after the
 * first bytes have come back: in TLS 1.3 the server sends it after the handshake. Fails with
 * SECHO_ERR_PEER when the server has given none, SECHO_ERR_MEMORY.
 */
int client_take_session(const struct secho_client *client, struct session *out,
                        struct secho_error *err);

#endif
