/* OpenSSL's way to a socket: what the kernel tells once is told as often as it is asked for. */
#include "tls/socket_bio.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "loopback.h"
#include "net/socket.h"
#include "suite.h"

static int listener, served;
static struct socket_bio state;
static BIO *bio;

static void setup(void)
{
    struct address address, peer;

    listener = loopback_listen(&address);
    state = (struct socket_bio){.fd = loopback_connect(&address)};
    ck_assert(loopback_wait(listener, POLLIN));
    ck_assert_int_eq(socket_accept(listener, &served, &peer), ACCEPTED);
    bio = socket_bio_new(&state);
    ck_assert_ptr_nonnull(bio);
}

static void teardown(void)
{
    BIO_free(bio);
    socket_close(state.fd);
    socket_close(served);
    socket_close(listener);
}

static void peer_resets(void)
{
    const struct linger at_once = {.l_onoff = 1};

    ck_assert_int_eq(setsockopt(served, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
    socket_close(served);
    served = -1;
    ck_assert(loopback_wait(state.fd, POLLIN));
}

static void assert_reads_a_reset(void)
{
    char byte;
    size_t got = 0;

    errno = 0;
    ck_assert_int_eq(BIO_read_ex(bio, &byte, 1, &got), 0);
    ck_assert_int_eq(errno, ECONNRESET);
    ck_assert(!BIO_should_retry(bio));
    ck_assert(!BIO_eof(bio));
}

START_TEST(a_reset_stays_a_reset)
{
    peer_resets();
    assert_reads_a_reset();
    assert_reads_a_reset();
}
END_TEST

START_TEST(a_reset_that_a_write_was_told_is_read_too)
{
    size_t put = 0;

    peer_resets();
    ck_assert_int_eq(BIO_write_ex(bio, "x", 1, &put), 0);
    assert_reads_a_reset();
}
END_TEST

START_TEST(what_came_before_a_failed_write_is_still_read)
{
    char byte = 0;
    size_t n = 0;

    ck_assert_int_eq(socket_send(served, "y", 1, &n), MOVED);
    peer_resets();
    ck_assert_int_eq(BIO_write_ex(bio, "x", 1, &n), 0);
    ck_assert_int_eq(BIO_read_ex(bio, &byte, 1, &n), 1);
    ck_assert_int_eq(byte, 'y');
    assert_reads_a_reset();
}
END_TEST

START_TEST(a_fin_is_an_end_however_often_it_is_read)
{
    char byte;
    size_t got = 0;

    socket_finish(served);
    ck_assert(loopback_wait(state.fd, POLLIN));
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(BIO_read_ex(bio, &byte, 1, &got), 0);
        ck_assert(!BIO_should_retry(bio));
        ck_assert(BIO_eof(bio));
    }
}
END_TEST

static const struct {
    size_t split, goes_first;
} splits[] = {{0, 8}, {3, 3}, {7, 7}, {8, 8}, {9, 8}};

START_TEST(a_first_write_is_split_where_it_is_asked_for_and_no_other_is)
{
    size_t put = 0;

    state.split = splits[_i].split;
    ck_assert_int_eq(BIO_write_ex(bio, "12345678", 8, &put), 1);
    ck_assert_uint_eq(put, splits[_i].goes_first);
    ck_assert_uint_eq(state.opening, 8);
    ck_assert_int_eq(BIO_write_ex(bio, "abcdefghi", 9, &put), 1);
    ck_assert_uint_eq(put, 9);
    ck_assert_uint_eq(state.opening, 8);
    ck_assert_uint_eq(state.sent, splits[_i].goes_first + 9);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_loop_test(tests, a_first_write_is_split_where_it_is_asked_for_and_no_other_is, 0,
                        COUNT(splits));
    tcase_add_test(tests, a_reset_stays_a_reset);
    tcase_add_test(tests, a_reset_that_a_write_was_told_is_read_too);
    tcase_add_test(tests, what_came_before_a_failed_write_is_still_read);
    tcase_add_test(tests, a_fin_is_an_end_however_often_it_is_read);
}

int main(void)
{
    return suite_run("socket BIO", add_tests, setup, teardown);
}
