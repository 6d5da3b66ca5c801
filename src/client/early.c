#include "client/early.h"

#include <string.h>

#include "client/client.h"

/* ---- before the handshake ---- */

static bool has_protocol(const char *list, const unsigned char *name, size_t len)
{
    while (list != NULL && list[0] != '\0') {
        size_t item = strcspn(list, ",");

        if (item == len && memcmp(list, name, len) == 0) {
            return true;
        }
        list += item + (list[item] == ',' ? 1 : 0);
    }
    return false;
}

/*
 * The server reads early data as if all were as it was (RFC 8446 4.2.10); so the client has
 * to offer the same. OpenSSL would end the connection.
 */
static const char *differs(const SSL *tls, const SSL_SESSION *session, const char *alpn)
{
    const char *before = SSL_SESSION_get0_hostname(session);
    const char *now = SSL_get_servername(tls, TLSEXT_NAMETYPE_host_name);
    const unsigned char *protocol = NULL;
    size_t len = 0;

    SSL_SESSION_get0_alpn_selected(session, &protocol, &len);
    if (before != NULL && (now == NULL || strcmp(before, now) != 0)) {
        return "the session is one with another server name";
    }
    return len > 0 && !has_protocol(alpn, protocol, len)
               ? "the session is one with an ALPN protocol that is not offered now"
               : NULL;
}

/* Why nothing may go along with this session; NULL: it may. */
static const char *obstacle(const struct secho_client *client, const SSL_SESSION *session)
{
    if (session == NULL) {
        return "there is no session to offer";
    }
    return SSL_SESSION_get_max_early_data(session) == 0
               ? "the server that gave the session had not allowed it"
               : differs(client->tls, session, client->settings.alpn);
}

void early_begin(struct secho_client *client)
{
    struct early_data *early = &client->early;
    const SSL_SESSION *session = SSL_get0_session(client->tls);
    const char *why = early->wanted ? obstacle(client, session) : NULL;

    if (why != NULL) {
        client_say(client, "no early data is sent: %s", why);
    } else if (early->wanted) {
        size_t most = SSL_SESSION_get_max_early_data(session);

        early->allowed = early->len < most ? early->len : most;
    }
}

enum io early_then_handshake(struct secho_client *client, struct secho_error *err)
{
    struct early_data *early = &client->early;

    while (early->sent < early->allowed) {
        size_t put = 0;
        enum io io = stream_write_early(client->tls, early->bytes + early->sent,
                                        early->allowed - early->sent, &put, err);

        if (io != IO_DONE) {
            return io;
        }
        early->sent += put;
    }
    return stream_handshake(client->tls, err);
}

/* ---- after it ---- */

void early_settle(struct secho_client *client)
{
    struct early_data *early = &client->early;

    if (early->sent > 0) {
        bool taken = SSL_get_early_data_status(client->tls) == SSL_EARLY_DATA_ACCEPTED;

        early->fate = taken ? EARLY_ACCEPTED : EARLY_REJECTED;
        client_say(client, "early data: %zu bytes went along with the hello: %s", early->sent,
                   taken ? "accepted" : "rejected, they are sent again");
    }
}

size_t early_taken(const struct early_data *early)
{
    return early->fate == EARLY_ACCEPTED ? early->sent : 0;
}

const char *early_fate_name(enum early_fate fate)
{
    static const char *const names[] = {
        [EARLY_NOT_OFFERED] = "not_offered",
        [EARLY_REJECTED] = "rejected",
        [EARLY_ACCEPTED] = "accepted",
    };

    return names[fate];
}

const char *early_words(const struct early_data *early)
{
    static const char *const words[] = {
        [EARLY_NOT_OFFERED] = ", no early data",
        [EARLY_REJECTED] = ", early data rejected, sent again",
        [EARLY_ACCEPTED] = ", early data accepted",
    };

    return early->wanted ? words[early->fate] : "";
}
