/*
 * report.h - the mode "report": ask the server what it sees of our connection, compare that with
 * what we see, and say whether it is one TLS session end to end.
 */
#ifndef SECHO_CLIENT_REPORT_H
#define SECHO_CLIENT_REPORT_H

#include <stdbool.h>

#include "client/client.h"
#include "diagnosis/report.h"

struct report_result {
    struct report_finding finding;
    struct report_view here;
    bool shaken;   /* `here` has a session: the handshake succeeded */
    bool answered; /* `there` is what the server said */
    struct report_view there;
};

#define REPORT_OFFER_SIZE 1024

/* What such a client has to offer as ALPN: a report, and then `alpn` (or NULL). */
void report_offer(const char *alpn, char offer[static REPORT_OFFER_SIZE]);

/*
 * Does all of it with a client that was made (with that offer) and not opened. 0 when there is a
 * finding; else -1 and client->failure says why not.
 */
int report_run(struct secho_client *client, struct report_result *out);

/* EXIT_PROVEN for one session, EXIT_THRESHOLD when something terminates TLS, else EXIT_PROTOCOL. */
enum exit_status report_exit(const struct report_result *result);

/*
 * All of it, and told on stdout: as one JSON object, or in words, which `quiet` leaves out. Returns
 * report_exit(), unless client->failure has happened.
 */
int report_mode(struct secho_client *client, bool json, bool quiet);

/* The JSON object. NULL without memory; free() it. */
char *report_json(const struct secho_client *client, const struct report_result *result);

#endif
