/* A PROXY header comes first: who is the peer, and what becomes of those without one? */
#include <string.h>

#include "pair.h"
#include "suite.h"

#define HEADER "PROXY TCP4 192.0.2.7 192.0.2.8 50512 443\r\n"
#define PEER   "192.0.2.7:50512"
#define PROXY  PAIR_PEER ":40000"

static struct pair pair;
static bool open; /* the pair is */

static void begin(bool plain)
{
    const struct pair_settings settings = {.proxied = true, .plain = plain};

    pair_open(&pair, &settings);
    open = true;
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

static void send_bytes(const char *bytes, size_t len)
{
    pair_send_raw(&pair, bytes, len);
    pair_serve(&pair);
}

static void send_text(const char *text)
{
    send_bytes(text, strlen(text));
}

static void assert_address(const struct address *address, const char *expected)
{
    char text[ADDRESS_TEXT_SIZE];

    address_print(address, text);
    ck_assert_str_eq(text, expected);
}

static void assert_behind_proxy(void)
{
    assert_address(&conn()->peer, PEER);
    assert_address(&conn()->proxied->via, PROXY);
    ck_assert_ptr_null(conn()->proxied->part); /* nothing big stays */
}

static void assert_ended(enum ending_cause cause, enum ending_stage stage)
{
    ck_assert_int_eq(conn()->ending.cause, cause);
    ck_assert_int_eq(conn()->ending.stage, stage);
}

/* ---- the header, and what follows ---- */

START_TEST(it_waits_for_the_header_first)
{
    begin(_i == 1);
    ck_assert_int_eq(conn()->state, CONN_PROXY);
    ck_assert_int_eq(conn_turn(conn()), CONN_WAIT);
    ck_assert_uint_eq(conn_watch(conn()), WATCH_READ);
    ck_assert_int_eq(conn_deadline(conn()), DEADLINE_HANDSHAKE);
    ck_assert(conn_is_silent(conn()));
    ck_assert_ptr_null(conn()->proxied);
}
END_TEST

START_TEST(the_handshake_follows_and_then_the_echo)
{
    char back[8] = "";

    begin(false);
    send_text(HEADER);
    ck_assert_int_eq(conn()->state, CONN_HANDSHAKE);
    assert_behind_proxy();
    ck_assert(conn_is_silent(conn())); /* what the proxy said does not count */
    pair_shake_hands(&pair);
    pair_say(&pair, "hello", 5);
    pair_settle(&pair);
    ck_assert_uint_eq(pair_hear(&pair, back, sizeof back), 5);
    ck_assert_str_eq(back, "hello");
    ck_assert_uint_eq(conn()->in, 5); /* without the header */
    ck_assert_int_eq(conn()->ending.first, SNIFFED_TLS);
}
END_TEST

START_TEST(header_and_hello_in_one_segment_take_one_turn)
{
    char both[4096] = HEADER;
    size_t len = strlen(HEADER);

    begin(false);
    SSL_do_handshake(pair.client);
    int more = BIO_read(SSL_get_wbio(pair.client), both + len, (int)(sizeof both - len));

    ck_assert_int_gt(more, 0);
    pair_send_raw(&pair, both, len + (size_t)more);
    ck_assert_int_eq(conn_turn(conn()), CONN_WAIT);
    assert_behind_proxy();
    ck_assert_int_eq(conn()->ending.first, SNIFFED_TLS);
    ck_assert_uint_gt(pair_pull(&pair), 0); /* the answer to the hello */
    pair_shake_hands(&pair);
}
END_TEST

START_TEST(a_header_in_pieces_is_put_together)
{
    char back[8] = "";

    begin(true);
    for (size_t i = 0; i + 1 < strlen(HEADER); i++) {
        send_bytes(&HEADER[i], 1);
        ck_assert_int_eq(pair.next, CONN_WAIT);
        ck_assert_int_eq(conn()->state, CONN_PROXY);
    }
    ck_assert(!conn_is_silent(conn()));
    send_text("\nhello");
    assert_behind_proxy();
    ck_assert_int_eq(conn()->state, CONN_ECHO);
    ck_assert_uint_eq(pair_receive_raw(&pair, back, sizeof back), 5);
    ck_assert_str_eq(back, "hello");
}
END_TEST

START_TEST(a_second_header_is_data)
{
    char back[256] = "";

    begin(true);
    send_text(HEADER HEADER);
    ck_assert_uint_eq(pair_receive_raw(&pair, back, sizeof back), strlen(HEADER));
    ck_assert_str_eq(back, HEADER);
}
END_TEST

START_TEST(who_is_not_told_about_is_the_proxy)
{
    begin(true);
    send_text("PROXY UNKNOWN\r\nx");
    ck_assert_int_eq(conn()->state, CONN_ECHO);
    assert_address(&conn()->peer, PROXY);
    ck_assert_ptr_null(conn()->proxied); /* nothing to keep */
}
END_TEST

#define NAMES                                                                                      \
    "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x1f"                                                           \
    "\xc0\0\2\7\xc0\0\2\x08\xc5\x50\x01\xbb"                                                       \
    "\2\0\4name"                                                                                   \
    "\5\0\2\0i"                                                                                    \
    "\4\0\4...."

START_TEST(names_are_kept_as_texts)
{
    begin(true);
    send_bytes(NAMES, sizeof NAMES - 1);
    assert_behind_proxy();
    ck_assert_str_eq(conn()->proxied->authority, "name");
    ck_assert_str_eq(conn()->proxied->unique_id, ""); /* up to a NUL */
}
END_TEST

/* ---- health checks ---- */

static const char *const checks[] = {"", HEADER, "PROXY UNKNOWN\r\n"};

START_TEST(leaving_without_a_byte_is_noted_as_that)
{
    for (int plain = 0; plain < 2; plain++) {
        begin(plain == 1);
        if (checks[_i][0] != '\0') {
            send_text(checks[_i]);
        }
        pair_half_close(&pair);
        ck_assert_int_eq(pair_serve(&pair), CONN_OVER); /* nothing came: nobody is waited for */
        ck_assert_int_eq(conn()->ending.stage, ENDING_STAGE_ACCEPTED);
        ck_assert_int_eq(explain_decide(&conn()->ending), EXPLAIN_HEALTH_CHECK);
        teardown();
    }
}
END_TEST

/* ---- no header, or a wrong one ---- */

static const struct {
    const char *bytes;
    enum ending_cause cause;
    enum sniffed first;
} wrong[] = {
    {"\x16\x03\x01\x02", ENDING_PROXY_MISSING, SNIFFED_TLS},
    {"GET / HTTP/1.1\r\n", ENDING_PROXY_MISSING, SNIFFED_HTTP},
    {"x", ENDING_PROXY_MISSING, SNIFFED_OTHER},
    {"PROXY TCP4 192.0.2.7\r\n", ENDING_PROXY_INVALID, SNIFFED_PROXY},
    {"PROXY TCP4 192.0.2.7 192.0.2.8 1 2\n", ENDING_PROXY_INVALID, SNIFFED_PROXY},
};

START_TEST(what_is_no_header_is_refused_without_an_answer)
{
    char back[8];

    for (int plain = 0; plain < 2; plain++) {
        begin(plain == 1);
        send_text(wrong[_i].bytes);
        assert_ended(wrong[_i].cause, ENDING_STAGE_PROXY);
        ck_assert_int_eq(conn()->ending.first, wrong[_i].first);
        ck_assert_int_eq(conn()->state, CONN_LINGER); /* its FIN is awaited: no reset */
        ck_assert_uint_eq(pair_receive_raw(&pair, back, sizeof back), 0);
        ck_assert(pair.saw_fin);
        pair_hang_up(&pair);
        ck_assert_int_eq(pair_serve(&pair), CONN_OVER);
        teardown();
    }
}
END_TEST

START_TEST(a_header_that_ends_in_the_middle_is_not_valid)
{
    begin(false);
    send_text("PROXY TCP4");
    pair_half_close(&pair);
    ck_assert_int_eq(pair_serve(&pair), CONN_OVER);
    assert_ended(ENDING_PROXY_INVALID, ENDING_STAGE_PROXY);
    ck_assert_str_eq(conn()->ending.detail, "it ends before it is whole");
}
END_TEST

START_TEST(nobody_else_may_send_one)
{
    const char *why;

    begin(false);
    ck_assert_int_eq(prefix_parse("10.0.0.0/8", &pair.everybody, &why), 0);
    send_text(_i == 0 ? HEADER : "P");
    assert_ended(ENDING_PROXY_INVALID, ENDING_STAGE_PROXY);
    ck_assert_ptr_nonnull(strstr(conn()->ending.detail, "may not send one"));
    assert_address(&conn()->peer, PROXY); /* and nobody believes it */
}
END_TEST

START_TEST(when_it_is_stopped_within_the_header_it_says_fin)
{
    begin(false);
    send_text("PROXY TCP4");
    ck_assert_int_eq(conn_stop(conn(), ENDING_TIMEOUT, 10000), CONN_WAIT);
    assert_ended(ENDING_TIMEOUT, ENDING_STAGE_PROXY);
    ck_assert_int_eq(conn()->state, CONN_LINGER);
    pair_pull(&pair);
    ck_assert(pair.saw_fin);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, it_waits_for_the_header_first, 0, 2);
    tcase_add_test(tests, the_handshake_follows_and_then_the_echo);
    tcase_add_test(tests, header_and_hello_in_one_segment_take_one_turn);
    tcase_add_test(tests, a_header_in_pieces_is_put_together);
    tcase_add_test(tests, a_second_header_is_data);
    tcase_add_test(tests, who_is_not_told_about_is_the_proxy);
    tcase_add_test(tests, names_are_kept_as_texts);
    tcase_add_loop_test(tests, leaving_without_a_byte_is_noted_as_that, 0, COUNT(checks));
    tcase_add_loop_test(tests, what_is_no_header_is_refused_without_an_answer, 0, COUNT(wrong));
    tcase_add_test(tests, a_header_that_ends_in_the_middle_is_not_valid);
    tcase_add_loop_test(tests, nobody_else_may_send_one, 0, 2);
    tcase_add_test(tests, when_it_is_stopped_within_the_header_it_says_fin);
}

int main(void)
{
    return suite_run("conn behind a proxy", add, NULL, teardown);
}
