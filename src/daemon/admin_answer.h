/*
 * admin_answer.h - what the admin listener says to which request. Knows no connection: admin_http.c
 * brings requests and takes answers.
 */
#ifndef SECHO_ADMIN_ANSWER_H
#define SECHO_ADMIN_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

#include "daemon/admin_access.h"
#include "daemon/board.h"
#include "daemon/history.h"
#include "server/counters.h"

#define ADMIN_BODY_MAX    4096 /* bytes of a request's body */
#define ADMIN_RELOADS_MAX 16   /* who may wait for a reload at a time */

/* What there is to tell about. */
struct admin_view {
    const struct admin_settings *settings;
    const struct board *board;
    const struct counters_shared *counters;
    const struct history *history;
};

struct admin_request {
    const char *method, *path;
    const char *accept;        /* header, or NULL */
    const char *level, *since; /* parameters of the query, or NULL */
    unsigned hosts;            /* headers of that name */
    char authority[256];       /* of a target that is a whole URL; the claim's host, then */
    struct admin_claim claim;
    const char *body; /* `body_len` bytes, then a NUL */
    size_t body_len;
};

struct admin_answer {
    unsigned status;     /* of HTTP */
    const char *type;    /* Content-Type */
    const char *policy;  /* Content-Security-Policy; NULL: nothing is allowed */
    const char *allow;   /* methods, of a 405; else NULL */
    bool asks_for_token; /* WWW-Authenticate */
    char *body;          /* owned: free() it; NULL: no memory */
    size_t len;
};

/* What has to happen before there is an answer. */
enum admin_task {
    ADMIN_NOTHING,
    ADMIN_ASK,    /* the supervisor, whether it lives */
    ADMIN_RELOAD, /* it reloads, and says how that ended */
    ADMIN_LEVEL,  /* it sets the level of the log */
};

struct admin_route {
    const char *path;
    const char *methods; /* as in Allow */
    bool is_open;        /* to everybody who can connect: health checks */
    enum admin_task task;
    /* After the task; `done` false: the supervisor did not answer in time, or is about to end. */
    void (*answer)(const struct admin_view *view, const struct admin_request *request, bool done,
                   struct admin_answer *answer);
};

/*
 * When the head of a request has come: who answers it; NULL: nobody, `answer` says why.
 *
 *   body_len  of the Content-Length header; 0 where there is none
 */
const struct admin_route *admin_find(const struct admin_view *view,
                                     const struct admin_request *request, size_t body_len,
                                     struct admin_answer *answer);

/* The body is longer than it may be. */
void admin_refuse_body(struct admin_answer *answer);

/* ADMIN_RELOADS_MAX wait for a reload already. */
void admin_refuse_reload(struct admin_answer *answer);

/* The level that a request wants, in its query or its body; -1: none, and `answer` says why. */
int admin_level(const struct admin_request *request, struct admin_answer *answer);

#endif
