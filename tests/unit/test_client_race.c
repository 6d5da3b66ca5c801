/* All addresses of a name, and the first that answers: RFC 8305. */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "client/blame.h"
#include "client/client.h"
#include "client/race.h"
#include "net/socket.h"
#include "suite.h"

static struct race race;
static struct secho_error err;

static void add(const char *text, unsigned port)
{
    ck_assert_int_eq(address_parse(text, port, &race.list.addresses[race.list.count++]), 0);
}

static void setup(void)
{
    race = (struct race){0};
    err = (struct secho_error){0};
}

/* ---- the order ---- */

#define A "192.0.2.1"
#define B "192.0.2.2"
#define C "192.0.2.3"
#define X "2001:db8::1"
#define Y "2001:db8::2"

static const struct {
    const char *before[5], *after[5];
} orders[] = {
    {{A}, {A}},
    {{A, B, C}, {A, B, C}},
    {{X, Y, A, B}, {X, A, Y, B}},
    {{A, B, X, Y}, {A, X, B, Y}},
    {{X, Y, A}, {X, A, Y}},
    {{X, A, B, C}, {X, A, B, C}},
    {{A, X, B, Y}, {A, X, B, Y}},
    {{A, B, C, X, Y}, {A, X, B, Y, C}},
};

START_TEST(the_families_take_turns_and_the_first_stays_first)
{
    char text[ADDRESS_TEXT_SIZE];

    for (size_t i = 0; i < 5 && orders[_i].before[i] != NULL; i++) {
        add(orders[_i].before[i], 1);
    }
    race_order(&race.list);
    for (size_t i = 0; i < race.list.count; i++) {
        address_print_host(&race.list.addresses[i], text);
        ck_assert_str_eq(text, orders[_i].after[i]);
    }
}
END_TEST

START_TEST(no_address_is_an_order_too)
{
    race_order(&race.list);
    ck_assert_uint_eq(race.list.count, 0);
}
END_TEST

/* ---- the race ---- */

static int listener = -1;

static unsigned listening_port(void)
{
    struct address address;

    ck_assert_int_eq(address_parse("127.0.0.1", 0, &address), 0);
    ck_assert_int_eq(socket_listen(&address, 8, false, &listener, &err), 0);
    return address_port(&address);
}

/* A port on which nobody listens: one that was free a moment ago. */
static unsigned closed_port(void)
{
    unsigned port = listening_port();

    socket_close(listener);
    listener = -1;
    return port;
}

START_TEST(the_one_that_listens_wins)
{
    int fd = -1;

    add("127.0.0.1", closed_port());
    add("127.0.0.2", closed_port());
    add("127.0.0.1", listening_port());
    ck_assert_int_eq(race_run(&race, 10000, &fd, &err), 0);
    ck_assert_int_eq(fd != -1, 1);
    ck_assert_uint_eq(race.winner, 2);
    ck_assert_int_eq(race.attempts[0].state, RACE_FAILED);
    ck_assert_int_eq(race.attempts[0].os_errno, ECONNREFUSED);
    socket_close(fd);
    socket_close(listener);
}
END_TEST

START_TEST(a_failure_tells_what_each_address_said)
{
    int fd = -1;
    char first[ADDRESS_TEXT_SIZE], second[ADDRESS_TEXT_SIZE];

    add("127.0.0.1", closed_port());
    add("127.0.0.2", closed_port());
    address_print(&race.list.addresses[0], first);
    address_print(&race.list.addresses[1], second);
    ck_assert_int_eq(race_run(&race, 10000, &fd, &err), -1);
    ck_assert_int_eq(err.kind, SECHO_ERR_CONNECT);
    ck_assert_int_eq(err.os_errno, ECONNREFUSED);
    ck_assert_msg(strstr(err.text, first) != NULL && strstr(err.text, second) != NULL, "%s",
                  err.text);
    ck_assert_ptr_nonnull(strstr(err.text, "Connection refused"));
    ck_assert_int_eq(fd, -1);
}
END_TEST

START_TEST(the_time_can_be_over_before_the_first_attempt)
{
    int fd = -1;

    add("127.0.0.1", listening_port());
    ck_assert_int_eq(race_run(&race, 0, &fd, &err), -1);
    ck_assert_int_eq(err.kind, SECHO_ERR_TIMEOUT);
    ck_assert_ptr_nonnull(strstr(err.text, "not tried"));
    socket_close(listener);
}
END_TEST

/* ---- names ---- */

START_TEST(an_address_needs_no_resolver)
{
    struct resolved found = {0};

    ck_assert_int_eq(resolve_host(&(struct resolve_question){"::1", "8443", 0, 0}, &found, &err),
                     0);
    ck_assert_uint_eq(found.count, 1);
    ck_assert_uint_eq(address_port(&found.addresses[0]), 8443);
}
END_TEST

START_TEST(localhost_resolves)
{
    struct resolved found = {0};

    ck_assert_int_eq(
        resolve_host(&(struct resolve_question){"localhost", "8443", 4, 10000}, &found, &err), 0);
    ck_assert_uint_ge(found.count, 1);
}
END_TEST

START_TEST(a_name_that_cannot_be_is_an_answer)
{
    struct resolved found = {0};
    char name[300];

    ck_assert_int_eq(
        resolve_host(&(struct resolve_question){"nobody.invalid", "1", 0, -1}, &found, &err), -1);
    ck_assert_int_eq(err.kind, SECHO_ERR_RESOLVE);
    memset(name, 'a', sizeof name);
    name[sizeof name - 1] = '\0';
    ck_assert_int_eq(resolve_host(&(struct resolve_question){name, "1", 0, 10000}, &found, &err),
                     -1);
    ck_assert_int_eq(err.kind, SECHO_ERR_RESOLVE);
}
END_TEST

static const struct {
    int64_t asked, is;
} timeouts[] = {
    {0, CLIENT_TIMEOUT_MS}, {1, 1},   {250, 250}, {INT_MAX, INT_MAX},
    {INT64_MAX, INT_MAX},   {-1, -1}, {-5, -1},
};

START_TEST(a_timeout_is_never_longer_than_poll_can_wait)
{
    const struct secho_client_settings settings = {
        .host = "localhost", .port = "1", .timeout_ms = timeouts[_i].asked};
    struct secho_client *client = NULL;

    ck_assert_int_eq(secho_client_new(&settings, &client, NULL), 0);
    ck_assert_int_eq(client_timeout_ms(client), timeouts[_i].is);
    secho_client_free(client);
}
END_TEST

/* ---- what a failed connect is called ---- */

static const struct {
    int os_errno;
    enum secho_error_kind kind;
    const char *code, *words;
} failures[] = {
    {ECONNREFUSED, SECHO_ERR_CONNECT, "refused", "nobody listens"},
    {EHOSTUNREACH, SECHO_ERR_CONNECT, "unreachable", "the network does not lead there"},
    {ECONNRESET, SECHO_ERR_CONNECT, "reset", "reset the connection (RST) before the first byte"},
};

START_TEST(a_failed_connect_is_told_by_its_reason)
{
    const struct secho_client_settings settings = {.host = "localhost", .port = "1"};
    struct secho_client *client = NULL;

    ck_assert_int_eq(secho_client_new(&settings, &client, NULL), 0);
    err = (struct secho_error){.kind = failures[_i].kind, .os_errno = failures[_i].os_errno};
    blame_connect(client, &err);
    ck_assert_str_eq(client->failure.code, failures[_i].code);
    ck_assert_int_eq(client->failure.exit, EXIT_UNREACHABLE);
    ck_assert_ptr_nonnull(strstr(client->failure.why, failures[_i].words));
    secho_client_free(client);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_loop_test(tests, a_timeout_is_never_longer_than_poll_can_wait, 0, COUNT(timeouts));
    tcase_add_loop_test(tests, the_families_take_turns_and_the_first_stays_first, 0, COUNT(orders));
    tcase_add_loop_test(tests, a_failed_connect_is_told_by_its_reason, 0, COUNT(failures));
    tcase_add_test(tests, no_address_is_an_order_too);
    tcase_add_test(tests, the_one_that_listens_wins);
    tcase_add_test(tests, a_failure_tells_what_each_address_said);
    tcase_add_test(tests, the_time_can_be_over_before_the_first_attempt);
    tcase_add_test(tests, an_address_needs_no_resolver);
    tcase_add_test(tests, localhost_resolves);
    tcase_add_test(tests, a_name_that_cannot_be_is_an_answer);
}

int main(void)
{
    return suite_run("client race", add_tests, setup, NULL);
}
