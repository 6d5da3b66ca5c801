#include "tls/readmission.h"

#include <time.h>

#include "tls/stream.h"
#include "tls/ticket_key.h"

/* ---- on the wire: version, what kind of client, two times (big endian) ---- */

#define VERSION 1

enum { AT_VERSION, AT_KIND, AT_FIRST, AT_UNTIL = AT_FIRST + 8 };

static void put_time(int64_t time_s, unsigned char *out)
{
    for (int i = 0; i < 8; i++) {
        out[i] = (unsigned char)((uint64_t)time_s >> (56 - 8 * i));
    }
}

static int64_t get_time(const unsigned char *from)
{
    uint64_t time_s = 0;

    for (int i = 0; i < 8; i++) {
        time_s = time_s << 8 | from[i];
    }
    return (int64_t)time_s;
}

void readmission_write(const struct readmission *from, unsigned char out[static READMISSION_BYTES])
{
    out[AT_VERSION] = VERSION;
    out[AT_KIND] = from->has_certificate;
    put_time(from->first_s, out + AT_FIRST);
    put_time(from->until_s, out + AT_UNTIL);
}

bool readmission_read(const void *data, size_t len, struct readmission *out)
{
    const unsigned char *bytes = data;

    if (len != READMISSION_BYTES || bytes[AT_VERSION] != VERSION || bytes[AT_KIND] > 1) {
        return false;
    }
    *out = (struct readmission){.has_certificate = bytes[AT_KIND] == 1,
                                .first_s = get_time(bytes + AT_FIRST),
                                .until_s = get_time(bytes + AT_UNTIL)};
    return true;
}

/* ---- the decision ---- */

bool readmission_allows(const struct readmission *ticket, const struct verify *verify,
                        X509 *certificate, int64_t now_s)
{
    /* In unsigned numbers, which wrap: nobody has to believe that the times are sensible. */
    uint64_t age_s = (uint64_t)now_s - (uint64_t)ticket->first_s + READMISSION_SKEW_S;

    if (age_s >= TICKET_LIFETIME_S + READMISSION_SKEW_S || now_s >= ticket->until_s ||
        ticket->has_certificate != (certificate != NULL)) {
        return false;
    }
    if (certificate == NULL) {
        return verify->mode != VERIFY_REQUIRE;
    }
    return allow_admits(&verify->allow, certificate);
}

/* ---- what a ticket is given ---- */

static struct readmission facts_of(SSL *tls, const struct verify *verify)
{
    STACK_OF(X509) *chain = SSL_get0_verified_chain(tls);
    struct readmission facts = {.has_certificate = SSL_get0_peer_certificate(tls) != NULL,
                                .first_s = time(NULL),
                                .until_s = READMISSION_NO_END};

    if (stream_is_refused(tls)) { /* no ticket of it ever leaves, but verify.c has one made */
        facts.until_s = 0;
    } else if (facts.has_certificate) {
        facts.until_s = authorities_until(&verify->authorities, chain);
    }
    return facts;
}

/* SSL_CTX_set_session_ticket_cb(3): before a ticket is made. 0: the handshake fails. */
static int describe(SSL *tls, void *arg)
{
    unsigned char data[READMISSION_BYTES];

    if (SSL_session_reused(tls) == 1) {
        return 1; /* the session has it from its first ticket: age counts from there */
    }
    const struct readmission facts = facts_of(tls, arg);

    readmission_write(&facts, data);
    return SSL_SESSION_set1_ticket_appdata(SSL_get_session(tls), data, sizeof data);
}

/* ---- what becomes of it ---- */

static bool is_honoured(SSL_SESSION *session, const struct verify *verify)
{
    struct readmission ticket;
    void *data = NULL;
    size_t len = 0;

    return SSL_SESSION_get0_ticket_appdata(session, &data, &len) == 1 && data != NULL &&
           readmission_read(data, len, &ticket) &&
           readmission_allows(&ticket, verify, SSL_SESSION_get0_peer(session), time(NULL));
}

/*
 * After a ticket was opened, or could not be. IGNORE_RENEW: a full handshake, and a new ticket at
 * its end; with IGNORE a client of TLS 1.2 would get none.
 */
/* NOLINTNEXTLINE(readability-function-size): it has more than five parameters */
static SSL_TICKET_RETURN readmit(SSL *tls, SSL_SESSION *session, const unsigned char *name,
                                 size_t name_len, SSL_TICKET_STATUS status, void *arg)
{
    (void)tls, (void)name, (void)name_len;
    if ((status != SSL_TICKET_SUCCESS && status != SSL_TICKET_SUCCESS_RENEW) ||
        !is_honoured(session, arg)) {
        return SSL_TICKET_RETURN_IGNORE_RENEW;
    }
    return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW;
}

void readmission_use(SSL_CTX *context, struct verify *verify)
{
    (void)SSL_CTX_set_session_ticket_cb(context, describe, readmit, verify);
}
