/* offer.c - the sessions of a client: client.h. */
#include "base/error.h"
#include "client/client.h"

int client_offer(struct secho_client *client, const struct session *session,
                 struct secho_error *err)
{
    session_done(&client->offered);
    return session_copy(session, &client->offered, err);
}

const char *client_not_offered(const struct secho_client *client)
{
    return client->not_offered;
}

bool client_resumed(const struct secho_client *client)
{
    return client->tls != NULL && SSL_session_reused(client->tls) == 1;
}

int client_take_session(const struct secho_client *client, struct session *out,
                        struct secho_error *err)
{
    if (client->stage < FAILURE_ECHO) {
        return error_set(err, SECHO_ERR_PEER, "without a connection there is no session");
    }
    return session_take(client->tls, &client->offered, out, err);
}
