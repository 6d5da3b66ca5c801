/* announce.h - a PROXY header of our own, in front of TLS: for listeners that expect one. */
#ifndef SECHO_CLIENT_ANNOUNCE_H
#define SECHO_CLIENT_ANNOUNCE_H

#include "client/client.h"

/*
 * Sends the header that the settings ask for, if they do: both ends of the connection that is
 * open. When that fails the connection is no more, and the handshake finds out why.
 */
void announce(struct secho_client *client);

#endif
