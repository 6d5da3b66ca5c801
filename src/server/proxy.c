/* proxy.c - the PROXY header, in front of everything else: who is the peer, behind the proxy? */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "server/steps.h"

/* ---- what is kept ---- */

void proxied_forget_header(struct proxied *proxied)
{
    if (proxied != NULL) {
        free(proxied->header);
        proxied->header = NULL;
        proxied->header_len = 0;
    }
}

void proxied_free(struct proxied *proxied)
{
    proxied_forget_header(proxied);
    if (proxied != NULL) {
        free(proxied->authority);
        free(proxied->unique_id);
        free(proxied->part);
        free(proxied);
    }
}

static struct proxied *proxied_of(struct conn *conn)
{
    if (conn->proxied == NULL) {
        conn->proxied = calloc(1, sizeof *conn->proxied);
    }
    return conn->proxied;
}

static enum step no_memory(struct conn *conn)
{
    conn->wire.os_errno = ENOMEM; /* the end of the turn finds it */
    return STEP_WAIT;
}

/* ---- in pieces ---- */

/* How much of the header came in former turns. */
static size_t part_len(const struct conn *conn)
{
    return conn->proxied != NULL ? conn->proxied->part_len : 0;
}

/* Puts what came now behind the part; it stays unread, as it may be more than the header. */
static const unsigned char *put_together(struct conn *conn, size_t *len)
{
    const unsigned char *bytes = wire_peek(&conn->wire, len);
    size_t before = part_len(conn), room = PROXY_HEADER_MAX - before;

    if (before == 0) {
        return bytes;
    }
    *len = *len < room ? *len : room;
    memcpy(conn->proxied->part + before, bytes, *len);
    *len += before;
    return conn->proxied->part;
}

/* All that came is the beginning of a header. */
static int keep_part(struct conn *conn)
{
    struct proxied *proxied = proxied_of(conn);
    size_t len;
    const unsigned char *bytes = wire_take(&conn->wire, &len);

    if (proxied != NULL && proxied->part == NULL) {
        proxied->part = malloc(PROXY_HEADER_MAX);
    }
    if (proxied == NULL || proxied->part == NULL) {
        return -1;
    }
    assert(len < PROXY_HEADER_MAX - proxied->part_len); /* so many are never a part */
    memcpy(proxied->part + proxied->part_len, bytes, len);
    proxied->part_len += len;
    return 0;
}

static void forget_part(struct conn *conn)
{
    if (conn->proxied != NULL) {
        free(conn->proxied->part);
        conn->proxied->part = NULL;
        conn->proxied->part_len = 0;
    }
}

/* ---- how it can end here ---- */

static enum step refuse(struct conn *conn, enum ending_cause cause, const char *why)
{
    conn->ending.detail = why;
    conn_note_end(conn, cause);
    return STEP_FAIL;
}

static enum step wait_for_rest(struct conn *conn)
{
    if (conn->wire.at_end && conn->first_len > 0) {
        return refuse(conn, ENDING_PROXY_INVALID, "it ends before it is whole");
    }
    if (conn->wire.at_end) {
        conn_note_end(conn, ENDING_EOF);
        return STEP_FAIL;
    }
    return wire_input(&conn->wire) == 0 || keep_part(conn) == 0 ? STEP_WAIT : no_memory(conn);
}

/* ---- what it says ---- */

static bool may_send(const struct conn *conn)
{
    const struct listener *listener = conn->listener;
    size_t i = 0;

    while (i < listener->sender_count && !prefix_has(&listener->senders[i], &conn->peer)) {
        i++;
    }
    return i < listener->sender_count;
}

/* A text of our own, up to a NUL; NULL when there is none. */
static char *copy(struct proxy_value value)
{
    return value.len > 0 ? strndup((const char *)value.at, value.len) : NULL;
}

/* Of LOCAL nothing counts; of UNKNOWN, UNSPEC and UNIX the peer is the proxy, as without a header.
 */
static int keep_facts(struct conn *conn, const struct proxy_header *header)
{
    if (!header->is_known && header->authority.len == 0 && header->unique_id.len == 0) {
        return 0;
    }
    struct proxied *proxied = proxied_of(conn);

    if (proxied == NULL) {
        return -1;
    }
    proxied->authority = copy(header->authority);
    proxied->unique_id = copy(header->unique_id);
    if (header->is_known) {
        proxied->via = conn->peer;
        conn->peer = header->source;
    }
    return 0;
}

/* Whether a report will tell of it is not known before the client's hello. */
static int keep_header(struct conn *conn, const unsigned char *bytes, size_t len)
{
    struct proxied *proxied;

    if (!conn->listener->config->report || conn->tls == NULL) {
        return 0;
    }
    proxied = proxied_of(conn);
    if (proxied == NULL || (proxied->header = malloc(len)) == NULL) {
        return -1;
    }
    memcpy(proxied->header, bytes, len);
    proxied->header_len = len;
    return 0;
}

/* Now that the client is known: may it come in? */
static enum step admit(struct conn *conn)
{
    int64_t limit = 0;
    enum ending_cause cause =
        limits_enter(conn->limits, &conn->peer, conn->tls != NULL, &conn->place, &limit);

    if (cause == ENDING_NONE) {
        return STEP_DONE;
    }
    conn->ending.limit = limit;
    return refuse(conn, cause, NULL);
}

static enum step accept_header(struct conn *conn, const unsigned char *bytes,
                               const struct proxy_header *header)
{
    size_t now = header->len - part_len(conn);

    if (keep_facts(conn, header) != 0 || keep_header(conn, bytes, header->len) != 0) {
        return no_memory(conn);
    }
    forget_part(conn);
    wire_skip(&conn->wire, now);
    conn_begin_anew(conn);
    return admit(conn);
}

enum step proxy_step(struct conn *conn)
{
    struct proxy_header header;
    const char *why = NULL;
    size_t len;
    const unsigned char *bytes = put_together(conn, &len);
    enum proxy_found found = proxy_protocol_read(bytes, len, &header, &why);

    if (found == PROXY_FOUND_NOTHING) {
        return refuse(conn, ENDING_PROXY_MISSING, NULL);
    }
    if (len > 0 && !may_send(conn)) {
        return refuse(conn, ENDING_PROXY_INVALID, "it comes from an address that may not send one");
    }
    if (found == PROXY_FOUND_FAULT) {
        return refuse(conn, ENDING_PROXY_INVALID, why);
    }
    return found == PROXY_FOUND_PART ? wait_for_rest(conn) : accept_header(conn, bytes, &header);
}
