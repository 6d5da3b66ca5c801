/* ping_inside.h - the state of a ping, for the files of ping only. */
#ifndef SECHO_PING_INSIDE_H
#define SECHO_PING_INSIDE_H

#include "base/look.h"
#include "client/ping.h"
#include "client/ping_crew.h"
#include "client/ping_ledger.h"
#include "client/ping_message.h"
#include "client/ping_signals.h"
#include "client/ping_stats.h"

enum ping_end {
    PING_GOES_ON,
    PING_DONE,        /* all messages are sent and settled */
    PING_DEADLINE,    /* --deadline has passed */
    PING_STOPPED,     /* by a signal */
    PING_BROKEN,      /* the connection is no more: client->failure */
    PING_NOBODY_READS /* our output */
};

struct ping {
    struct secho_client *client; /* the one connection; for new ones: whose settings they have */
    struct ping_try *opened;     /* owns `client` unless NULL */
    struct ping_crew *crew;
    const struct ping_wishes *wishes;
    struct ping_plan plan; /* of the wishes, with defaults filled in */
    enum ping_talk talk;   /* of the wishes */
    struct look look;
    struct ping_shape shape;
    struct ping_ledger ledger;
    struct ping_stat stats[PING_STAGES];
    struct ping_signals signals;
    uint64_t failed, resumed; /* new connections */
    uint64_t again, full;     /* of those after the first: open ones, and not resumed ones */
    uint64_t slow;            /* echoes that took longer than plan.warn_ms */
    enum ping_end end;
    int64_t start_ns, end_ns;
    int64_t deadline_ns; /* INT64_MAX: none */
    int64_t timeout_ns;  /* of an echo; INT64_MAX: none */
};

/* Something that came back, or did not. */
struct ping_echo {
    uint64_t number;
    enum ping_fate fate;
    int64_t took_ns; /* below 0: none */
    size_t at;       /* PING_WRONG: this byte is the first other one; 0: unknown */
    bool first;      /* of its connection */
    bool slow;
};

/* ---- ping_fresh.c: opening connections while the clock runs ---- */

/* Opens ping->client. When that takes too long, fails or is stopped, ping->end says so. */
void ping_open(struct ping *ping);

/* A new connection for each message. */
void ping_fresh(struct ping *ping);

/* ---- ping_steady.c: all messages on one connection, which is open ---- */

void ping_steady(struct ping *ping);

/* ---- ping_tell.c: what is said, in lines or in JSON ---- */

void ping_tell_start(const struct ping *ping);
void ping_tell_echo(struct ping *ping, const struct ping_echo *echo);
void ping_tell_overdue(const struct ping *ping, uint64_t number);
void ping_tell_so_far(const struct ping *ping); /* one line on stderr, for SIGQUIT */
void ping_tell_summary(const struct ping *ping, int status);

/* What became of the session that the first connection was to offer, on stderr. */
void ping_tell_offer(const struct ping *ping, const struct secho_client *client);

/* A new connection has come to its end, well or not. */
void ping_tell_try(const struct ping *ping, const struct ping_try *attempt, bool slow);

/* ---- ping_json.c ---- */

void ping_json_try(const struct ping *ping, const struct ping_try *attempt, bool slow);

void ping_json_echo(const struct ping *ping, const struct ping_echo *echo);
void ping_json_summary(const struct ping *ping, int status);

/* ---- ping_judge.c ---- */

/* Fills client->failure unless all is well or the connection has failed. Returns the exit status.
 */
int ping_judge(struct ping *ping);

/* "1 wrong, 2 missing"; "" when all is right. */
void ping_describe(const struct ping *ping, char *text, size_t size);

#endif
