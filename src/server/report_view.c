/* report_view.c - what a server sees of a connection. */
#include <assert.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <secho/secho.h>

#include "base/clock.h"
#include "base/excerpt.h"
#include "net/proxy_protocol.h"
#include "net/socket.h"
#include "server/report.h"

static void take_ourselves(const struct conn *conn, struct report_view *out)
{
    char host[256] = "";

    (void)gethostname(host, sizeof host - 1);
    (void)excerpt_text(out->host, sizeof out->host, host);
    (void)snprintf(out->software, sizeof out->software, "secho-server %s", secho_version());
    (void)snprintf(out->openssl, sizeof out->openssl, "%s", OpenSSL_version(OPENSSL_VERSION));
    (void)snprintf(out->listener, sizeof out->listener, "%s", conn->listener->config->name);
    clock_text(out->time);
}

static void take_addresses(const struct conn *conn, struct report_view *out)
{
    struct address local;

    address_print(&conn->peer, out->peer);
    if (socket_address(conn->wire.fd, &local) == 0) {
        address_print(&local, out->local);
    }
    if (conn->proxied != NULL && conn->proxied->via.len > 0) {
        address_print(&conn->proxied->via, out->via);
    }
}

/* ---- what a PROXY header said ---- */

static void take_value(const struct proxy_value *value, char out[static VIEW_TEXT])
{
    excerpt_append(out, VIEW_TEXT, (const char *)value->at, value->len, value->len);
}

static void take_tls_before(const struct proxy_ssl *ssl, struct report_proxy *out)
{
    out->tls = ssl->tls;
    out->certificate = ssl->certificate;
    out->verified = ssl->certificate && ssl->verified;
    take_value(&ssl->version, out->tls_version);
    take_value(&ssl->cipher, out->tls_suite);
    take_value(&ssl->cn, out->tls_client);
}

static void take_header(const struct proxied *proxied, struct report_proxy *out)
{
    struct proxy_header header;
    const char *why = NULL;

    if (proxied == NULL || proxied->header == NULL ||
        proxy_protocol_read(proxied->header, proxied->header_len, &header, &why) !=
            PROXY_FOUND_HEADER) {
        return;
    }
    out->version = header.version;
    if (header.is_known) {
        address_print(&header.source, out->source);
        address_print(&header.destination, out->destination);
    }
    take_value(&header.authority, out->authority);
    take_value(&header.unique_id, out->unique_id);
    take_value(&header.alpn, out->alpn);
    take_tls_before(&header.ssl, out);
}

/* ---- the client's certificate ---- */

/* With one that was not accepted nobody comes as far as here (tls/verify.c). */
static const char *verdict_on_client(const struct conn *conn, const struct view *view)
{
    return view->client.count > 0 ? "verified"
           : conn->listener->config->tls.client_auth.mode == CLIENT_AUTH_NONE
               ? "not asked for"
               : "asked for, none was shown";
}

/* ---- all of it ---- */

char *report_of(struct conn *conn)
{
    struct report_view *view = calloc(1, sizeof *view);
    char *json = NULL;

    assert(conn->report->len == REPORT_REQUEST_BYTES);
    if (view == NULL) {
        return NULL;
    }
    take_ourselves(conn, view);
    take_addresses(conn, view);
    take_header(conn->proxied, &view->proxy);
    view_take(conn->tls, conn->report->question + REPORT_LINE_BYTES, REPORT_NONCE_BYTES,
              &view->tls);
    (void)snprintf(view->verdict, sizeof view->verdict, "%s", verdict_on_client(conn, &view->tls));
    json = report_encode(view);
    free(view);
    return json;
}
