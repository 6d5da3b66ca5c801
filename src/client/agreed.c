#include "client/agreed.h"

#include "tls/chosen.h"
#include "tls/stapled.h"

/* All of it as texts; "" where there is none. */
struct agreed {
    const char *version, *suite, *group, *sni;
    char signature[CHOSEN_SIGNATURE_SIZE];
    char alpn[CHOSEN_ALPN_SIZE];
    char stapled[512];
    bool resumed;
};

static void collect(const struct secho_client *client, struct agreed *agreed)
{
    const char *sni = SSL_get_servername(client->tls, TLSEXT_NAMETYPE_host_name);

    agreed->version = SSL_get_version(client->tls);
    agreed->suite = chosen_suite(client->tls);
    agreed->group = chosen_group(client->tls);
    agreed->sni = sni != NULL ? sni : "";
    agreed->resumed = SSL_session_reused(client->tls) == 1;
    chosen_signature(client->tls, agreed->signature);
    chosen_alpn(client->tls, agreed->alpn);
    stapled_describe(client->tls, agreed->stapled, sizeof agreed->stapled);
}

static const char *or_none(const char *text)
{
    return text[0] != '\0' ? text : "none";
}

/* ---- for people ---- */

static void say_certificates(const struct secho_client *client)
{
    char line[1024];

    for (int i = 0; trust_describe(client->tls, i, line, sizeof line); i++) {
        client_say(client, "certificate %d: %s", i, line);
    }
    client_say(client, "verification: %s",
               client->insecure ? "skipped (--insecure)" : "chain and name are good");
    if (client->verdict.asked) {
        client_say(client, "the server asked for a client certificate: %s",
                   client->settings.cert_file != NULL ? client->settings.cert_file
                                                      : "none was given");
    }
}

void agreed_say(const struct secho_client *client)
{
    struct agreed agreed;

    if (client->trace == NULL) {
        return;
    }
    collect(client, &agreed);
    client_say(client, "TLS: %s, %s, group %s, ALPN %s (%.1f ms)", agreed.version, agreed.suite,
               agreed.group, or_none(agreed.alpn), (double)client->times.handshake_us / 1000);
    client_say(client, "TLS: signature %s, server name (SNI) %s, %s session",
               or_none(agreed.signature), or_none(agreed.sni), agreed.resumed ? "resumed" : "new");
    say_certificates(client);
    client_say(client, "stapled OCSP response: %s", agreed.stapled);
}

/* ---- for programs ---- */

void agreed_add(cJSON *tls, const struct secho_client *client)
{
    struct agreed agreed;
    char line[1024];

    collect(client, &agreed);
    cJSON_AddStringToObject(tls, "version", agreed.version);
    cJSON_AddStringToObject(tls, "suite", agreed.suite);
    cJSON_AddStringToObject(tls, "group", agreed.group);
    cJSON_AddStringToObject(tls, "signature", agreed.signature);
    cJSON_AddStringToObject(tls, "alpn", agreed.alpn);
    cJSON_AddStringToObject(tls, "sni", agreed.sni);
    cJSON_AddBoolToObject(tls, "resumed", agreed.resumed);
    cJSON_AddStringToObject(tls, "stapled", agreed.stapled);
    cJSON_AddBoolToObject(tls, "verified", !client->insecure && client->verdict.error == X509_V_OK);
    cJSON *chain = cJSON_AddArrayToObject(tls, "certificates");

    for (int i = 0; trust_describe(client->tls, i, line, sizeof line); i++) {
        cJSON_AddItemToArray(chain, cJSON_CreateString(line));
    }
}
