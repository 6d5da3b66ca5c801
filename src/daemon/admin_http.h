/*
 * admin_http.h - HTTP for the admin process: libmicrohttpd, driven by the loop of admin.c.
 *
 * Nobody who connects and says nothing, or says it slowly, keeps others out: each has a while for
 * each request, and when it gets crowded the oldest ones go.
 */
#ifndef SECHO_ADMIN_HTTP_H
#define SECHO_ADMIN_HTTP_H

#include <microhttpd.h>
#include <stdint.h>

#include "base/attributes.h"
#include "daemon/admin_answer.h"
#include "daemon/admin_seats.h"
#include "daemon/message.h"

struct http {
    struct admin_view view;
    int control; /* to the supervisor */
    struct MHD_Daemon *daemon;
    struct seats seats;
    struct http_exchange *waiting; /* for the supervisor */
    uint32_t ticket;               /* of the last one who began to wait */
};

/* Takes over the listening socket. -1: the library says no. */
MUST_CHECK int http_begin(struct http *http, int listener);

/* What to wait for, besides what the supervisor may say: readable; in how many ms, -1: for ever. */
int http_descriptor(const struct http *http);
int http_wait_ms(struct http *http);

/* After each wait: moves what can be moved. */
void http_run(struct http *http);

/* The supervisor has done what all up to the ticket of this message wanted (RELOADED, PING). */
void http_done(struct http *http, const struct message *what);

/* The supervisor is gone, or wants us gone: whoever waits is told. */
void http_end(struct http *http);

#endif
