/*
 * Without memory a connection ends and says why, a service is refused and says so; nothing leaks.
 * Each scenario runs with its first, second, third ... allocation failing, until it needs no more.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pair.h"
#include "scarce.h"
#include "suite.h"

static struct pair pair;
static bool open;         /* the pair is */
static bool scarce_later; /* memory is short only once hands are shaken */

static void begin(int window)
{
    const struct pair_settings settings = {.window = window};

    pair_open(&pair, &settings);
    open = true;
    scarce_later = false;
}

static void teardown(void)
{
    scarce_end();
    if (open) {
        open = false;
        pair_close(&pair);
        ck_assert_uint_eq(pair.buffers.held_bytes, 0);
    }
}

/* Only our end is short of memory. */
static enum conn_next scarce_turn(struct conn *conn)
{
    scarce_begin();
    enum conn_next next = conn_turn(conn);

    scarce_end();
    return next;
}

START_TEST(a_connection_that_finds_no_memory_does_not_begin)
{
    int rc = -1, allocations = 0;

    begin(0);
    while (rc != 0) {
        struct conn conn;
        int ends[2];

        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
        scarce_one_after(allocations++);
        scarce_begin();
        rc = conn_init(&conn, &pair.listener, &pair.buffers, ends[0]);
        scarce_end();
        ck_assert(rc == 0 || scarce_failed());
        if (rc == 0) {
            conn_done(&conn);
        }
        char nothing;

        ck_assert_int_eq(recv(ends[1], &nothing, 1, 0), 0); /* the descriptor was its own */
        close(ends[1]);
    }
    ck_assert_int_gt(allocations, 3); /* else the wrapper is not in */
}
END_TEST

/* Says `len` bytes and reads the echo, as far as it goes. Returns how much came back. */
static size_t try_echo(const char *data, size_t len, char *back)
{
    pair_connect(&pair, NULL);
    pair.turn = scarce_later ? conn_turn : scarce_turn;
    for (int i = 0; i < 4 && SSL_do_handshake(pair.client) != 1; i++) {
        pair_settle(&pair);
    }
    if (SSL_is_init_finished(pair.client) != 1) {
        return 0;
    }
    pair_settle(&pair);
    pair.turn = scarce_turn;
    pair_say(&pair, data, len);
    pair_settle(&pair);
    return pair_hear(&pair, back, len);
}

/* With allocation number `allocations` failing. Was that one too many? */
static bool survives(int allocations, const char *data, size_t len)
{
    char *back = calloc(1, len);

    pair_disconnect(&pair);
    scarce_one_after(allocations);
    size_t got = try_echo(data, len, back);
    bool enough = !scarce_failed();

    ck_assert_mem_eq(back, data, got); /* never a wrong byte */
    ck_assert_msg(got == len || pair.conn.ending.cause != ENDING_NONE,
                  "after %d: %zu bytes and no reason", allocations, got);
    ck_assert(got == len || !enough);
    pair_hang_up(&pair);
    ck_assert_int_eq(pair_serve(&pair), CONN_OVER);
    free(back);
    return enough;
}

START_TEST(a_handshake_and_an_echo_that_find_no_memory_end_with_a_reason)
{
    int allocations = 0;

    begin(0);
    while (!survives(allocations, "hello", 5)) {
        allocations++;
    }
    ck_assert_int_gt(allocations, 50);
}
END_TEST

START_TEST(a_backlog_that_finds_no_memory_ends_the_connection)
{
    static char data[20000];
    int allocations = 0;

    begin(4608);
    scarce_later = true;
    while (!survives(allocations, data, sizeof data)) {
        allocations++;
    }
}
END_TEST

/* A header in two pieces, each of which needs memory. Was there enough? */
static bool survives_header(int allocations)
{
    static const char first[] = "PROXY TCP4 192.0.2.7", rest[] = " 192.0.2.8 1 2\r\nhello";
    char back[8] = "";

    pair_disconnect(&pair);
    pair_connect(&pair, NULL);
    pair.turn = scarce_turn;
    scarce_one_after(allocations);
    pair_send_raw(&pair, first, sizeof first - 1);
    pair_serve(&pair);
    bool enough = !scarce_failed();

    if (enough) {
        pair_send_raw(&pair, rest, sizeof rest - 1);
        pair_serve(&pair);
        ck_assert_uint_eq(pair_receive_raw(&pair, back, sizeof back), 5);
    } else {
        ck_assert_int_eq(pair.next, CONN_OVER);
        ck_assert_int_eq(pair.conn.ending.cause, ENDING_MEMORY);
    }
    return enough;
}

START_TEST(a_header_in_pieces_that_finds_no_memory_ends_the_connection)
{
    const struct pair_settings settings = {.plain = true, .proxied = true};
    int allocations = 0;

    pair_open(&pair, &settings);
    open = true;
    while (!survives_header(allocations)) {
        allocations++;
    }
    ck_assert_int_eq(allocations, 2); /* the facts, and the part */
}
END_TEST

/* ---- the service ---- */

static char told[4096];

static void tell(void *context, const char *line)
{
    (void)context;
    strncat(told, line, sizeof told - strlen(told) - 1);
}

static struct secho_config *configure(void)
{
    struct secho_config *config = NULL;
    char text[1024];
    int len = snprintf(text, sizeof text,
                       "{\"listeners\":[{\"port\":0,\"tls\":{\"certificates\":["
                       "{\"chain\":\"%s\",\"key\":\"%s\"}]}}]}",
                       pair.credentials.chain, pair.credentials.key);

    ck_assert_int_eq(secho_config_parse(text, (size_t)len, "s.json", NULL, NULL, &config), 0);
    return config;
}

START_TEST(a_service_that_finds_no_memory_is_refused_and_says_so)
{
    int rc = -1, allocations = 0;

    begin(0);
    struct secho_config *config = configure();

    /* OpenSSL needs thousands: not each of them, or the test takes too long. */
    for (; rc != 0 || scarce_failed(); allocations += allocations < 50 ? 1 : 61) {
        struct service service;

        told[0] = '\0';
        scarce_all_after(allocations);
        scarce_begin();
        rc = service_load(&service, config, 2, tell, NULL);
        scarce_end();
        ck_assert_msg((rc == 0) == (told[0] == '\0'), "after %d: %s", allocations, told);
        service_done(&service);
    }
    ck_assert_int_gt(allocations, 100);
    secho_config_free(config);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, a_connection_that_finds_no_memory_does_not_begin);
    tcase_add_test(tests, a_handshake_and_an_echo_that_find_no_memory_end_with_a_reason);
    tcase_add_test(tests, a_backlog_that_finds_no_memory_ends_the_connection);
    tcase_add_test(tests, a_header_in_pieces_that_finds_no_memory_ends_the_connection);
    tcase_add_test(tests, a_service_that_finds_no_memory_is_refused_and_says_so);
}

int main(void)
{
    scarce_setup();
    return suite_run("conn without memory", add, NULL, teardown);
}
