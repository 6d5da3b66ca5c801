/* secho-client path: hellos that are odd on purpose, and whose doing a failure is. */
#include "client/path.h"

#include <string.h>

#include "client/path_try.h"
#include "suite.h"
#include "tls/defaults.h"

/* ---- the hello ---- */

#define NAME "name.example.test"

static unsigned char wire[8192];

/* The ClientHello with its record, as it would go out. Returns its size. */
static size_t hello(const struct odd_hello *odd, int version)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    size_t len = 0;

    ck_assert_int_eq(SSL_CTX_set_max_proto_version(context, version), 1);
    ck_assert_int_eq(SSL_CTX_set1_groups_list(context, defaults_groups_small()), 1);
    ck_assert_int_eq(odd_hello_pad(context, odd, NULL), 0);
    SSL *tls = SSL_new(context);
    BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());

    ck_assert_int_eq((int)SSL_set_tlsext_host_name(tls, NAME), 1);
    odd_hello_hide_name(tls, odd);
    SSL_set_bio(tls, in, out);
    ck_assert_int_eq(SSL_connect(tls), -1); /* nobody answers */
    ck_assert_int_eq(BIO_read_ex(out, wire, sizeof wire, &len), 1);
    SSL_free(tls);
    SSL_CTX_free(context);
    return len;
}

static bool has_name(size_t len)
{
    return memmem(wire, len, NAME, strlen(NAME)) != NULL;
}

static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

#define EXTENSION_HEADER 4 /* type and length */

START_TEST(padding_makes_a_hello_as_much_longer)
{
    const struct odd_hello plain = {0}, padded = {.padding = 1800},
                           most = {.padding = ODD_HELLO_PADDING_MAX};
    size_t small = hello(&plain, versions[_i]);

    ck_assert_uint_lt(small, 600);
    ck_assert(has_name(small));
    ck_assert_uint_eq(hello(&padded, versions[_i]), small + 1800 + EXTENSION_HEADER);
    ck_assert_uint_eq(hello(&most, versions[_i]), small + ODD_HELLO_PADDING_MAX + EXTENSION_HEADER);
}
END_TEST

START_TEST(a_nameless_hello_has_no_name)
{
    const struct odd_hello nameless = {.nameless = true};

    ck_assert(!has_name(hello(&nameless, versions[_i])));
}
END_TEST

/* ---- whose doing it is ---- */

static const struct {
    enum path_kind kind;
    short alert;
    enum path_result result;
} alerts[] = {
    {PATH_OLD, SSL_AD_PROTOCOL_VERSION, PATH_DECIDED},
    {PATH_OLD, SSL_AD_HANDSHAKE_FAILURE, PATH_DECIDED},
    {PATH_OLD, SSL_AD_UNRECOGNIZED_NAME, PATH_FAILS},
    {PATH_OLD, SSL_AD_DECODE_ERROR, PATH_FAILS},
    {PATH_OLD, STREAM_NO_ALERT, PATH_FAILS},
    {PATH_NAMELESS, SSL_AD_UNRECOGNIZED_NAME, PATH_DECIDED},
    {PATH_NAMELESS, SSL_AD_MISSING_EXTENSION, PATH_DECIDED},
    {PATH_NAMELESS, SSL_AD_PROTOCOL_VERSION, PATH_FAILS},
    {PATH_NAMELESS, STREAM_NO_ALERT, PATH_FAILS},
    {PATH_LARGE, SSL_AD_HANDSHAKE_FAILURE, PATH_FAILS},
    {PATH_SPLIT, SSL_AD_DECODE_ERROR, PATH_FAILS},
    {PATH_SPLIT, 0, PATH_FAILS},
    {PATH_RETRY, SSL_AD_ILLEGAL_PARAMETER, PATH_FAILS},
    {PATH_IDLE, SSL_AD_PROTOCOL_VERSION, PATH_FAILS},
};

START_TEST(a_server_decides_by_the_alerts_that_belong_to_what_was_tried)
{
    struct secho_client client = {.facts.alert_received = alerts[_i].alert,
                                  .failure = {.happened = true, .exit = EXIT_PROTOCOL}};

    ck_assert_int_eq(path_judge(&client, alerts[_i].kind), alerts[_i].result);
}
END_TEST

START_TEST(another_certificate_is_a_decision_only_where_no_name_was_sent)
{
    struct secho_client client = {
        .facts.alert_received = STREAM_NO_ALERT,
        .verdict.fault = FAULT_WRONG_NAME,
        .failure = {.happened = true, .exit = EXIT_CERTIFICATE},
    };

    ck_assert_int_eq(path_judge(&client, PATH_NAMELESS), PATH_DECIDED);
    ck_assert_int_eq(path_judge(&client, PATH_LARGE), PATH_FAILS);
    client.verdict.fault = FAULT_UNKNOWN_ISSUER;
    ck_assert_int_eq(path_judge(&client, PATH_NAMELESS), PATH_FAILS);
}
END_TEST

START_TEST(a_goodbye_is_a_decision_only_in_the_silence)
{
    struct secho_client client = {
        .facts.alert_received = STREAM_NO_ALERT,
        .failure = {.happened = true, .number = EXPLAIN_CLOSED_EARLY, .exit = EXIT_BYTES},
    };

    ck_assert_int_eq(path_judge(&client, PATH_IDLE), PATH_DECIDED);
    ck_assert_int_eq(path_judge(&client, PATH_SPLIT), PATH_FAILS);
    client.failure.number = EXPLAIN_TRUNCATED;
    ck_assert_int_eq(path_judge(&client, PATH_IDLE), PATH_FAILS);
}
END_TEST

START_TEST(a_goodbye_that_crossed_our_bytes_is_a_decision_unless_some_came_back)
{
    struct secho_client client = {
        .facts.alert_received = STREAM_NO_ALERT,
        .failure = {.happened = true, .number = EXPLAIN_ECHO_SHORT, .exit = EXIT_BYTES},
    };

    ck_assert_int_eq(path_judge(&client, PATH_IDLE), PATH_DECIDED);
    ck_assert_int_eq(path_judge(&client, PATH_LARGE), PATH_FAILS);
    client.alike = 1;
    ck_assert_int_eq(path_judge(&client, PATH_IDLE), PATH_FAILS);
}
END_TEST

static const struct {
    enum explain_code number;
    enum failure_stage stage;
    int64_t ended_ms;
    bool large, idle; /* is a culprit named for these? */
} culprits[] = {
    {EXPLAIN_RESET, FAILURE_HANDSHAKE, 0, true, false},
    {EXPLAIN_CLOSED_IN_HANDSHAKE, FAILURE_HANDSHAKE, 0, true, false},
    {EXPLAIN_HANDSHAKE_TIMEOUT, FAILURE_HANDSHAKE, 0, true, false},
    {EXPLAIN_PEER_ALERT, FAILURE_HANDSHAKE, 0, true, false},
    {EXPLAIN_SERVER_CERTIFICATE_EXPIRED, FAILURE_HANDSHAKE, 0, false, false},
    {EXPLAIN_RESET, FAILURE_CONNECT, 0, false, false},
    {EXPLAIN_RESET, FAILURE_ECHO, 0, false, false},
    {EXPLAIN_RESET, FAILURE_ECHO, 2000, false, true},
    {EXPLAIN_TRUNCATED, FAILURE_ECHO, 2000, false, true},
    {EXPLAIN_IDLE_TIMEOUT, FAILURE_ECHO, 2000, false, true},
    {EXPLAIN_ECHO_WRONG, FAILURE_ECHO, 2000, false, false},
};

START_TEST(a_culprit_is_named_for_what_is_cut_in_the_handshake_or_forgotten_in_silence_only)
{
    static struct path path;

    for (enum path_kind kind = 0; kind < PATH_KINDS; kind++) {
        bool named = kind == PATH_IDLE ? culprits[_i].idle : culprits[_i].large;

        path.shaken = true;
        path.tries[kind] = (struct path_try){
            .result = PATH_FAILS,
            .ended_ms = culprits[_i].ended_ms,
            .failure = {.stage = culprits[_i].stage, .number = culprits[_i].number},
        };
        ck_assert_int_eq(path_culprit(&path, kind) != NULL, named);
        path.tries[kind].result = PATH_DECIDED;
        ck_assert_ptr_null(path_culprit(&path, kind));
        path.tries[kind].result = PATH_FAILS;
        path.shaken = false;
        ck_assert_ptr_null(path_culprit(&path, kind));
    }
}
END_TEST

START_TEST(nothing_is_waited_for_without_end)
{
    struct path path = {.settings.timeout_ms = -1};

    ck_assert_int_eq(path_patience_ms(&path), CLIENT_TIMEOUT_MS);
    path.settings.timeout_ms = 0;
    ck_assert_int_eq(path_patience_ms(&path), CLIENT_TIMEOUT_MS);
    path.settings.timeout_ms = 7;
    ck_assert_int_eq(path_patience_ms(&path), 7);
}
END_TEST

static const struct {
    int64_t most, takes;
} silences[] = {{0, 0}, {1000, 1000}, {2000, 3000}, {3000, 6000}, {5000, 12000}, {8000, 15000}};

START_TEST(each_silence_is_twice_as_long_and_the_longest_is_the_last)
{
    const struct path path = {.idle_ms = silences[_i].most};

    ck_assert_int_eq(path_idle_takes_ms(&path), silences[_i].takes);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_loop_test(tests, padding_makes_a_hello_as_much_longer, 0, COUNT(versions));
    tcase_add_loop_test(tests, a_nameless_hello_has_no_name, 0, COUNT(versions));
    tcase_add_loop_test(tests, a_server_decides_by_the_alerts_that_belong_to_what_was_tried, 0,
                        COUNT(alerts));
    tcase_add_test(tests, another_certificate_is_a_decision_only_where_no_name_was_sent);
    tcase_add_test(tests, a_goodbye_is_a_decision_only_in_the_silence);
    tcase_add_test(tests, a_goodbye_that_crossed_our_bytes_is_a_decision_unless_some_came_back);
    tcase_add_loop_test(
        tests, a_culprit_is_named_for_what_is_cut_in_the_handshake_or_forgotten_in_silence_only, 0,
        COUNT(culprits));
    tcase_add_test(tests, nothing_is_waited_for_without_end);
    tcase_add_loop_test(tests, each_silence_is_twice_as_long_and_the_longest_is_the_last, 0,
                        COUNT(silences));
}

int main(void)
{
    return suite_run("path", add_tests, NULL, NULL);
}
