/* One client, from its first byte to its last: the promise of the echo. */
#include <errno.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "pair.h"
#include "suite.h"

static struct pair pair;
static bool open; /* the pair is */

static void begin(struct pair_settings settings)
{
    pair_open(&pair, &settings);
    open = true;
}

/* Hands shaken, with the one version of these. */
static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

static void begin_echo(int version)
{
    begin((struct pair_settings){.client_version = version});
    pair_shake_hands(&pair);
}

static void teardown(void)
{
    if (open) {
        pair_close(&pair);
        open = false;
        ck_assert_uint_eq(pair.buffers.held_bytes, 0);
    }
}

static struct conn *conn(void)
{
    return &pair.conn;
}

static uint64_t count(const _Atomic uint64_t *counter)
{
    return *counter;
}

/* It said goodbye in TLS, then FIN; and it waits for ours instead of closing. */
static void assert_orderly_goodbye(void)
{
    char nothing[1];

    pair_settle(&pair);
    ck_assert_uint_eq(pair_hear(&pair, nothing, 1), 0); /* nothing follows the echo */
    ck_assert(pair_heard_goodbye(&pair));
    ck_assert(pair.saw_fin);
    ck_assert_int_eq(pair.saw_errno, 0);
    ck_assert_int_eq(pair.next, CONN_WAIT);
    ck_assert_int_eq(conn()->state, CONN_LINGER);
    pair_hang_up(&pair);
    ck_assert_int_eq(pair_serve(&pair), CONN_OVER);
}

static void assert_ended(enum ending_cause cause, enum ending_stage stage)
{
    ck_assert_int_eq(conn()->ending.cause, cause);
    ck_assert_int_eq(conn()->ending.stage, stage);
}

static void assert_echo(const void *data, size_t len)
{
    char *back = malloc(len + 1);

    ck_assert_uint_eq(pair_hear(&pair, back, len + 1), len); /* all of it and nothing else */
    ck_assert_mem_eq(back, data, len);
    free(back);
}

/* ---- the beginning ---- */

START_TEST(a_new_connection_waits_for_the_client_to_speak)
{
    begin((struct pair_settings){0});
    ck_assert_int_eq(conn()->state, CONN_HANDSHAKE);
    ck_assert_int_eq(conn_turn(conn()), CONN_WAIT);
    ck_assert_uint_eq(conn_watch(conn()), WATCH_READ);
    ck_assert_int_eq(conn_deadline(conn()), DEADLINE_HANDSHAKE);
    ck_assert_uint_eq(pair_pull(&pair), 0); /* no banner */
    ck_assert_int_eq(conn()->ending.cause, ENDING_NONE);
}
END_TEST

START_TEST(hands_are_shaken_and_counted)
{
    begin_echo(versions[_i]);
    ck_assert_int_eq(SSL_version(pair.client), versions[_i]);
    ck_assert_int_gt(conn()->handshake_us, 0);
    ck_assert_uint_eq(count(&pair.counters.handshakes), 1);
    ck_assert_uint_eq(count(&pair.counters.handshakes_resumed), 0);
    ck_assert_int_eq(conn_deadline(conn()), DEADLINE_IDLE);
    ck_assert_int_eq(conn()->ending.first, SNIFFED_TLS);
}
END_TEST

static unsigned has_content(EVP_PKEY *key)
{
    unsigned char raw[4096]; /* one of X25519MLKEM768 has 1216 bytes */
    size_t len = sizeof raw;
    bool has = key != NULL && EVP_PKEY_get_raw_public_key(key, raw, &len) == 1;

    EVP_PKEY_free(key);
    ERR_clear_error();
    return has;
}

/* How many keys of its key exchange this end still has: its own and the peer's. */
static unsigned ephemeral_keys(SSL *tls)
{
    EVP_PKEY *own = NULL, *peers = NULL;

    (void)SSL_get_tmp_key(tls, &own);
    (void)SSL_get_peer_tmp_key(tls, &peers);
    return has_content(own) + has_content(peers);
}

START_TEST(the_ephemeral_keys_do_not_outlive_the_handshake)
{
    begin_echo(TLS1_3_VERSION);
    ck_assert_uint_eq(ERR_peek_error(), 0);
    /* That one keeps them: both with X25519, its own with X25519MLKEM768 (the answer is no key). */
    ck_assert_uint_gt(ephemeral_keys(pair.client), 0);
    ck_assert_uint_eq(ephemeral_keys(conn()->tls), 0);
}
END_TEST

START_TEST(a_hello_that_comes_byte_by_byte_is_a_hello)
{
    begin((struct pair_settings){.client_version = versions[_i]});
    for (int flights = 0; flights < 4; flights++) {
        SSL_do_handshake(pair.client);
        while (pair_push(&pair, 1) == 1) {
            ck_assert_int_eq(pair_serve(&pair), CONN_WAIT);
        }
        pair_pull(&pair);
    }
    ck_assert_int_eq(conn()->state, CONN_ECHO);
    pair_say(&pair, "x", 1);
    pair_settle(&pair);
    assert_echo("x", 1);
}
END_TEST

START_TEST(progress_in_the_handshake_does_not_give_it_more_time)
{
    begin((struct pair_settings){0});
    SSL_do_handshake(pair.client);
    pair_push(&pair, 10);
    pair_serve(&pair);
    ck_assert(conn()->wire.moved);
    ck_assert(!conn_deadline_restarts(conn()));
    pair_shake_hands(&pair);
    pair_say(&pair, "x", 1);
    pair_push(&pair, SIZE_MAX);
    pair_serve(&pair);
    ck_assert(conn_deadline_restarts(conn())); /* as it does in the echo */
}
END_TEST

START_TEST(a_session_is_resumed_and_counted)
{
    char nothing[1];

    begin_echo(versions[_i]);
    pair_hear(&pair, nothing, 1); /* the ticket */
    SSL_SESSION *session = SSL_get1_session(pair.client);

    SSL_shutdown(pair.client); /* or OpenSSL holds the session to be bad */
    pair_disconnect(&pair);
    pair_connect(&pair, session);
    pair_shake_hands(&pair);
    ck_assert_int_eq(SSL_session_reused(pair.client), 1);
    ck_assert_uint_eq(count(&pair.counters.handshakes), 2);
    ck_assert_uint_eq(count(&pair.counters.handshakes_resumed), 1);
    SSL_SESSION_free(session);
}
END_TEST

/* ---- the echo ---- */

START_TEST(it_echoes_every_byte_in_order_and_nothing_follows)
{
    begin_echo(versions[_i]);
    pair_say(&pair, "hello", 5);
    pair_settle(&pair);
    assert_echo("hello", 5);
    ck_assert_int_eq(pair.next, CONN_WAIT);
    ck_assert_uint_eq(conn()->in, 5);
    ck_assert_uint_eq(conn()->out, 5);
    ck_assert_uint_eq(count(&pair.counters.bytes_in), 5);
    ck_assert_uint_eq(count(&pair.counters.bytes_out), 5);
}
END_TEST

START_TEST(data_in_one_segment_with_the_finished_of_the_client_is_echoed)
{
    begin((struct pair_settings){.client_version = TLS1_3_VERSION});
    SSL_do_handshake(pair.client);
    pair_settle(&pair);
    ck_assert_int_eq(SSL_do_handshake(pair.client), 1);
    ck_assert_int_eq(conn()->state, CONN_HANDSHAKE); /* the Finished has not left the client */
    pair_say(&pair, "early bird", 10);
    pair_settle(&pair);
    assert_echo("early bird", 10);
}
END_TEST

/* About the sizes at which something changes: record, plain buffer, recv. */
static const size_t sizes[] = {1,
                               2,
                               16383,
                               16384,
                               16385,
                               WIRE_PLAIN_BYTES - 1,
                               WIRE_PLAIN_BYTES,
                               WIRE_PLAIN_BYTES + 1,
                               WIRE_INPUT_BYTES - 1,
                               WIRE_INPUT_BYTES + 1,
                               1000003,
                               1048576};

/* Says it all first: our end meets full sockets, cut records, and its own backlog. */
static void assert_echo_of_size(int version, size_t len, int window)
{
    unsigned char *data = malloc(len);

    RAND_bytes(data, (int)len);
    begin((struct pair_settings){.client_version = version, .window = window});
    pair_shake_hands(&pair);
    pair_say(&pair, data, len);
    pair_settle(&pair);
    assert_echo(data, len);
    ck_assert_uint_eq(conn()->in, len);
    ck_assert_uint_eq(conn()->out, len);
    ck_assert_uint_eq(count(&pair.counters.bytes_out), len);
    SSL_shutdown(pair.client);
    assert_orderly_goodbye();
    assert_ended(ENDING_CLEAN, ENDING_STAGE_ECHO);
    free(data);
}

START_TEST(it_echoes_any_length_in_tls_1_2)
{
    assert_echo_of_size(TLS1_2_VERSION, sizes[_i], 0);
}
END_TEST

START_TEST(it_echoes_any_length_in_tls_1_3)
{
    assert_echo_of_size(TLS1_3_VERSION, sizes[_i], 0);
}
END_TEST

START_TEST(it_echoes_any_length_through_narrow_sockets)
{
    assert_echo_of_size(TLS1_3_VERSION, sizes[_i], 4608);
}
END_TEST

START_TEST(it_echoes_what_comes_byte_by_byte)
{
    begin_echo(versions[_i]);
    pair_say(&pair, "byte by byte", 12);
    while (pair_push(&pair, 1) == 1) {
        ck_assert_int_eq(pair_serve(&pair), CONN_WAIT);
    }
    pair_pull(&pair);
    assert_echo("byte by byte", 12);
}
END_TEST

START_TEST(it_takes_no_command_and_changes_no_byte)
{
    char data[3 * 256];

    begin_echo(versions[_i]);
    for (size_t i = 0; i < sizeof data; i++) {
        data[i] = (char)i; /* every byte: NUL, newline, q */
    }
    pair_say(&pair, data, sizeof data);
    pair_say(&pair, "quit\nq\n.\r\n", 10);
    pair_settle(&pair);
    char back[sizeof data];

    ck_assert_uint_eq(pair_hear(&pair, back, sizeof back), sizeof back);
    ck_assert_mem_eq(back, data, sizeof back);
    assert_echo("quit\nq\n.\r\n", 10);
}
END_TEST

START_TEST(small_records_of_one_turn_go_back_together)
{
    begin_echo(versions[_i]);
    for (int i = 0; i < 100; i++) {
        pair_say(&pair, "x", 1);
    }
    pair_push(&pair, SIZE_MAX);
    pair_serve(&pair);
    ck_assert_uint_lt(pair_pull(&pair), 100 + 64); /* one record, not a hundred */
    char back[101];

    ck_assert_uint_eq(pair_hear(&pair, back, sizeof back), 100);
}
END_TEST

START_TEST(a_turn_of_too_many_records_ends_and_goes_on_later)
{
    char back[1201];

    begin_echo(versions[_i]);
    for (int i = 0; i < 1200; i++) {
        pair_say(&pair, "x", 1);
    }
    pair_push(&pair, SIZE_MAX);
    ck_assert_int_eq(conn_turn(conn()), CONN_AGAIN);
    ck_assert_uint_eq(conn()->in, 512);
    ck_assert(wire_has_leftover(&conn()->wire));
    ck_assert_int_eq(conn_turn(conn()), CONN_AGAIN);
    ck_assert_uint_eq(conn()->in, 1024);
    ck_assert_int_eq(conn_turn(conn()), CONN_WAIT);
    ck_assert(!wire_has_leftover(&conn()->wire));
    pair_pull(&pair);
    ck_assert_uint_eq(pair_hear(&pair, back, sizeof back), 1200);
}
END_TEST

/* ---- back-pressure ---- */

/* Says and pushes until the server takes nothing more; nobody reads the echo. */
static void flood(void)
{
    char data[16384] = {0};

    for (int idle = 0; idle < 3;) {
        if (BIO_pending(SSL_get_wbio(pair.client)) == 0) {
            pair_say(&pair, data, sizeof data);
        }
        idle = pair_push(&pair, SIZE_MAX) > 0 ? 0 : idle + 1;
        pair_serve(&pair);
        ck_assert_uint_lt(conn()->in, 64u << 20);
    }
}

START_TEST(it_stops_reading_while_the_client_does_not_read)
{
    begin((struct pair_settings){.client_version = versions[_i], .window = 65536});
    pair_shake_hands(&pair);
    flood();
    ck_assert_int_eq(pair.next, CONN_WAIT);
    ck_assert_uint_eq(conn_watch(conn()), WATCH_WRITE);
    ck_assert_int_eq(conn_deadline(conn()), DEADLINE_WRITE);
    ck_assert_uint_le(pair.buffers.held_bytes, WIRE_HELD_BYTES_MAX);
    uint64_t before = conn()->in;

    ck_assert_int_eq(conn_turn(conn()), CONN_WAIT); /* whatever wakes it */
    ck_assert(!conn_deadline_restarts(conn()));
    ck_assert_uint_eq(conn()->in, before);
}
END_TEST

START_TEST(it_goes_on_when_the_client_reads_again)
{
    begin((struct pair_settings){.client_version = versions[_i], .window = 65536});
    pair_shake_hands(&pair);
    flood();
    pair_settle(&pair);
    ck_assert_uint_eq(conn_watch(conn()), WATCH_READ);
    ck_assert_int_eq(conn_deadline(conn()), DEADLINE_IDLE);
    ck_assert_uint_eq(pair.buffers.held_bytes, 0);
    char *back = malloc(conn()->in + 1);

    ck_assert_uint_eq(pair_hear(&pair, back, conn()->in + 1), conn()->in);
    free(back);
}
END_TEST

START_TEST(a_turn_that_could_go_on_waits_for_its_backlog)
{
    begin((struct pair_settings){.client_version = versions[_i], .window = 4608});
    pair_shake_hands(&pair);
    char data[16384] = {0};

    pair_say(&pair, data, sizeof data);
    for (int i = 0; i < 600; i++) {
        pair_say(&pair, "x", 1);
    }
    int big = 1 << 20;

    setsockopt(pair.fd, SOL_SOCKET, SO_SNDBUF, &big, sizeof big);
    pair_push(&pair, SIZE_MAX);
    ck_assert_int_eq(conn_turn(conn()), CONN_WAIT); /* not CONN_AGAIN: it would spin */
    ck_assert(wire_has_leftover(&conn()->wire));
    ck_assert_uint_eq(conn_watch(conn()), WATCH_WRITE);
    pair_settle(&pair);
    ck_assert_uint_eq(conn()->out, sizeof data + 600);
}
END_TEST

/* ---- the end: the client's ---- */

START_TEST(a_half_close_is_answered_after_the_last_byte)
{
    begin_echo(versions[_i]);
    pair_say(&pair, "last words", 10);
    SSL_shutdown(pair.client);
    pair_settle(&pair);
    assert_echo("last words", 10);
    assert_orderly_goodbye();
    assert_ended(ENDING_CLEAN, ENDING_STAGE_ECHO);
}
END_TEST

START_TEST(a_half_close_with_its_fin_is_no_truncation)
{
    begin_echo(versions[_i]);
    pair_say(&pair, "last words", 10);
    SSL_shutdown(pair.client);
    pair_push(&pair, SIZE_MAX);
    pair_half_close(&pair);
    ck_assert_int_eq(pair_serve(&pair), CONN_OVER);
    pair_pull(&pair);
    assert_echo("last words", 10);
    ck_assert(pair_heard_goodbye(&pair));
    ck_assert(pair.saw_fin);
    assert_ended(ENDING_CLEAN, ENDING_STAGE_ECHO);
}
END_TEST

START_TEST(what_follows_a_close_notify_is_thrown_away)
{
    begin_echo(versions[_i]);
    pair_say(&pair, "last", 4);
    SSL_shutdown(pair.client);
    pair_push(&pair, SIZE_MAX);
    pair_send_raw(&pair, "garbage", 7);
    pair_settle(&pair);
    assert_echo("last", 4);
    pair_send_raw(&pair, "more garbage", 12);
    assert_orderly_goodbye();
    assert_ended(ENDING_CLEAN, ENDING_STAGE_ECHO);
}
END_TEST

START_TEST(a_goodbye_waits_for_the_backlog)
{
    begin((struct pair_settings){.client_version = versions[_i], .window = 4608});
    pair_shake_hands(&pair);
    char data[16384] = {0};

    pair_say(&pair, data, sizeof data);
    SSL_shutdown(pair.client);
    while (pair_push(&pair, SIZE_MAX) > 0) {
        pair_serve(&pair);
    }
    ck_assert_uint_eq(conn_watch(conn()), WATCH_WRITE);
    pair_settle(&pair);
    assert_echo(data, sizeof data);
    assert_orderly_goodbye();
    assert_ended(ENDING_CLEAN, ENDING_STAGE_ECHO);
}
END_TEST

START_TEST(a_fin_without_close_notify_is_a_truncation)
{
    begin_echo(versions[_i]);
    pair_say(&pair, "arrived", 7);
    pair_push(&pair, SIZE_MAX);
    pair_half_close(&pair);
    ck_assert_int_eq(pair_serve(&pair), CONN_OVER);
    pair_pull(&pair);
    assert_echo("arrived", 7);
    ck_assert(pair_heard_goodbye(&pair)); /* TLS has not failed: we can still say it */
    ck_assert(pair.saw_fin);
    assert_ended(ENDING_EOF, ENDING_STAGE_ECHO);
}
END_TEST

START_TEST(a_fin_inside_of_a_record_is_a_truncation)
{
    begin_echo(versions[_i]);
    pair_say(&pair, "arrived", 7);
    pair_push(&pair, SIZE_MAX);
    pair_say(&pair, "never seen", 10);
    pair_push(&pair, 12);
    pair_half_close(&pair);
    ck_assert_int_eq(pair_serve(&pair), CONN_OVER);
    pair_pull(&pair);
    assert_echo("arrived", 7);
    ck_assert(pair_heard_goodbye(&pair));
    assert_ended(ENDING_EOF, ENDING_STAGE_ECHO);
}
END_TEST

START_TEST(a_reset_is_the_end_and_says_so)
{
    begin_echo(versions[_i]);
    pair_say(&pair, "x", 1);
    pair_push(&pair, SIZE_MAX);
    pair_serve(&pair);
    pair_hang_up(&pair); /* with the echo unread */
    ck_assert_int_eq(pair_serve(&pair), CONN_OVER);
    assert_ended(ENDING_SOCKET, ENDING_STAGE_ECHO);
    ck_assert_int_eq(conn()->ending.os_errno, ECONNRESET);
}
END_TEST

START_TEST(a_client_that_hangs_up_on_our_goodbye_ended_cleanly)
{
    begin_echo(versions[_i]);
    SSL_shutdown(pair.client);
    pair_push(&pair, SIZE_MAX);
    pair_serve(&pair);
    pair_hang_up(&pair); /* with the close_notify unread: a reset */
    ck_assert_int_eq(pair_serve(&pair), CONN_OVER);
    assert_ended(ENDING_CLEAN, ENDING_STAGE_ECHO);
}
END_TEST

START_TEST(unless_some_of_the_echo_was_not_delivered)
{
    begin((struct pair_settings){.client_version = versions[_i], .window = 4608});
    pair_shake_hands(&pair);
    char data[16384] = {0};

    pair_say(&pair, data, sizeof data);
    SSL_shutdown(pair.client);
    while (pair_push(&pair, SIZE_MAX) > 0) {
        pair_serve(&pair);
    }
    ck_assert_int_eq(conn()->ending.cause, ENDING_CLEAN);
    pair_hang_up(&pair);
    ck_assert_int_eq(pair_serve(&pair), CONN_OVER);
    ck_assert_int_eq(conn()->ending.cause, ENDING_SOCKET);
}
END_TEST

START_TEST(a_record_that_was_tampered_with_is_refused_with_an_alert)
{
    char *data;

    begin_echo(versions[_i]);
    pair_say(&pair, "tampered", 8);
    long len = BIO_get_mem_data(SSL_get_wbio(pair.client), &data);

    data[len - 1] ^= 1;
    pair_settle(&pair);
    char nothing[8];

    ck_assert_uint_eq(pair_hear(&pair, nothing, sizeof nothing), 0);
    ck_assert(!pair_heard_goodbye(&pair)); /* SSL_shutdown(3): not after a failure */
    ck_assert_int_eq(pair.heard.alert_received, SSL_AD_BAD_RECORD_MAC);
    ck_assert(pair.saw_fin);
    assert_ended(ENDING_TLS, ENDING_STAGE_ECHO);
    ck_assert_int_eq(conn()->ending.tls.alert_sent, SSL_AD_BAD_RECORD_MAC);
    ck_assert_uint_eq(conn()->out, 0);
}
END_TEST

/* ---- records without data ---- */

static void update_keys(int times)
{
    for (int i = 0; i < times; i++) {
        ck_assert_int_eq(SSL_key_update(pair.client, SSL_KEY_UPDATE_NOT_REQUESTED), 1);
        ck_assert_int_eq(SSL_do_handshake(pair.client), 1);
    }
}

START_TEST(a_few_records_without_data_are_fine_and_the_count_starts_again)
{
    begin_echo(TLS1_3_VERSION);
    for (int round = 0; round < 3; round++) {
        update_keys(32);
        pair_say(&pair, "x", 1);
        pair_settle(&pair);
        assert_echo("x", 1);
    }
    ck_assert_int_eq(conn()->ending.cause, ENDING_NONE);
}
END_TEST

START_TEST(a_flood_of_records_without_data_is_ended)
{
    begin_echo(TLS1_3_VERSION);
    pair_say(&pair, "before", 6);
    update_keys(34);
    pair_say(&pair, "after", 5);
    pair_settle(&pair);
    assert_echo("before", 6);
    assert_orderly_goodbye();
    assert_ended(ENDING_CONTROL, ENDING_STAGE_ECHO);
}
END_TEST

START_TEST(a_flood_of_them_is_ended_also_when_each_comes_alone)
{
    begin_echo(TLS1_3_VERSION);
    for (int i = 0; i < 34; i++) {
        update_keys(1);
        pair_settle(&pair);
    }
    assert_orderly_goodbye();
    assert_ended(ENDING_CONTROL, ENDING_STAGE_ECHO);
}
END_TEST

START_TEST(a_key_update_that_wants_an_answer_gets_one)
{
    begin_echo(TLS1_3_VERSION);
    ck_assert_int_eq(SSL_key_update(pair.client, SSL_KEY_UPDATE_REQUESTED), 1);
    pair_say(&pair, "new keys", 8);
    pair_settle(&pair);
    assert_echo("new keys", 8);
    pair_say(&pair, "both ways", 9);
    pair_settle(&pair);
    assert_echo("both ways", 9);
}
END_TEST

/* ---- handshakes that fail ---- */

static const struct {
    const char *name;
    struct pair_settings settings;
    enum stream_reason reason;
    int alert;
} refused[] = {
    {"a version that we do not speak",
     {.min_version = TLS1_3_VERSION, .client_version = TLS1_2_VERSION},
     STREAM_REASON_NO_COMMON_VERSION,
     SSL_AD_PROTOCOL_VERSION},
    {"no suite in common",
     {.client_version = TLS1_3_VERSION, .client_suites = "TLS_AES_128_CCM_SHA256"},
     STREAM_REASON_NO_COMMON_SUITE,
     SSL_AD_HANDSHAKE_FAILURE},
};

START_TEST(the_alert_that_explains_a_refusal_arrives)
{
    begin(refused[_i].settings);
    for (int i = 0; i < 3; i++) {
        SSL_do_handshake(pair.client);
        pair_settle(&pair);
    }
    ck_assert_msg(pair.heard.alert_received == refused[_i].alert, "%s: alert %d", refused[_i].name,
                  pair.heard.alert_received);
    ck_assert(pair.saw_fin);
    ck_assert_int_eq(pair.saw_errno, 0);
    ck_assert_int_eq(pair.next, CONN_WAIT); /* for the client's FIN */
    assert_ended(ENDING_TLS, ENDING_STAGE_HANDSHAKE);
    ck_assert_int_eq(conn()->ending.tls.reason, refused[_i].reason);
    ck_assert_int_eq(conn()->ending.tls.alert_sent, refused[_i].alert);
    ck_assert_uint_eq(count(&pair.counters.handshakes), 0);
    pair_hang_up(&pair);
    ck_assert_int_eq(pair_serve(&pair), CONN_OVER);
}
END_TEST

START_TEST(what_is_not_tls_is_told_apart)
{
    char away[64];

    begin((struct pair_settings){0});
    pair_send_raw(&pair, "GET / HTTP/1.1\r\n\r\n", 18);
    pair_serve(&pair);
    pair_receive_raw(&pair, away, sizeof away); /* an alert, maybe */
    pair_receive_raw(&pair, away, sizeof away);
    ck_assert(pair.saw_fin);
    assert_ended(ENDING_TLS, ENDING_STAGE_HANDSHAKE);
    ck_assert_int_eq(conn()->ending.tls.reason, STREAM_REASON_NOT_TLS);
    ck_assert_int_eq(conn()->ending.first, SNIFFED_HTTP);
}
END_TEST

START_TEST(also_when_its_first_bytes_come_in_pieces)
{
    begin((struct pair_settings){0});
    for (const char *at = "SSH-2.0-OpenSSH_9.2\r\n"; *at != '\0'; at++) {
        pair_send_raw(&pair, at, 1);
        pair_serve(&pair);
    }
    ck_assert_int_eq(conn()->ending.first, SNIFFED_SSH);
    ck_assert_int_eq(conn()->ending.cause, ENDING_TLS);
    ck_assert_int_eq(pair.next, CONN_WAIT);
    pair_half_close(&pair);
    ck_assert_int_eq(pair_serve(&pair), CONN_OVER);
}
END_TEST

START_TEST(who_leaves_without_a_word_was_never_more_than_accepted)
{
    begin((struct pair_settings){.plain = _i == 1});
    pair_half_close(&pair);
    ck_assert_int_eq(pair_serve(&pair), CONN_OVER);
    assert_ended(_i == 1 ? ENDING_CLEAN : ENDING_EOF, ENDING_STAGE_ACCEPTED);
    ck_assert_uint_eq(pair.counters.bytes_in, 0);
}
END_TEST

START_TEST(who_leaves_in_the_handshake_is_told_apart_from_that)
{
    begin((struct pair_settings){0});
    SSL_do_handshake(pair.client);
    pair_push(&pair, 20);
    pair_serve(&pair);
    pair_half_close(&pair);
    ck_assert_int_eq(pair_serve(&pair), CONN_OVER);
    assert_ended(ENDING_EOF, ENDING_STAGE_HANDSHAKE);
}
END_TEST

START_TEST(a_client_that_does_not_trust_us_is_heard)
{
    begin((struct pair_settings){.client_version = versions[_i]});
    SSL_set_verify(pair.client, SSL_VERIFY_PEER, NULL);
    for (int i = 0; i < 3; i++) {
        SSL_do_handshake(pair.client);
        pair_settle(&pair);
    }
    assert_ended(ENDING_TLS, ENDING_STAGE_HANDSHAKE);
    ck_assert_int_eq(conn()->ending.tls.reason, STREAM_REASON_ALERT);
    ck_assert_int_ne(conn()->ending.tls.alert_received, STREAM_NO_ALERT);
    ck_assert(pair.saw_fin);
}
END_TEST

/* ---- the end: ours ---- */

START_TEST(whoever_is_idle_for_too_long_is_told_with_close_notify)
{
    begin_echo(versions[_i]);
    pair.next = conn_stop(conn(), ENDING_TIMEOUT, 300000);
    ck_assert_int_eq(pair.next, CONN_WAIT);
    ck_assert_int_eq(conn_deadline(conn()), DEADLINE_GOODBYE);
    assert_orderly_goodbye();
    assert_ended(ENDING_TIMEOUT, ENDING_STAGE_ECHO);
    ck_assert_int_eq(conn()->ending.limit, 300000);
}
END_TEST

START_TEST(a_handshake_that_takes_too_long_ends_without_close_notify)
{
    char away[64];

    begin((struct pair_settings){0});
    SSL_do_handshake(pair.client);
    pair_push(&pair, 20);
    pair_serve(&pair);
    pair.next = conn_stop(conn(), ENDING_TIMEOUT, 10000);
    ck_assert_uint_eq(pair_receive_raw(&pair, away, sizeof away), 0);
    ck_assert(pair.saw_fin);
    assert_ended(ENDING_TIMEOUT, ENDING_STAGE_HANDSHAKE);
    ck_assert_int_eq(conn()->ending.limit, 10000);
}
END_TEST

START_TEST(a_client_that_never_reads_is_cut_in_two_steps)
{
    begin((struct pair_settings){.client_version = versions[_i], .window = 65536});
    pair_shake_hands(&pair);
    flood();
    pair.next = conn_stop(conn(), ENDING_WRITE_TIMEOUT, 30000);
    ck_assert_int_eq(pair.next, CONN_WAIT); /* maybe the rest of the echo still fits */
    ck_assert_int_eq(conn_deadline(conn()), DEADLINE_GOODBYE);
    pair.next = conn_stop(conn(), ENDING_TIMEOUT, 5000);
    ck_assert_int_eq(pair.next, CONN_OVER);
    assert_ended(ENDING_WRITE_TIMEOUT, ENDING_STAGE_ECHO); /* the first cause stays */
    ck_assert_int_eq(conn()->ending.limit, 30000);
}
END_TEST

START_TEST(a_goodbye_that_is_not_answered_ends_at_its_deadline)
{
    begin_echo(versions[_i]);
    SSL_shutdown(pair.client);
    pair_settle(&pair);
    ck_assert_int_eq(conn()->state, CONN_LINGER);
    pair.next = conn_stop(conn(), ENDING_TIMEOUT, 5000);
    ck_assert_int_eq(pair.next, CONN_OVER);
    assert_ended(ENDING_CLEAN, ENDING_STAGE_ECHO);
    ck_assert_int_eq(conn()->ending.limit, 0);
}
END_TEST

START_TEST(unless_some_of_the_echo_was_not_read_until_then)
{
    begin((struct pair_settings){.client_version = versions[_i], .window = 4608});
    pair_shake_hands(&pair);
    char data[16384] = {0};

    pair_say(&pair, data, sizeof data);
    SSL_shutdown(pair.client);
    while (pair_push(&pair, SIZE_MAX) > 0) {
        pair_serve(&pair);
    }
    ck_assert_int_eq(conn()->ending.cause, ENDING_CLEAN);
    ck_assert_int_eq(conn_deadline(conn()), DEADLINE_GOODBYE);
    pair.next = conn_stop(conn(), ENDING_TIMEOUT, 5000);
    ck_assert_int_eq(pair.next, CONN_OVER);
    assert_ended(ENDING_TIMEOUT, ENDING_STAGE_GOODBYE);
    ck_assert_int_eq(conn()->ending.limit, 5000);
}
END_TEST

START_TEST(what_comes_while_we_linger_does_not_keep_us)
{
    begin_echo(versions[_i]);
    pair.next = conn_stop(conn(), ENDING_TIMEOUT, 1);
    pair_say(&pair, "too late", 8);
    pair_settle(&pair);
    ck_assert(!conn_deadline_restarts(conn()));
    ck_assert_uint_eq(conn()->in, 0);
    assert_orderly_goodbye();
}
END_TEST

START_TEST(a_drain_echoes_what_was_received_and_then_says_goodbye)
{
    begin_echo(versions[_i]);
    pair_say(&pair, "in flight", 9);
    pair_push(&pair, SIZE_MAX);
    conn()->leaving = true;
    pair.next = conn_turn(conn());
    pair_settle(&pair);
    assert_echo("in flight", 9);
    assert_orderly_goodbye();
    assert_ended(ENDING_DRAIN, ENDING_STAGE_ECHO);
}
END_TEST

START_TEST(a_drain_takes_all_that_the_kernel_has_before_it_leaves)
{
    begin((struct pair_settings){.client_version = versions[_i], .window = 1 << 20});
    pair_shake_hands(&pair);
    size_t len = 300000; /* more than one recv takes */
    char *data = calloc(1, len);

    pair_say(&pair, data, len);
    ck_assert_uint_gt(pair_push(&pair, SIZE_MAX), len);
    conn()->leaving = true;
    pair.next = conn_turn(conn());
    pair_settle(&pair);
    assert_echo(data, len);
    assert_orderly_goodbye();
    free(data);
}
END_TEST

START_TEST(a_drain_waits_a_moment_for_who_is_in_the_middle_of_something)
{
    begin_echo(versions[_i]);
    conn()->draining = true;
    ck_assert_int_eq(conn_deadline(conn()), DEADLINE_QUIET);
    pair_say(&pair, "still here", 10);
    pair_settle(&pair);
    assert_echo("still here", 10);
    ck_assert_int_eq(conn()->state, CONN_ECHO);
}
END_TEST

/* ---- without TLS ---- */

START_TEST(a_plain_listener_echoes_too)
{
    char back[16] = "";

    begin((struct pair_settings){.plain = true});
    ck_assert_int_eq(conn()->state, CONN_ECHO);
    ck_assert_int_eq(conn_deadline(conn()), DEADLINE_IDLE);
    pair_send_raw(&pair, "plain\0text", 10);
    ck_assert_int_eq(pair_serve(&pair), CONN_WAIT);
    ck_assert_uint_eq(pair_receive_raw(&pair, back, sizeof back), 10);
    ck_assert_mem_eq(back, "plain\0text", 10);
    pair_send_raw(&pair, "last", 4);
    pair_half_close(&pair);
    ck_assert_int_eq(pair_serve(&pair), CONN_OVER);
    ck_assert_uint_eq(pair_receive_raw(&pair, back, sizeof back), 4);
    ck_assert_uint_eq(pair_receive_raw(&pair, back, sizeof back), 0);
    ck_assert(pair.saw_fin);
    assert_ended(ENDING_CLEAN, ENDING_STAGE_ECHO);
    ck_assert_uint_eq(conn()->in, 14);
    ck_assert_uint_eq(conn()->out, 14);
    ck_assert_uint_eq(count(&pair.counters.bytes_in), 14);
    ck_assert_uint_eq(count(&pair.counters.handshakes), 0);
}
END_TEST

START_TEST(a_plain_client_that_does_not_read_is_not_read)
{
    char data[4096] = {0};
    size_t sent = 0;
    ssize_t n;

    begin((struct pair_settings){.plain = true, .window = 65536});
    do {
        n = send(pair.fd, data, sizeof data, MSG_NOSIGNAL);
        sent += n > 0 ? (size_t)n : 0;
        pair_serve(&pair);
        ck_assert_uint_lt(sent, 64u << 20);
    } while (n > 0 || pair_is_ready(&pair));
    ck_assert_uint_eq(conn_watch(conn()), WATCH_WRITE);
    size_t back = 0, got;

    do {
        got = pair_receive_raw(&pair, data, sizeof data);
        back += got;
        pair_serve(&pair);
    } while (got > 0);
    ck_assert_uint_eq(back, sent);
}
END_TEST

START_TEST(a_plain_drain_ends_with_a_fin)
{
    char back[16];

    begin((struct pair_settings){.plain = true});
    pair_send_raw(&pair, "x", 1);
    conn()->leaving = true;
    ck_assert_int_eq(pair_serve(&pair), CONN_WAIT);
    ck_assert_int_eq(conn_turn(conn()), CONN_WAIT);
    ck_assert_uint_eq(pair_receive_raw(&pair, back, sizeof back), 1);
    ck_assert_uint_eq(pair_receive_raw(&pair, back, sizeof back), 0);
    ck_assert(pair.saw_fin);
    assert_ended(ENDING_DRAIN, ENDING_STAGE_ECHO);
}
END_TEST

/* ---- */

static void add_beginning(TCase *tests)
{
    int both = COUNT(versions);

    tcase_add_test(tests, a_new_connection_waits_for_the_client_to_speak);
    tcase_add_loop_test(tests, hands_are_shaken_and_counted, 0, both);
    tcase_add_test(tests, the_ephemeral_keys_do_not_outlive_the_handshake);
    tcase_add_loop_test(tests, a_hello_that_comes_byte_by_byte_is_a_hello, 0, both);
    tcase_add_test(tests, progress_in_the_handshake_does_not_give_it_more_time);
    tcase_add_loop_test(tests, a_session_is_resumed_and_counted, 0, both);
    tcase_add_loop_test(tests, the_alert_that_explains_a_refusal_arrives, 0, COUNT(refused));
    tcase_add_test(tests, what_is_not_tls_is_told_apart);
    tcase_add_test(tests, also_when_its_first_bytes_come_in_pieces);
    tcase_add_loop_test(tests, who_leaves_without_a_word_was_never_more_than_accepted, 0, 2);
    tcase_add_test(tests, who_leaves_in_the_handshake_is_told_apart_from_that);
    tcase_add_loop_test(tests, a_client_that_does_not_trust_us_is_heard, 0, both);
}

static void add_echo(TCase *tests)
{
    int both = COUNT(versions);

    tcase_add_loop_test(tests, it_echoes_every_byte_in_order_and_nothing_follows, 0, both);
    tcase_add_test(tests, data_in_one_segment_with_the_finished_of_the_client_is_echoed);
    tcase_add_loop_test(tests, it_echoes_any_length_in_tls_1_2, 0, COUNT(sizes));
    tcase_add_loop_test(tests, it_echoes_any_length_in_tls_1_3, 0, COUNT(sizes));
    tcase_add_loop_test(tests, it_echoes_any_length_through_narrow_sockets, 0, COUNT(sizes));
    tcase_add_loop_test(tests, it_echoes_what_comes_byte_by_byte, 0, both);
    tcase_add_loop_test(tests, it_takes_no_command_and_changes_no_byte, 0, both);
    tcase_add_loop_test(tests, small_records_of_one_turn_go_back_together, 0, both);
    tcase_add_loop_test(tests, a_turn_of_too_many_records_ends_and_goes_on_later, 0, both);
    tcase_add_loop_test(tests, it_stops_reading_while_the_client_does_not_read, 0, both);
    tcase_add_loop_test(tests, it_goes_on_when_the_client_reads_again, 0, both);
    tcase_add_loop_test(tests, a_turn_that_could_go_on_waits_for_its_backlog, 0, both);
    tcase_add_test(tests, a_few_records_without_data_are_fine_and_the_count_starts_again);
    tcase_add_test(tests, a_flood_of_records_without_data_is_ended);
    tcase_add_test(tests, a_flood_of_them_is_ended_also_when_each_comes_alone);
    tcase_add_test(tests, a_key_update_that_wants_an_answer_gets_one);
    tcase_add_test(tests, a_plain_listener_echoes_too);
    tcase_add_test(tests, a_plain_client_that_does_not_read_is_not_read);
}

static void add_end(TCase *tests)
{
    int both = COUNT(versions);

    tcase_add_loop_test(tests, a_half_close_is_answered_after_the_last_byte, 0, both);
    tcase_add_loop_test(tests, a_half_close_with_its_fin_is_no_truncation, 0, both);
    tcase_add_loop_test(tests, what_follows_a_close_notify_is_thrown_away, 0, both);
    tcase_add_loop_test(tests, a_goodbye_waits_for_the_backlog, 0, both);
    tcase_add_loop_test(tests, a_fin_without_close_notify_is_a_truncation, 0, both);
    tcase_add_loop_test(tests, a_fin_inside_of_a_record_is_a_truncation, 0, both);
    tcase_add_loop_test(tests, a_reset_is_the_end_and_says_so, 0, both);
    tcase_add_loop_test(tests, a_client_that_hangs_up_on_our_goodbye_ended_cleanly, 0, both);
    tcase_add_loop_test(tests, unless_some_of_the_echo_was_not_delivered, 0, both);
    tcase_add_loop_test(tests, a_record_that_was_tampered_with_is_refused_with_an_alert, 0, both);
    tcase_add_loop_test(tests, whoever_is_idle_for_too_long_is_told_with_close_notify, 0, both);
    tcase_add_test(tests, a_handshake_that_takes_too_long_ends_without_close_notify);
    tcase_add_loop_test(tests, a_client_that_never_reads_is_cut_in_two_steps, 0, both);
    tcase_add_loop_test(tests, a_goodbye_that_is_not_answered_ends_at_its_deadline, 0, both);
    tcase_add_loop_test(tests, unless_some_of_the_echo_was_not_read_until_then, 0, both);
    tcase_add_loop_test(tests, what_comes_while_we_linger_does_not_keep_us, 0, both);
    tcase_add_loop_test(tests, a_drain_echoes_what_was_received_and_then_says_goodbye, 0, both);
    tcase_add_loop_test(tests, a_drain_takes_all_that_the_kernel_has_before_it_leaves, 0, both);
    tcase_add_loop_test(tests, a_drain_waits_a_moment_for_who_is_in_the_middle_of_something, 0,
                        both);
    tcase_add_test(tests, a_plain_drain_ends_with_a_fin);
}

static void add_tests(TCase *tests)
{
    add_beginning(tests);
    add_echo(tests);
    add_end(tests);
}

int main(void)
{
    return suite_run("conn", add_tests, NULL, teardown);
}
