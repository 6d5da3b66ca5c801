/* blame.h - from the facts of a connection that failed to a struct failure. */
#ifndef SECHO_BLAME_H
#define SECHO_BLAME_H

#include "client/client.h"

/* Each fills client->failure for client->stage. `cause` is what the failing call said. */
void blame_setup(struct secho_client *client, const struct secho_error *cause);
void blame_resolve(struct secho_client *client, const struct secho_error *cause);
void blame_connect(struct secho_client *client, const struct secho_error *cause);
void blame_stream(struct secho_client *client, const struct secho_error *cause);
void blame_timeout(struct secho_client *client);

#endif
