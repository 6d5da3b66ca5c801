/* agreed.h - what client and server have agreed on, for -v and --json. */
#ifndef SECHO_AGREED_H
#define SECHO_AGREED_H

#include <cjson/cJSON.h>

#include "client/client.h"

/* After the handshake: a few lines to the client's trace. */
void agreed_say(const struct secho_client *client);

/* The same as members of an object. */
void agreed_add(cJSON *tls, const struct secho_client *client);

#endif
