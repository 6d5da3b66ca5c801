/*
 * pair.h - both ends of one connection, without a port and without sleeping.
 *
 * Ours is a real struct conn with a context from real files. The client is OpenSSL over memory:
 * a test decides which of its bytes reach the socket, and when. Between them is a socket pair
 * (unix(7)); it knows FIN and, when somebody closes with unread input, the reset of TCP.
 */
#ifndef PAIR_H
#define PAIR_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>

#include "credentials.h"
#include "server/conn.h"

#define PAIR_PEER "198.51.100.9" /* where connections seem to come from; its port is 40000 */

struct pair_settings {
    bool plain;                   /* a listener without TLS */
    bool proxied;                 /* the listener expects a PROXY header, of anybody */
    int min_version, max_version; /* of the server; 0: 1.2 and 1.3 */
    int client_version;           /* the only one the client speaks; 0: all */
    const char *client_suites;    /* of TLS 1.3, or NULL */
    unsigned early_data_bytes;    /* what the listener takes; its window is open */
    int window;                   /* SO_SNDBUF of both ends; 0: the kernel's default */
};

struct pair {
    struct pair_settings settings;
    struct credentials credentials;
    struct wire_buffers buffers;
    struct config_listener config;
    struct listener listener;
    struct prefix everybody;
    struct counters counters;
    struct secho_config whole; /* without a limit */
    struct limits limits;
    struct replay *window; /* NULL without early data */
    SSL_CTX *client_context;

    struct conn conn;                          /* our end */
    enum conn_next next;                       /* what its last turn answered */
    unsigned turns;                            /* how many it has had */
    enum conn_next (*turn)(struct conn *conn); /* conn_turn(), unless a test does more */

    SSL *client; /* NULL on a plain listener */
    int fd;      /* the client's end; -1 when it is closed */
    bool saw_fin;
    struct stream_facts heard; /* the client's view: alerts that it got */
    int saw_errno;
};

void pair_open(struct pair *pair, const struct pair_settings *settings);
void pair_close(struct pair *pair);

/* Another client of the same server; offers `session` when it is not NULL. */
void pair_connect(struct pair *pair, SSL_SESSION *session);
void pair_disconnect(struct pair *pair);

/* ---- our end ---- */

/* Gives the connection turns as the worker would: while it wants them or its socket is ready. */
enum conn_next pair_serve(struct pair *pair);

/* Would the worker call it now? */
bool pair_is_ready(const struct pair *pair);

/* ---- the client's end ---- */

/* Puts at most `most` bytes of what the client's TLS has written onto the socket. */
size_t pair_push(struct pair *pair, size_t most);

/* Hands what the socket has to the client's TLS; returns how much. */
size_t pair_pull(struct pair *pair);

/* All of it, to and fro, until nothing moves any more. */
void pair_settle(struct pair *pair);

void pair_shake_hands(struct pair *pair);

/* Encrypts; nothing reaches the socket yet. */
void pair_say(struct pair *pair, const void *data, size_t len);

/* Decrypts what was pulled. Returns how much, up to len. */
size_t pair_hear(struct pair *pair, void *buffer, size_t len);

/* The server's close_notify was decrypted. */
bool pair_heard_goodbye(const struct pair *pair);

/* Bytes past TLS, as they are. */
void pair_send_raw(struct pair *pair, const void *data, size_t len);
size_t pair_receive_raw(struct pair *pair, void *buffer, size_t len);

void pair_half_close(struct pair *pair); /* FIN; the client still reads */
void pair_hang_up(struct pair *pair);    /* close(): with unread input a reset */

#endif
