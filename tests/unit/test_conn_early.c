/* Early data (0-RTT): what a client that was here before sends along with its hello. */
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "pair.h"
#include "suite.h"
#include "tls/context.h"
#include "tls/shared.h"

#define LIMIT 16384u

static struct pair pair;
static SSL_SESSION *session;
static unsigned char data[4 * LIMIT];

/* A client was here, and has a ticket. */
static void begin(struct pair_settings settings)
{
    char nothing[1];

    pair_open(&pair, &settings);
    pair_shake_hands(&pair);
    ck_assert_uint_eq(pair_hear(&pair, nothing, 1), 0); /* the ticket is no data */
    session = SSL_get1_session(pair.client);
    SSL_shutdown(pair.client); /* or OpenSSL holds the session to be bad */
    pair_disconnect(&pair);
}

static void setup(void)
{
    RAND_bytes(data, sizeof data);
    begin((struct pair_settings){.early_data_bytes = LIMIT});
}

static void teardown(void)
{
    SSL_SESSION_free(session);
    pair_close(&pair);
    ck_assert_uint_eq(pair.buffers.held_bytes, 0);
}

/* The client's first flight is written; nothing reaches the socket yet. */
static void say_early(size_t len)
{
    size_t put = 0;

    if (pair.client == NULL) {
        pair_connect(&pair, session);
    }
    ck_assert_int_eq(SSL_write_early_data(pair.client, data, len, &put), 1);
    ck_assert_uint_eq(put, len);
}

static void assert_counted(size_t early, size_t all)
{
    ck_assert_uint_eq(pair.conn.early, early);
    ck_assert_uint_eq(pair.conn.in, all);
    ck_assert_uint_eq(pair.conn.out, all);
}

static void assert_heard(const void *expected, size_t len)
{
    unsigned char back[sizeof data];

    ck_assert_uint_eq(pair_hear(&pair, back, sizeof back), len); /* all of it and nothing else */
    ck_assert_mem_eq(back, expected, len);
}

static void assert_status(int status)
{
    ck_assert_int_eq(SSL_get_early_data_status(pair.client), status);
}

static uint64_t count(const _Atomic uint64_t *counter)
{
    return *counter;
}

/* ---- taken ---- */

START_TEST(the_echo_leaves_before_the_client_has_finished)
{
    unsigned char reply[512];

    say_early(100);
    pair_push(&pair, SIZE_MAX);
    pair_serve(&pair);
    ck_assert_int_eq(pair.conn.state, CONN_EARLY);
    assert_counted(100, 100);
    ck_assert_uint_eq(count(&pair.counters.bytes_in), 100);
    ck_assert_uint_eq(count(&pair.counters.bytes_out), 100);
    ck_assert_uint_eq(count(&pair.counters.handshakes), 1); /* only the one from before */
    ck_assert_uint_gt(pair_receive_raw(&pair, reply, sizeof reply), 100);
}
END_TEST

START_TEST(what_follows_the_handshake_follows_the_early_data)
{
    say_early(100);
    pair_shake_hands(&pair);
    assert_status(SSL_EARLY_DATA_ACCEPTED);
    pair_say(&pair, data + 100, 200);
    pair_settle(&pair);
    assert_heard(data, 300);
    assert_counted(100, 300);
    ck_assert_int_gt(pair.conn.handshake_us, 0);
    ck_assert_uint_eq(count(&pair.counters.handshakes_resumed), 1);
}
END_TEST

START_TEST(it_may_come_byte_by_byte)
{
    say_early(100);
    while (pair_push(&pair, 1) == 1) {
        pair_serve(&pair);
    }
    assert_counted(100, 100);
    pair_shake_hands(&pair);
    assert_heard(data, 100);
}
END_TEST

START_TEST(all_that_is_allowed_is_taken)
{
    say_early(LIMIT);
    pair_shake_hands(&pair);
    assert_status(SSL_EARLY_DATA_ACCEPTED);
    assert_heard(data, LIMIT);
    assert_counted(LIMIT, LIMIT);
}
END_TEST

START_TEST(many_small_records_are_echoed_in_order_and_in_turns)
{
    for (size_t i = 0; i < 2000; i++) {
        size_t put;

        if (i == 0) {
            pair_connect(&pair, session);
        }
        ck_assert_int_eq(SSL_write_early_data(pair.client, data + i, 1, &put), 1);
    }
    pair_push(&pair, SIZE_MAX);
    pair_serve(&pair);
    ck_assert_uint_gt(pair.turns, 3); /* others had theirs in between */
    pair_shake_hands(&pair);
    assert_heard(data, 2000);
    assert_counted(2000, 2000);
}
END_TEST

/* ---- none ---- */

START_TEST(who_sends_none_is_served_as_everywhere)
{
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

    SSL_CTX_set_min_proto_version(pair.client_context, versions[_i]);
    SSL_CTX_set_max_proto_version(pair.client_context, versions[_i]);
    pair_connect(&pair, NULL);
    ck_assert_int_eq(conn_deadline(&pair.conn), DEADLINE_HANDSHAKE);
    pair_shake_hands(&pair);
    pair_say(&pair, data, 100);
    pair_settle(&pair);
    assert_heard(data, 100);
    assert_counted(0, 100);
    ck_assert_uint_eq(count(&pair.counters.handshakes), 2);
}
END_TEST

START_TEST(a_group_that_has_to_be_asked_for_costs_the_early_data_only)
{
    pair_connect(&pair, session);
    ck_assert_int_eq(SSL_set1_groups_list(pair.client, "ffdhe2048:P-256"), 1);
    say_early(100);
    pair_shake_hands(&pair);
    assert_status(SSL_EARLY_DATA_REJECTED);
    pair_say(&pair, data, 100);
    pair_settle(&pair);
    assert_heard(data, 100);
    assert_counted(0, 100);
}
END_TEST

/* ---- not taken ---- */

/* The client sends again what was not taken, as clients do. */
static void assert_falls_back(size_t len)
{
    pair_shake_hands(&pair);
    assert_status(SSL_EARLY_DATA_REJECTED);
    assert_counted(0, 0);
    pair_say(&pair, data, len);
    pair_settle(&pair);
    assert_heard(data, len);
    assert_counted(0, len);
}

START_TEST(a_hello_that_was_here_before_gets_a_handshake_and_no_second_echo)
{
    unsigned char flight[2048], reply[4096];

    say_early(100);
    size_t len = (size_t)BIO_read(SSL_get_wbio(pair.client), flight, sizeof flight);

    for (int i = 0; i < 3; i++) {
        pair_send_raw(&pair, flight, len);
        pair_serve(&pair);
        size_t got = pair_receive_raw(&pair, reply, sizeof reply);

        ck_assert_uint_gt(got, 100);
        ck_assert_int_eq(reply[5], 2); /* a ServerHello */
        assert_counted(i == 0 ? 100 : 0, i == 0 ? 100 : 0);
        ck_assert_int_eq(pair.conn.state, i == 0 ? CONN_EARLY : CONN_HANDSHAKE);
        pair_disconnect(&pair);
        pair_connect(&pair, NULL);
    }
}
END_TEST

START_TEST(without_a_window_it_is_sent_again)
{
    context_watch_replays(pair.listener.context, NULL);
    say_early(LIMIT);
    assert_falls_back(LIMIT);
}
END_TEST

START_TEST(a_ticket_that_promises_more_than_we_take_now_is_sent_again)
{
    shared_of_context(pair.listener.context)->early.bytes = LIMIT - 1;
    say_early(LIMIT);
    assert_falls_back(LIMIT);
}
END_TEST

START_TEST(where_none_is_taken_any_more_it_is_sent_again)
{
    SSL_CTX_set_max_early_data(pair.listener.context, 0);
    pair.config.tls.early_data_bytes = 0;
    say_early(LIMIT);
    assert_falls_back(LIMIT);
}
END_TEST

/* ---- what goes wrong ---- */

START_TEST(more_than_the_ticket_allows_is_refused_with_an_alert)
{
    char nothing[1];

    SSL_SESSION_set_max_early_data(session, 2 * LIMIT); /* the client believes so */
    say_early(LIMIT + 1);
    pair_settle(&pair);
    ck_assert_int_eq(pair.conn.ending.cause, ENDING_TLS);
    ck_assert_int_eq(pair.conn.ending.stage, ENDING_STAGE_HANDSHAKE);
    ck_assert_int_eq(pair.conn.ending.tls.alert_sent, 10); /* unexpected_message */
    pair_hear(&pair, nothing, 0);
    ck_assert_uint_eq(count(&pair.counters.handshakes), 1);
}
END_TEST

START_TEST(who_leaves_after_the_early_data_had_its_echo)
{
    say_early(100);
    pair_push(&pair, SIZE_MAX);
    pair_half_close(&pair);
    pair_serve(&pair);
    assert_counted(100, 100);
    ck_assert_int_eq(pair.conn.ending.cause, ENDING_EOF);
    ck_assert_int_eq(pair.conn.ending.stage, ENDING_STAGE_HANDSHAKE);
    ck_assert_int_eq(pair.conn.handshake_us, 0);
}
END_TEST

START_TEST(garbage_after_the_early_data_ends_it)
{
    static const unsigned char garbage[] = {23, 3, 3, 0, 20, 1, 2, 3, 4, 5, 6, 7, 8,
                                            9,  1, 2, 3, 4,  5, 6, 7, 8, 9, 1, 2};

    say_early(100);
    pair_push(&pair, SIZE_MAX);
    pair_serve(&pair);
    pair_send_raw(&pair, garbage, sizeof garbage);
    pair_serve(&pair);
    assert_counted(100, 100);
    ck_assert_int_eq(pair.conn.ending.cause, ENDING_TLS);
    ck_assert_int_eq(pair.conn.ending.tls.alert_sent, 20); /* bad_record_mac */
}
END_TEST

START_TEST(what_stops_it_before_the_end_of_the_handshake_is_told_as_there)
{
    say_early(100);
    pair_push(&pair, SIZE_MAX);
    pair_serve(&pair);
    ck_assert_int_eq(conn_deadline(&pair.conn), DEADLINE_HANDSHAKE);
    ck_assert_int_eq(conn_stop(&pair.conn, ENDING_TIMEOUT, 10), CONN_WAIT);
    ck_assert_int_eq(pair.conn.ending.stage, ENDING_STAGE_HANDSHAKE);
    pair_hang_up(&pair);
    pair_serve(&pair);
}
END_TEST

/* ---- back-pressure ---- */

static size_t pending(void)
{
    char *ignored;

    return (size_t)BIO_get_mem_data(SSL_get_wbio(pair.client), &ignored);
}

START_TEST(who_does_not_read_the_echo_is_not_read)
{
    size_t len = sizeof data / 2;
    unsigned char *back = malloc(len);

    pair_connect(&pair, NULL);
    SSL_SESSION_free(session);
    pair_close(&pair);
    begin((struct pair_settings){.early_data_bytes = LIMIT * 4, .window = 2048});
    say_early(len);
    while (pair_push(&pair, SIZE_MAX) > 0) {
        pair_serve(&pair);
    }
    ck_assert_uint_gt(pending(), 0);
    ck_assert_uint_eq(conn_watch(&pair.conn), WATCH_WRITE);
    ck_assert_uint_lt(pair.conn.in, len);
    ck_assert_int_eq(conn_deadline(&pair.conn), DEADLINE_HANDSHAKE);
    pair_shake_hands(&pair); /* it reads */
    ck_assert_uint_eq(pair_hear(&pair, back, len), len);
    ck_assert_mem_eq(back, data, len);
    assert_counted((unsigned)len, len);
    free(back);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, the_echo_leaves_before_the_client_has_finished);
    tcase_add_test(tests, what_follows_the_handshake_follows_the_early_data);
    tcase_add_test(tests, it_may_come_byte_by_byte);
    tcase_add_test(tests, all_that_is_allowed_is_taken);
    tcase_add_test(tests, many_small_records_are_echoed_in_order_and_in_turns);
    tcase_add_loop_test(tests, who_sends_none_is_served_as_everywhere, 0, 2);
    tcase_add_test(tests, a_group_that_has_to_be_asked_for_costs_the_early_data_only);
    tcase_add_test(tests, a_hello_that_was_here_before_gets_a_handshake_and_no_second_echo);
    tcase_add_test(tests, without_a_window_it_is_sent_again);
    tcase_add_test(tests, a_ticket_that_promises_more_than_we_take_now_is_sent_again);
    tcase_add_test(tests, where_none_is_taken_any_more_it_is_sent_again);
    tcase_add_test(tests, more_than_the_ticket_allows_is_refused_with_an_alert);
    tcase_add_test(tests, who_leaves_after_the_early_data_had_its_echo);
    tcase_add_test(tests, garbage_after_the_early_data_ends_it);
    tcase_add_test(tests, what_stops_it_before_the_end_of_the_handshake_is_told_as_there);
    tcase_add_test(tests, who_does_not_read_the_echo_is_not_read);
}

int main(void)
{
    return suite_run("conn_early", add, setup, teardown);
}
