/* report_json.c - a view as JSON, there and back: one table of its members for both directions. */
#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/excerpt.h"
#include "base/json.h"
#include "base/json_print.h"
#include "diagnosis/report.h"

/* ---- what a view is made of ---- */

enum kind { TEXT, FLAG, NUMBER };

struct member {
    const char *object; /* that it is in; NULL: the view itself */
    const char *key;
    enum kind kind;
    size_t at, size;
};

#define IN(type, object, key, kind, field)                                                         \
    {                                                                                              \
        object, key, kind, offsetof(struct type, field), sizeof((struct type *)NULL)->field        \
    }
#define OF_VIEW(object, key, kind, field) IN(report_view, object, key, kind, field)
#define OF_CERTIFICATE(key, kind, field)  IN(view_certificate, NULL, key, kind, field)

static const struct member members[] = {
    OF_VIEW(NULL, "software", TEXT, software),
    OF_VIEW(NULL, "openssl", TEXT, openssl),
    OF_VIEW(NULL, "host", TEXT, host),
    OF_VIEW(NULL, "listener", TEXT, listener),
    OF_VIEW(NULL, "time", TEXT, time),
    OF_VIEW(NULL, "local", TEXT, local),
    OF_VIEW(NULL, "peer", TEXT, peer),
    OF_VIEW(NULL, "via", TEXT, via),
    OF_VIEW("proxy", "version", NUMBER, proxy.version),
    OF_VIEW("proxy", "source", TEXT, proxy.source),
    OF_VIEW("proxy", "destination", TEXT, proxy.destination),
    OF_VIEW("proxy", "authority", TEXT, proxy.authority),
    OF_VIEW("proxy", "unique_id", TEXT, proxy.unique_id),
    OF_VIEW("proxy", "alpn", TEXT, proxy.alpn),
    OF_VIEW("proxy", "tls", FLAG, proxy.tls),
    OF_VIEW("proxy", "certificate", FLAG, proxy.certificate),
    OF_VIEW("proxy", "verified", FLAG, proxy.verified),
    OF_VIEW("proxy", "tls_version", TEXT, proxy.tls_version),
    OF_VIEW("proxy", "tls_suite", TEXT, proxy.tls_suite),
    OF_VIEW("proxy", "tls_client", TEXT, proxy.tls_client),
    OF_VIEW("tls", "version", TEXT, tls.version),
    OF_VIEW("tls", "suite", TEXT, tls.suite),
    OF_VIEW("tls", "group", TEXT, tls.group),
    OF_VIEW("tls", "sni", TEXT, tls.sni),
    OF_VIEW("tls", "alpn", TEXT, tls.alpn),
    OF_VIEW("tls", "hello_retry_request", FLAG, tls.hello_retry),
    OF_VIEW("tls", "resumed", FLAG, tls.resumed),
    OF_VIEW("tls", "extended_master_secret", FLAG, tls.extended_master_secret),
    OF_VIEW("tls", "exporter_sha256", TEXT, tls.exporter),
    OF_VIEW("tls", "exporter_missing", TEXT, tls.exporter_missing),
    OF_VIEW("tls", "verdict", TEXT, verdict),
};

static const struct member certificate_members[] = {
    OF_CERTIFICATE("subject", TEXT, subject),
    OF_CERTIFICATE("issuer", TEXT, issuer),
    OF_CERTIFICATE("names", TEXT, names),
    OF_CERTIFICATE("not_after", TEXT, not_after),
    OF_CERTIFICATE("days_left", NUMBER, days_left),
    OF_CERTIFICATE("spki_sha256", TEXT, spki_sha256),
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const char key_offered[] = "alpn_offered";
static const char key_server[] = "server_certificates";
static const char key_client[] = "client_certificates";

/* ---- to JSON ---- */

static bool add_member(cJSON *object, const struct member *member, const void *from)
{
    const void *at = (const char *)from + member->at;

    switch (member->kind) {
    case TEXT:
        return cJSON_AddStringToObject(object, member->key, at) != NULL;
    case FLAG:
        return cJSON_AddBoolToObject(object, member->key, *(const bool *)at) != NULL;
    case NUMBER:
    default:
        return cJSON_AddNumberToObject(object, member->key, *(const int *)at) != NULL;
    }
}

/* The object of this name inside of `root`, made when it is not there. NULL without memory. */
static cJSON *inner(cJSON *root, const char *name)
{
    cJSON *found = name == NULL ? root : cJSON_GetObjectItemCaseSensitive(root, name);

    return found != NULL ? found : cJSON_AddObjectToObject(root, name);
}

static bool add_offered(cJSON *root, const struct view *tls)
{
    cJSON *list = cJSON_AddArrayToObject(inner(root, "tls"), key_offered);
    bool ok = list != NULL;

    for (size_t i = 0; ok && i < tls->offered_count; i++) {
        ok = cJSON_AddItemToArray(list, cJSON_CreateString(tls->offered[i])) != 0;
    }
    return ok;
}

static bool add_chain(cJSON *root, const char *key, const struct view_chain *chain)
{
    cJSON *list = cJSON_AddArrayToObject(inner(root, "tls"), key);
    bool ok = list != NULL;

    for (size_t i = 0; ok && i < chain->count; i++) {
        cJSON *object = cJSON_CreateObject();

        ok = cJSON_AddItemToArray(list, object) != 0;
        for (size_t k = 0; ok && k < COUNT(certificate_members); k++) {
            ok = add_member(object, &certificate_members[k], &chain->items[i]);
        }
    }
    return ok;
}

char *report_encode(const struct report_view *view)
{
    cJSON *root = cJSON_CreateObject();
    bool ok = root != NULL;
    char *text = NULL;

    for (size_t i = 0; ok && i < COUNT(members); i++) {
        bool silent = members[i].object != NULL && strcmp(members[i].object, "proxy") == 0 &&
                      view->proxy.version == 0;
        cJSON *object = silent ? NULL : inner(root, members[i].object);

        ok = silent || (object != NULL && add_member(object, &members[i], view));
    }
    if (ok && add_offered(root, &view->tls) && add_chain(root, key_server, &view->tls.server) &&
        add_chain(root, key_client, &view->tls.client)) {
        text = json_print(root);
    }
    cJSON_Delete(root);
    return text;
}

/* ---- and back ---- */

/* What a decoder has found so far. */
struct reader {
    const char *why; /* the first thing that is wrong, or NULL */
};

static const cJSON *get(struct reader *reader, const cJSON *object, const char *key,
                        cJSON_bool (*is)(const cJSON *))
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, key);

    if (value != NULL && is(value) == 0) {
        reader->why = "a member has another type than it should";
        return NULL;
    }
    return value;
}

static void take_member(struct reader *reader, const cJSON *object, const struct member *member,
                        void *into)
{
    static cJSON_bool (*const is[])(const cJSON *) = {
        [TEXT] = cJSON_IsString, [FLAG] = cJSON_IsBool, [NUMBER] = cJSON_IsNumber};
    const cJSON *value = get(reader, object, member->key, is[member->kind]);
    void *at = (char *)into + member->at;

    if (value == NULL) {
        return;
    }
    switch (member->kind) {
    case TEXT:
        (void)excerpt_text(at, member->size, value->valuestring);
        break;
    case FLAG:
        *(bool *)at = cJSON_IsTrue(value) != 0;
        break;
    case NUMBER:
        if (fabs(value->valuedouble) > 1e9 ||
            value->valuedouble != (double)(int)value->valuedouble) {
            reader->why = "a number is no whole one, or too big";
            return;
        }
        *(int *)at = (int)value->valuedouble;
        break;
    }
}

static void take_offered(struct reader *reader, const cJSON *tls, struct view *out)
{
    const cJSON *list = get(reader, tls, key_offered, cJSON_IsArray), *item;

    cJSON_ArrayForEach(item, list)
    {
        if (cJSON_IsString(item) == 0) {
            reader->why = "an offered protocol is no text";
        } else if (out->offered_count < VIEW_ALPN_MAX) {
            (void)excerpt_text(out->offered[out->offered_count++], VIEW_TEXT, item->valuestring);
        }
    }
}

static void take_chain(struct reader *reader, const cJSON *tls, const char *key,
                       struct view_chain *out)
{
    const cJSON *list = get(reader, tls, key, cJSON_IsArray), *item;

    cJSON_ArrayForEach(item, list)
    {
        if (cJSON_IsObject(item) == 0) {
            reader->why = "a certificate is no object";
        } else if (out->count < VIEW_CHAIN_MAX) {
            struct view_certificate *certificate = &out->items[out->count++];

            for (size_t k = 0; k < COUNT(certificate_members); k++) {
                take_member(reader, item, &certificate_members[k], certificate);
            }
        }
    }
}

static void take_view(struct reader *reader, const cJSON *root, struct report_view *out)
{
    const cJSON *tls = get(reader, root, "tls", cJSON_IsObject);

    for (size_t i = 0; i < COUNT(members); i++) {
        const cJSON *object =
            members[i].object == NULL ? root : get(reader, root, members[i].object, cJSON_IsObject);

        if (object != NULL) {
            take_member(reader, object, &members[i], out);
        }
    }
    if (out->proxy.version == 0 && cJSON_GetObjectItemCaseSensitive(root, "proxy") != NULL) {
        reader->why = "a PROXY header without its version"; /* 0 says that there was none */
    }
    take_offered(reader, tls, &out->tls);
    take_chain(reader, tls, key_server, &out->tls.server);
    take_chain(reader, tls, key_client, &out->tls.client);
}

int report_decode(const char *json, size_t len, struct report_view *out, const char **why)
{
    struct report_view *view = calloc(1, sizeof *view);
    struct json_problem problem;
    struct json_file file = {0};
    struct reader reader = {NULL};

    if (view == NULL) {
        reader.why = "no memory";
    } else if (len > REPORT_JSON_MAX || json_parse(json, len, &file, &problem) != 0) {
        reader.why = "it is no JSON";
    } else if (cJSON_IsObject(file.root) == 0) {
        reader.why = "it is no JSON object";
    } else {
        take_view(&reader, file.root, view);
    }
    if (reader.why == NULL) {
        *out = *view;
    } else {
        *why = reader.why;
    }
    json_close(&file);
    free(view);
    return reader.why == NULL ? 0 : -1;
}
