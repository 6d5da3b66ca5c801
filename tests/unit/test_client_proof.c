/* Is what came back what was sent? And which exit status has which end? */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "client/failure.h"
#include "client/talk_proof.h"

static struct talk_proof proof;

static void setup(void)
{
    ck_assert_int_eq(talk_proof_init(&proof), 0);
}

static void teardown(void)
{
    talk_proof_done(&proof);
}

START_TEST(nothing_is_the_same_as_nothing)
{
    ck_assert(talk_proof_same(&proof));
}
END_TEST

START_TEST(equal_bytes_in_other_pieces_are_the_same)
{
    talk_proof_sent(&proof, "hello world", 11);
    talk_proof_received(&proof, "hel", 3);
    talk_proof_received(&proof, "", 0);
    talk_proof_received(&proof, "lo world", 8);
    ck_assert(talk_proof_same(&proof));
    ck_assert_uint_eq(proof.sent, 11);
    ck_assert_uint_eq(proof.received, 11);
}
END_TEST

START_TEST(each_single_changed_bit_is_seen)
{
    unsigned char data[48], changed[48];

    memset(data, 'x', sizeof data);
    memcpy(changed, data, sizeof data);
    changed[_i / 8] ^= (unsigned char)(1u << (_i % 8));
    talk_proof_sent(&proof, data, sizeof data);
    talk_proof_received(&proof, changed, sizeof changed);
    ck_assert(!talk_proof_same(&proof));
}
END_TEST

START_TEST(another_order_is_seen)
{
    talk_proof_sent(&proof, "ab", 2);
    talk_proof_received(&proof, "ba", 2);
    ck_assert(!talk_proof_same(&proof));
}
END_TEST

START_TEST(another_length_is_seen)
{
    talk_proof_sent(&proof, "\0", 1);
    talk_proof_received(&proof, "\0\0", 2);
    ck_assert(!talk_proof_same(&proof));
}
END_TEST

/* ---- exit statuses ---- */

static const struct {
    enum explain_code number;
    enum ending_stage stage;
    enum exit_status exit;
} exits[] = {
    {EXPLAIN_OK, ENDING_STAGE_GOODBYE, EXIT_PROVEN},
    {EXPLAIN_RESET, ENDING_STAGE_ACCEPTED, EXIT_UNREACHABLE},
    {EXPLAIN_RESET, ENDING_STAGE_HANDSHAKE, EXIT_PROTOCOL},
    {EXPLAIN_RESET, ENDING_STAGE_ECHO, EXIT_BYTES},
    {EXPLAIN_TRUNCATED, ENDING_STAGE_ECHO, EXIT_BYTES},
    {EXPLAIN_NOT_TLS_HTTP, ENDING_STAGE_HANDSHAKE, EXIT_PROTOCOL},
    {EXPLAIN_PEER_ALERT, ENDING_STAGE_HANDSHAKE, EXIT_PROTOCOL},
    {EXPLAIN_IDLE_TIMEOUT, ENDING_STAGE_ECHO, EXIT_TIMEOUT},
    {EXPLAIN_SERVER_CERTIFICATE_EXPIRED, ENDING_STAGE_HANDSHAKE, EXIT_CERTIFICATE},
    {EXPLAIN_CLIENT_CERTIFICATE_MISSING, ENDING_STAGE_ECHO, EXIT_CERTIFICATE},
    {EXPLAIN_NAME_UNKNOWN, ENDING_STAGE_ACCEPTED, EXIT_NAME},
    {EXPLAIN_REFUSED, ENDING_STAGE_ACCEPTED, EXIT_UNREACHABLE},
    {EXPLAIN_FILE, ENDING_STAGE_ACCEPTED, EXIT_FILE},
    {EXPLAIN_CONFIG, ENDING_STAGE_ACCEPTED, EXIT_CONFIG},
    {EXPLAIN_USAGE, ENDING_STAGE_ACCEPTED, EXIT_USAGE},
    {EXPLAIN_OUT_OF_MEMORY, ENDING_STAGE_ECHO, EXIT_SYSTEM},
};

START_TEST(each_end_has_its_exit_status)
{
    ck_assert_int_eq(explain_exit(exits[_i].number, exits[_i].stage), exits[_i].exit);
}
END_TEST

START_TEST(a_failure_has_place_sentence_and_advice)
{
    const struct ending ending = {.side = ENDING_CLIENT, .cause = ENDING_REFUSED};
    struct failure failure;

    failure_set(&failure, FAILURE_CONNECT, &ending, "connecting to %s", "x");
    ck_assert(failure.happened);
    ck_assert_str_eq(failure.code, "refused");
    ck_assert_str_eq(failure.why, "connecting to x: nobody listens there.");
    ck_assert_ptr_nonnull(strstr(failure.advice, "Check the port"));
    ck_assert_int_eq(failure.kind, SECHO_ERR_CONNECT);
}
END_TEST

START_TEST(the_words_of_openssl_are_kept_apart)
{
    const struct secho_error err = {
        .kind = SECHO_ERR_TLS, .tls_code = 1, .text = "--alpn (SSL routines: internal error)"};
    struct failure failure;

    failure_from_error(&failure, FAILURE_SETUP, &err);
    ck_assert_str_eq(failure.why, "--alpn");
    ck_assert_ptr_nonnull(strstr(failure.detail, "SSL routines"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("client proof");
    TCase *tests = tcase_create("proof");
    TCase *ends = tcase_create("failure");
    SRunner *runner = srunner_create(suite);

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, nothing_is_the_same_as_nothing);
    tcase_add_test(tests, equal_bytes_in_other_pieces_are_the_same);
    tcase_add_loop_test(tests, each_single_changed_bit_is_seen, 0, 48 * 8);
    tcase_add_test(tests, another_order_is_seen);
    tcase_add_test(tests, another_length_is_seen);
    tcase_add_loop_test(ends, each_end_has_its_exit_status, 0,
                        (int)(sizeof exits / sizeof exits[0]));
    tcase_add_test(ends, a_failure_has_place_sentence_and_advice);
    tcase_add_test(ends, the_words_of_openssl_are_kept_apart);
    suite_add_tcase(suite, tests);
    suite_add_tcase(suite, ends);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
