/* May a client that was verified once come in again with its ticket? */
#include "tls/readmission.h"

#include <string.h>

#include "credentials.h"
#include "suite.h"
#include "tls/ticket_key.h"

#define NOW 2000000000 /* some time in 2033 */

static EVP_PKEY *key;
static X509 *certificate;
static struct verify policy;
static struct readmission ticket;

static void setup(void)
{
    key = credentials_new_key("EC");
    certificate = credentials_new_certificate(key);
    policy = (struct verify){.mode = VERIFY_REQUIRE};
    ticket = (struct readmission){true, NOW - 60, READMISSION_NO_END};
}

static void teardown(void)
{
    X509_free(certificate);
    EVP_PKEY_free(key);
}

static bool allows(void)
{
    return readmission_allows(&ticket, &policy, certificate, NOW);
}

/* ---- the decision: time ---- */

static const struct {
    const char *name;
    int64_t first_s, until_s;
    bool allowed;
} times[] = {
    {"verified a minute ago", NOW - 60, READMISSION_NO_END, true},
    {"verified just now", NOW, READMISSION_NO_END, true},
    {"good for another second", NOW - 60, NOW + 1, true},
    {"good until now", NOW - 60, NOW, false},
    {"good until a second ago", NOW - 60, NOW - 1, false},
    {"good until never", NOW - 60, 0, false},
    {"verified almost a lifetime ago", NOW - TICKET_LIFETIME_S + 1, READMISSION_NO_END, true},
    {"verified a lifetime ago", NOW - TICKET_LIFETIME_S, READMISSION_NO_END, false},
    {"verified long ago", 0, READMISSION_NO_END, false},
    {"by a clock that is a little ahead", NOW + READMISSION_SKEW_S, READMISSION_NO_END, true},
    {"by a clock that is far ahead", NOW + READMISSION_SKEW_S + 1, READMISSION_NO_END, false},
    {"at the end of time", INT64_MAX, READMISSION_NO_END, false},
    {"at its beginning", INT64_MIN, READMISSION_NO_END, false},
};

START_TEST(it_is_a_question_of_time)
{
    ticket.first_s = times[_i].first_s;
    ticket.until_s = times[_i].until_s;
    ck_assert_msg(allows() == times[_i].allowed, "%s", times[_i].name);
}
END_TEST

/* ---- the decision: who it is ---- */

START_TEST(a_ticket_without_a_certificate_is_for_who_has_none)
{
    policy.mode = VERIFY_REQUEST;
    ck_assert(allows());
    ticket.has_certificate = false;
    ck_assert(!allows());
    ck_assert(readmission_allows(&ticket, &policy, NULL, NOW));
    ticket.has_certificate = true;
    ck_assert(!readmission_allows(&ticket, &policy, NULL, NOW));
}
END_TEST

START_TEST(nobody_comes_in_without_a_certificate_where_it_is_required)
{
    ticket.has_certificate = false;
    ck_assert(!readmission_allows(&ticket, &policy, NULL, NOW));
}
END_TEST

START_TEST(the_lists_are_asked_again)
{
    char *stranger[] = {(char *)"stranger.test"}, *itself[] = {(char *)"secho unit test"};

    policy.allow.lists[ALLOW_CN] = (struct allow_list){stranger, 1};
    ck_assert(!allows());
    policy.allow.lists[ALLOW_CN] = (struct allow_list){itself, 1};
    ck_assert(allows());
}
END_TEST

/* ---- what stands in a ticket ---- */

START_TEST(what_was_written_is_read)
{
    unsigned char bytes[READMISSION_BYTES];
    struct readmission back = {0};

    for (int kind = 0; kind < 2; kind++) {
        const struct readmission from = {kind == 1, NOW, kind == 1 ? READMISSION_NO_END : NOW + 5};

        readmission_write(&from, bytes);
        ck_assert(readmission_read(bytes, sizeof bytes, &back));
        ck_assert(back.has_certificate == from.has_certificate);
        ck_assert_int_eq(back.first_s, from.first_s);
        ck_assert_int_eq(back.until_s, from.until_s);
    }
}
END_TEST

START_TEST(what_was_not_written_by_us_is_not)
{
    unsigned char bytes[READMISSION_BYTES + 1] = {0};
    struct readmission back;

    readmission_write(&ticket, bytes);
    ck_assert(!readmission_read(bytes, sizeof bytes, &back));
    ck_assert(!readmission_read(bytes, READMISSION_BYTES - 1, &back));
    ck_assert(!readmission_read(bytes, 0, &back));
    bytes[1] = 2; /* neither with nor without a certificate */
    ck_assert(!readmission_read(bytes, READMISSION_BYTES, &back));
    bytes[1] = 1;
    ck_assert(readmission_read(bytes, READMISSION_BYTES, &back));
    bytes[0]++; /* another version */
    ck_assert(!readmission_read(bytes, READMISSION_BYTES, &back));
}
END_TEST

/* ---- with OpenSSL ---- */

#define FIRST_S (time(NULL) - 1000) /* when the client of these tests was verified */

static int make_old_ticket(SSL *tls, void *arg)
{
    const struct readmission old = {false, FIRST_S, READMISSION_NO_END};
    unsigned char bytes[READMISSION_BYTES];

    (void)arg;
    readmission_write(&old, bytes);
    return SSL_SESSION_set1_ticket_appdata(SSL_get_session(tls), bytes, sizeof bytes);
}

static SSL_TICKET_RETURN take_any_ticket(SSL *tls, SSL_SESSION *session, const unsigned char *name,
                                         size_t len, SSL_TICKET_STATUS status, void *arg)
{
    (void)tls, (void)session, (void)name, (void)len, (void)status, (void)arg;
    return SSL_TICKET_RETURN_IGNORE_RENEW;
}

static SSL_SESSION *kept;

static int keep_session(SSL *tls, SSL_SESSION *session)
{
    (void)tls;
    SSL_SESSION_free(kept);
    kept = session;
    return 1;
}

static void join(SSL *server, SSL *client)
{
    BIO *here = NULL, *there = NULL;

    ck_assert_int_eq(BIO_new_bio_pair(&here, 0, &there, 0), 1);
    SSL_set_bio(server, here, here);
    SSL_set_bio(client, there, there);
    SSL_set_accept_state(server);
    SSL_set_connect_state(client);
}

/* Shakes hands, and reads the tickets; when the server's session says it was verified. */
static int64_t meet(SSL_CTX *server_context, SSL_CTX *client_context, bool *resumed)
{
    SSL *server = SSL_new(server_context), *client = SSL_new(client_context);
    struct readmission facts = {0};
    void *data = NULL;
    size_t len = 0;
    char byte;

    join(server, client);
    if (kept != NULL) {
        ck_assert_int_eq(SSL_set_session(client, kept), 1);
    }
    for (int i = 0; i < 8; i++) {
        (void)SSL_do_handshake(client);
        (void)SSL_do_handshake(server);
    }
    (void)SSL_read(client, &byte, 1);
    ck_assert_int_eq(SSL_is_init_finished(server), 1);
    *resumed = SSL_session_reused(server) == 1;
    ck_assert_int_eq(SSL_SESSION_get0_ticket_appdata(SSL_get_session(server), &data, &len), 1);
    ck_assert(readmission_read(data, len, &facts));
    SSL_shutdown(client); /* else OpenSSL takes the session for a bad one */
    SSL_free(client);
    SSL_free(server);
    return facts.first_s;
}

static SSL_CTX *make_server(void)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());

    SSL_CTX_use_certificate(context, certificate);
    SSL_CTX_use_PrivateKey(context, key);
    SSL_CTX_set_session_id_context(context, (const unsigned char *)"x", 1);
    SSL_CTX_set_session_ticket_cb(context, make_old_ticket, take_any_ticket, NULL);
    return context;
}

static SSL_CTX *make_client(int version)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());

    SSL_CTX_set_min_proto_version(context, version);
    SSL_CTX_set_max_proto_version(context, version);
    SSL_CTX_set_session_cache_mode(context,
                                   SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
    SSL_CTX_sess_set_new_cb(context, keep_session);
    return context;
}

START_TEST(age_counts_from_the_first_verification_however_often_it_resumes)
{
    SSL_CTX *server = make_server(), *client = make_client(_i);
    bool resumed;
    int64_t first_s = meet(server, client, &resumed);

    policy.mode = VERIFY_REQUEST;
    readmission_use(server, &policy);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(meet(server, client, &resumed), first_s);
        ck_assert(resumed);
    }
    SSL_SESSION_free(kept);
    kept = NULL;
    ck_assert_int_gt(meet(server, client, &resumed), first_s); /* a new one begins now */
    ck_assert(!resumed);
    SSL_SESSION_free(kept);
    kept = NULL;
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, it_is_a_question_of_time, 0, COUNT(times));
    tcase_add_test(tests, a_ticket_without_a_certificate_is_for_who_has_none);
    tcase_add_test(tests, nobody_comes_in_without_a_certificate_where_it_is_required);
    tcase_add_test(tests, the_lists_are_asked_again);
    tcase_add_test(tests, what_was_written_is_read);
    tcase_add_test(tests, what_was_not_written_by_us_is_not);
    tcase_add_loop_test(tests, age_counts_from_the_first_verification_however_often_it_resumes,
                        TLS1_2_VERSION, TLS1_3_VERSION + 1);
}

int main(void)
{
    return suite_run("readmission", add, setup, teardown);
}
