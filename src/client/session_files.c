#include "client/session_files.h"

#include <stdio.h>

#include "base/error.h"
#include "client/blame.h"

static int offer(struct secho_client *client, const char *path, struct secho_error *err)
{
    struct session session = {0};

    if (session_read(path, &session, err) != 0) {
        return error_context(err, "--sess-in");
    }
    int rc = client_offer(client, &session, err);

    session_done(&session);
    return rc;
}

int session_files_open(struct secho_client *client, const char *in, const char *out,
                       struct secho_error *err)
{
    if (out != NULL && session_check(out, err) != 0) {
        return error_context(err, "--sess-out");
    }
    return in != NULL ? offer(client, in, err) : 0;
}

int session_files_save(struct secho_client *client, const struct session *newest, const char *out)
{
    struct secho_error err = {0};

    if (newest->tls == NULL) {
        blame_bytes(client, ENDING_NO_SESSION, "nothing was written to --sess-out");
        return -1;
    }
    if (session_save(newest, out, &err) != 0) {
        (void)error_context(&err, "--sess-out");
        failure_from_error(&client->failure, FAILURE_GOODBYE, &err);
        failure_advise(&client->failure, "Check the path, the rights of its folder and the disk.");
        return -1;
    }
    return 0;
}

/* false: it was resumed. */
static bool describe(const struct secho_client *client, char *text, size_t size)
{
    if (client_resumed(client)) {
        return false;
    }
    if (client_not_offered(client)[0] != '\0') {
        (void)snprintf(text, size,
                       "--sess-in: the session was not offered: %s; this was a full handshake",
                       client_not_offered(client));
    } else if (SSL_SESSION_get_protocol_version(client->offered.tls) != SSL_version(client->tls)) {
        (void)snprintf(text, size,
                       "--sess-in: the session is of %s and this connection of %s; this was a full "
                       "handshake (--tls chooses)",
                       session_version(&client->offered), SSL_get_version(client->tls));
    } else {
        (void)snprintf(text, size,
                       "--sess-in: the server did not take the session; this was a full handshake");
    }
    return true;
}

void session_files_tell(const struct secho_client *client, const char *program)
{
    char text[SESSION_WHY_SIZE + 100];

    if (describe(client, text, sizeof text)) {
        (void)fprintf(stderr, "%s: %s\n", program, text);
    }
}
