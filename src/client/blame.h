/* blame.h - what is known about a connection that failed, put together as a struct failure. */
#ifndef SECHO_BLAME_H
#define SECHO_BLAME_H

#include <stdint.h>

#include "client/client.h"

/*
 * Each fills client->failure for client->stage. `cause` is what the failing call said.
 */
void blame_setup(struct secho_client *client, const struct secho_error *cause);
void blame_resolve(struct secho_client *client, const struct secho_error *cause);
void blame_connect(struct secho_client *client, const struct secho_error *cause);
void blame_stream(struct secho_client *client, const struct secho_error *cause);

/* ENDING_TIMEOUT; or ENDING_WRITE_TIMEOUT when it is the server that does not take what we send. */
void blame_timeout(struct secho_client *client, enum ending_cause cause);

/* What came back is wrong: ENDING_ECHO_WRONG and its like; `detail` says where, or "". */
void blame_bytes(struct secho_client *client, enum ending_cause cause, const char *detail);

/* The bytes so far, for a failure in the middle of an echo. */
void blame_add_counts(struct secho_client *client, uint64_t sent, uint64_t received);

#endif
