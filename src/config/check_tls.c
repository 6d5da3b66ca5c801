#include "config/check_tls.h"

#include <string.h>

#include "tls/alpn.h"

static void check_presence(struct reader *reader, const struct json_at *at,
                           const struct json_at *tls)
{
    struct json_at transport = json_key(at, "transport");
    bool speaks_tls =
        transport.value == NULL || read_is(&transport, "tls") || read_is(&transport, "dtls");

    if (tls->value == NULL && speaks_tls) {
        problems_add(reader->problems, tls,
                     "is missing; add { \"certificates\": [ { \"chain\": \"FILE\", \"key\": "
                     "\"FILE\" } ] }, or set transport to \"tcp\"");
    }
}

static void check_versions(struct reader *reader, const struct json_at *tls,
                           const struct config_tls *settings)
{
    struct json_at oldest = json_key(tls, "min_version");

    if (settings->min_version > settings->max_version) {
        problems_add(reader->problems, &oldest,
                     "must not be above max_version; lower it, or raise max_version");
    }
}

static void check_early_data(struct reader *reader, const struct json_at *tls,
                             const struct config_tls *settings)
{
    struct json_at early_data = json_key(tls, "early_data");

    if (settings->early_data_bytes == 0) {
        return;
    }
    if (settings->max_version < 0x0304) {
        problems_add(reader->problems, &early_data,
                     "needs TLS 1.3, but max_version is \"1.2\"; raise max_version, or remove it");
    }
    if (settings->tickets.count == 0) {
        problems_add(reader->problems, &early_data,
                     "needs tickets, which clients resume with, but tickets.count is 0; raise "
                     "tickets.count, or remove it");
    }
}

/* ---- what must be true of each string of a list ---- */

/* What is wrong with this string and what to do, or NULL. */
typedef const char *wrong_fn(const char *text);

static void check_each(struct reader *reader, const struct json_at *list, wrong_fn *wrong)
{
    const cJSON *value = cJSON_IsArray(list->value) ? list->value->child : NULL;

    for (size_t i = 0; value != NULL; value = value->next, i++) {
        struct json_at item = json_item(list, value, i);
        const char *text = cJSON_GetStringValue(value);
        const char *why = text != NULL ? wrong(text) : NULL;

        if (why != NULL) {
            problems_add(reader->problems, &item, "%s", why);
        }
    }
}

/*
 * RFC 7301 3.1: one byte holds the length of a name. The protocol of the report in the list would
 * be agreed to and then echoed: as if somebody on the way had done it.
 */
static const char *wrong_protocol(const char *text)
{
    return strcmp(text, ALPN_REPORT) == 0
               ? "is what \"report\" of the listener switches on and off; remove it here"
           : text[0] == '\0'    ? "is empty; name a protocol, for example \"h2\""
           : strlen(text) > 255 ? "must have at most 255 bytes; name a protocol, for example \"h2\""
                                : NULL;
}

/* As DNS has them (RFC 1035 2.3.4, and "_" that many use); "*" stands for a whole first label. */
static const char *wrong_server_name(const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789-_.";
    const char *rest = strncmp(text, "*.", 2) == 0 ? text + 2 : text;
    bool fits = rest[0] != '\0' && rest[0] != '.' && rest[strspn(rest, letters)] == '\0' &&
                strstr(rest, "..") == NULL && strlen(text) <= 253;

    return fits ? NULL
                : "is no name that a client can ask for; write it as in DNS, for example "
                  "\"a.example\" or \"*.example\"";
}

static void check_certificates(struct reader *reader, const struct json_at *tls)
{
    struct json_at list = json_key(tls, "certificates");
    const cJSON *value = cJSON_IsArray(list.value) ? list.value->child : NULL;

    for (size_t i = 0; value != NULL; value = value->next, i++) {
        struct json_at certificate = json_item(&list, value, i);
        struct json_at names = json_key(&certificate, "names");

        check_each(reader, &names, wrong_server_name);
    }
}

/* ---- client certificates ---- */

static const char *wrong_digest(const char *text)
{
    return strlen(text) == 64 && text[strspn(text, "0123456789abcdefABCDEF")] == '\0'
               ? NULL
               : "must be the 64 hexadecimal digits of a SHA-256; see secho.json(5), CLIENT "
                 "CERTIFICATES";
}

static const char *wrong_entry(const char *text)
{
    return text[0] == '\0' ? "is empty; remove it" : NULL;
}

static void check_lists(struct reader *reader, const struct json_at *client_auth)
{
    static const char *const names[] = {"dns", "uri", "cn"};
    struct json_at allow = json_key(client_auth, "allow");
    struct json_at digests = json_key(&allow, "spki_sha256");

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct json_at list = json_key(&allow, names[i]);

        check_each(reader, &list, wrong_entry);
    }
    check_each(reader, &digests, wrong_digest);
}

static void check_client_auth(struct reader *reader, const struct json_at *tls,
                              const struct config_tls *settings)
{
    struct json_at client_auth = json_key(tls, "client_auth"), ca = json_key(&client_auth, "ca");
    bool off = settings->client_auth.mode == CLIENT_AUTH_NONE;
    bool has_allow = settings->client_auth.allow.dns.count + settings->client_auth.allow.uri.count +
                         settings->client_auth.allow.cn.count +
                         settings->client_auth.allow.spki_sha256.count >
                     0;

    if (!off && settings->client_auth.ca[0] == '\0') {
        problems_add(reader->problems, &ca,
                     "is missing; name the file or folder with the CAs of client certificates");
    }
    if (off && (settings->client_auth.ca[0] != '\0' || settings->client_auth.crl[0] != '\0' ||
                has_allow)) {
        problems_add(
            reader->problems, &client_auth,
            "says who may come in, but its mode is \"none\", so everybody may; set mode to "
            "\"require\" or \"request\", or remove the rest");
    }
    check_lists(reader, &client_auth);
}

void check_tls(struct reader *reader, const struct json_at *at, struct config_listener *listener)
{
    size_t before = reader->problems->count;
    struct json_at tls = json_key(at, "tls");
    struct json_at alpn = json_key(&tls, "alpn");

    check_presence(reader, at, &tls);
    check_versions(reader, &tls, &listener->tls);
    check_early_data(reader, &tls, &listener->tls);
    check_certificates(reader, &tls);
    check_each(reader, &alpn, wrong_protocol);
    check_client_auth(reader, &tls, &listener->tls);
    listener->faulty = listener->faulty || reader->problems->count > before;
}
