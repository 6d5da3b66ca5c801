/* Ciphertext between a socket and OpenSSL: one recv and one send for each turn. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "suite.h"
#include "tls/wire.h"

static struct wire_buffers buffers;
static struct wire wire;
static BIO *bio; /* what OpenSSL would read and write */
static int peer; /* the other end */

/* `window`: SO_SNDBUF of both ends. */
static void connect_wire(struct wire *one, int *other, int window)
{
    int ends[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &window, sizeof window);
    setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &window, sizeof window);
    wire_init(one, &buffers, ends[0]);
    *other = ends[1];
}

static void setup(void)
{
    ck_assert_int_eq(wire_buffers_init(&buffers), 0);
    connect_wire(&wire, &peer, 4 * (int)WIRE_INPUT_BYTES);
    bio = wire_bio(&wire);
    ck_assert_ptr_nonnull(bio);
}

static void teardown(void)
{
    if (buffers.owner == &wire) {
        wire_end(&wire);
    }
    BIO_free(bio);
    wire_done(&wire);
    close(wire.fd);
    close(peer);
    ck_assert_uint_eq(buffers.held_bytes, 0); /* each byte that was held was let go */
    wire_buffers_done(&buffers);
}

/* ---- the peer ---- */

static void peer_sends(const char *text)
{
    ck_assert_int_eq(send(peer, text, strlen(text), 0), (ssize_t)strlen(text));
}

static void peer_sends_bytes(size_t len)
{
    char *bytes = malloc(len);

    memset(bytes, 'x', len);
    ck_assert_int_eq(send(peer, bytes, len, 0), (ssize_t)len);
    free(bytes);
}

/* All that the peer can read now. */
static size_t peer_reads(char *to, size_t len)
{
    ssize_t got = recv(peer, to, len, 0);

    return got > 0 ? (size_t)got : 0;
}

static size_t peer_reads_all(void)
{
    char away[65536];
    size_t got, all = 0;

    while ((got = peer_reads(away, sizeof away)) > 0) {
        all += got;
    }
    return all;
}

/* ---- what OpenSSL would do ---- */

static void put_bytes(size_t len)
{
    char *bytes = malloc(len);

    memset(bytes, 'y', len);
    ck_assert_int_eq(wire_put(&wire, bytes, len), 0);
    free(bytes);
}

/* A turn that writes far more than the socket takes. */
static void make_backlog(size_t len)
{
    wire_begin(&wire);
    put_bytes(len);
    wire_end(&wire);
    ck_assert(wire_has_backlog(&wire));
}

/* ---- input ---- */

START_TEST(a_turn_offers_what_came_in_one_recv)
{
    char got[16] = "";

    peer_sends("hello, ");
    peer_sends("wire");
    wire_begin(&wire);
    ck_assert_uint_eq(wire_input(&wire), 11);
    ck_assert(wire.moved);
    ck_assert(wire.drained);
    ck_assert_int_eq(BIO_read(bio, got, 5), 5);
    ck_assert_int_eq(BIO_read(bio, got + 5, 10), 6); /* not more than there is */
    ck_assert_str_eq(got, "hello, wire");
    ck_assert_uint_eq(wire_input(&wire), 0);
}
END_TEST

START_TEST(what_comes_during_a_turn_waits_for_the_next)
{
    char got[16];

    peer_sends("one");
    wire_begin(&wire);
    peer_sends("two");
    ck_assert_int_eq(BIO_read(bio, got, sizeof got), 3);
    ck_assert_int_le(BIO_read(bio, got, sizeof got), 0);
    ck_assert(BIO_should_read(bio));
    wire_end(&wire);
    wire_begin(&wire);
    ck_assert_uint_eq(wire_input(&wire), 3);
}
END_TEST

START_TEST(without_input_openssl_is_told_to_come_back)
{
    char got[16];

    wire_begin(&wire);
    ck_assert_uint_eq(wire_input(&wire), 0);
    ck_assert(!wire.moved);
    ck_assert(wire.drained);
    ck_assert(!wire.at_end);
    ck_assert_int_eq(wire.os_errno, 0);
    ck_assert_int_le(BIO_read(bio, got, sizeof got), 0);
    ck_assert(BIO_should_retry(bio));
}
END_TEST

START_TEST(input_that_a_turn_did_not_read_is_the_next_turns_input)
{
    char got[16] = "";

    peer_sends("abcdef");
    wire_begin(&wire);
    ck_assert_int_eq(BIO_read(bio, got, 2), 2);
    wire_end(&wire);
    ck_assert(wire_has_leftover(&wire));
    ck_assert_uint_eq(buffers.held_bytes, 4);

    peer_sends("ghi");
    wire_begin(&wire); /* the leftover only: order is kept without a copy */
    ck_assert_uint_eq(wire_input(&wire), 4);
    ck_assert_int_eq(BIO_read(bio, got + 2, 1), 1);
    wire_end(&wire);
    ck_assert_uint_eq(buffers.held_bytes, 3);

    wire_begin(&wire);
    ck_assert_int_eq(BIO_read(bio, got + 3, 16), 3);
    wire_end(&wire);
    ck_assert(!wire_has_leftover(&wire));
    ck_assert_uint_eq(buffers.held_bytes, 0);
    ck_assert_ptr_null(wire.leftover.bytes); /* an idle connection owns no memory */

    wire_begin(&wire);
    ck_assert_int_eq(BIO_read(bio, got + 6, 9), 3);
    ck_assert_str_eq(got, "abcdefghi");
}
END_TEST

START_TEST(a_leftover_survives_turns_of_other_connections)
{
    struct wire other;
    int other_peer;
    char got[8] = "";

    connect_wire(&other, &other_peer, 65536);
    peer_sends("ours");
    wire_begin(&wire);
    wire_end(&wire);
    ck_assert_int_eq(send(other_peer, "XXXXXXXX", 8, 0), 8);
    wire_begin(&other);
    wire_end(&other);
    wire_begin(&wire);
    ck_assert_int_eq(BIO_read(bio, got, sizeof got), 4);
    ck_assert_str_eq(got, "ours");
    wire_end(&wire);
    wire_done(&other);
    close(other.fd);
    close(other_peer);
}
END_TEST

START_TEST(a_recv_takes_no_more_than_the_buffer_and_knows_that_there_is_more)
{
    peer_sends_bytes(WIRE_INPUT_BYTES + 10);
    wire_begin(&wire);
    ck_assert_uint_eq(wire_input(&wire), WIRE_INPUT_BYTES);
    ck_assert(!wire.drained);
    size_t len;

    (void)wire_take(&wire, &len);
    wire_end(&wire);
    wire_begin(&wire);
    ck_assert_uint_eq(wire_input(&wire), 10);
    ck_assert(wire.drained);
}
END_TEST

START_TEST(a_worker_that_holds_much_takes_in_less)
{
    static const struct {
        size_t held, most;
    } cases[] = {
        {0, WIRE_INPUT_BYTES},
        {32u << 20, WIRE_INPUT_BYTES / 4},
        {128u << 20, 17408},
    };
    size_t len;

    peer_sends_bytes(WIRE_INPUT_BYTES + 10);
    buffers.held_bytes = cases[_i].held;
    wire_begin(&wire);
    ck_assert_uint_eq(wire_input(&wire), cases[_i].most);
    ck_assert(!wire.drained);
    (void)wire_take(&wire, &len);
    wire_end(&wire);
    buffers.held_bytes = 0;
}
END_TEST

START_TEST(peeking_leaves_the_input_and_taking_uses_it_up)
{
    size_t len;

    peer_sends("GET /");
    wire_begin(&wire);
    ck_assert_int_eq(memcmp(wire_peek(&wire, &len), "GET /", 5), 0);
    ck_assert_uint_eq(len, 5);
    ck_assert_uint_eq(wire_input(&wire), 5);
    ck_assert_int_eq(memcmp(wire_take(&wire, &len), "GET /", 5), 0);
    ck_assert_uint_eq(len, 5);
    ck_assert_uint_eq(wire_input(&wire), 0);
    wire_end(&wire);
    ck_assert(!wire_has_leftover(&wire));
}
END_TEST

/* ---- the end ---- */

START_TEST(a_fin_is_a_fact_of_the_wire_and_never_fed_to_openssl)
{
    char got[8];

    peer_sends("end");
    shutdown(peer, SHUT_WR);
    wire_begin(&wire);
    ck_assert(!wire.at_end); /* first what was sent before it */
    ck_assert_int_eq(BIO_read(bio, got, sizeof got), 3);
    wire_end(&wire);
    wire_begin(&wire);
    ck_assert(wire.at_end);
    ck_assert(wire.drained);
    ck_assert_int_eq(wire.os_errno, 0);
    ck_assert_int_le(BIO_read(bio, got, sizeof got), 0);
    ck_assert(BIO_should_retry(bio));
    ck_assert_int_eq(BIO_eof(bio), 0);
}
END_TEST

START_TEST(after_the_fin_the_other_direction_still_works)
{
    char got[8] = "";

    shutdown(peer, SHUT_WR);
    wire_begin(&wire);
    ck_assert(wire.at_end);
    ck_assert_int_eq(BIO_write(bio, "bye", 3), 3);
    wire_end(&wire);
    ck_assert_uint_eq(peer_reads(got, sizeof got), 3);
    ck_assert_str_eq(got, "bye");
}
END_TEST

START_TEST(a_reset_is_noted_and_nothing_is_tried_after_it)
{
    wire_begin(&wire);
    put_bytes(1);
    wire_end(&wire);
    close(peer); /* with unread input */
    peer = -1;
    wire_begin(&wire);
    ck_assert_int_eq(wire.os_errno, ECONNRESET);
    ck_assert(!wire.at_end);
    put_bytes(10);
    wire_end(&wire);
    ck_assert_int_eq(wire.os_errno, ECONNRESET); /* the first cause stays */
    ck_assert(!wire_has_backlog(&wire));
    wire_begin(&wire);
    ck_assert(!wire.at_end); /* a failed socket has no orderly end */
}
END_TEST

START_TEST(a_peer_that_is_gone_fails_the_send_without_a_signal)
{
    close(peer);
    peer = -1;
    wire_begin(&wire);
    ck_assert(wire.at_end);
    put_bytes(10);
    wire_end(&wire); /* SIGPIPE would end the test */
    ck_assert_int_eq(wire.os_errno, EPIPE);
}
END_TEST

/* ---- output ---- */

START_TEST(a_turn_sends_once_at_its_end)
{
    char got[16] = "";

    wire_begin(&wire);
    ck_assert_int_eq(BIO_write(bio, "ab", 2), 2);
    ck_assert_int_eq(BIO_write(bio, "cd", 2), 2);
    ck_assert_int_eq(BIO_flush(bio), 1);
    ck_assert_int_eq(wire_put(&wire, "ef", 2), 0);
    ck_assert_uint_eq(peer_reads(got, sizeof got), 0);
    wire_end(&wire);
    ck_assert_uint_eq(peer_reads(got, sizeof got), 6);
    ck_assert_str_eq(got, "abcdef");
    ck_assert(wire.moved);
    ck_assert(!wire_has_backlog(&wire));
}
END_TEST

START_TEST(wire_send_sends_what_was_written_so_far_and_nothing_twice)
{
    char got[16] = "";

    wire_begin(&wire);
    put_bytes(3);
    wire_send(&wire);
    ck_assert_uint_eq(peer_reads(got, sizeof got), 3);
    put_bytes(2);
    wire_end(&wire);
    ck_assert_uint_eq(peer_reads(got, sizeof got), 2);
}
END_TEST

static bool peer_sees_fin(void)
{
    char byte;

    return recv(peer, &byte, 1, MSG_DONTWAIT) == 0;
}

START_TEST(wire_finish_sends_the_last_bytes_and_then_fin)
{
    char got[16] = "";

    wire_begin(&wire);
    put_bytes(3);
    ck_assert(wire_finish(&wire));
    wire_end(&wire);
    ck_assert_uint_eq(peer_reads(got, sizeof got), 3);
    ck_assert(peer_sees_fin());
}
END_TEST

START_TEST(a_fin_waits_for_the_backlog)
{
    int small = 4096;

    setsockopt(wire.fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    make_backlog(100000);
    wire_begin(&wire);
    ck_assert(!wire_finish(&wire));
    wire_end(&wire);
    while (wire_has_backlog(&wire)) {
        ck_assert_uint_gt(peer_reads_all(), 0);
        wire_flush(&wire);
    }
    (void)peer_reads_all();
    ck_assert(!peer_sees_fin());
    wire_begin(&wire);
    ck_assert(wire_finish(&wire));
    wire_end(&wire);
    ck_assert(peer_sees_fin());
}
END_TEST

START_TEST(a_turn_may_write_more_than_the_buffer_holds)
{
    size_t before = buffers.output_size;

    wire_begin(&wire);
    put_bytes(before);
    put_bytes(before / 2);
    ck_assert_uint_gt(buffers.output_size, before);
    wire_end(&wire);
    size_t sent = 0, got;

    while ((got = peer_reads_all()) > 0) {
        sent += got;
        wire_flush(&wire);
    }
    ck_assert_uint_eq(sent, before + before / 2);
}
END_TEST

START_TEST(what_the_kernel_does_not_take_is_the_backlog_and_goes_first)
{
    int small = 4608;
    size_t len = 100000, sent = 0;
    char byte;

    setsockopt(wire.fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    make_backlog(len);
    ck_assert_uint_eq(wire.backlog.len, buffers.held_bytes);
    ck_assert_uint_lt(wire.backlog.len, len);

    sent += peer_reads_all(); /* there is room now, but what waits goes first */
    wire_begin(&wire);        /* another turn, that writes one more byte */
    ck_assert_int_eq(wire_put(&wire, "z", 1), 0);
    wire_end(&wire);
    while (wire_has_backlog(&wire)) {
        wire.moved = false;
        sent += peer_reads_all();
        wire_flush(&wire);
        ck_assert(wire.moved);
    }
    ck_assert_uint_eq(buffers.held_bytes, 0);
    ck_assert_ptr_null(wire.backlog.bytes); /* an idle connection owns no memory */
    for (ssize_t got; (got = recv(peer, &byte, 1, 0)) == 1; sent++) {
        ck_assert_int_eq(byte, sent == len ? 'z' : 'y');
    }
    ck_assert_uint_eq(sent, len + 1);
}
END_TEST

START_TEST(flushing_against_a_full_socket_moves_nothing)
{
    int small = 4608;

    setsockopt(wire.fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    make_backlog(100000);
    size_t before = wire.backlog.len;

    wire.moved = false;
    wire_flush(&wire);
    ck_assert_uint_eq(wire.backlog.len, before);
    ck_assert(!wire.moved);
    ck_assert_int_eq(wire.os_errno, 0);
}
END_TEST

START_TEST(nothing_comes_in_while_a_backlog_waits)
{
    int small = 4608;

    setsockopt(wire.fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    peer_sends("first");
    make_backlog(100000); /* "first" is a leftover now */
    ck_assert(wire_has_leftover(&wire));
    peer_sends("second");
    wire_begin(&wire);
    ck_assert_uint_eq(wire_input(&wire), 0);
    wire_end(&wire);
    ck_assert_uint_eq(wire.leftover.len, 5); /* and it is still there */
    while (wire_has_backlog(&wire)) {
        ck_assert_uint_gt(peer_reads_all(), 0);
        wire_flush(&wire);
    }
    wire_begin(&wire);
    ck_assert_uint_eq(wire_input(&wire), 5);
}
END_TEST

START_TEST(a_connection_holds_no_more_than_the_named_limit)
{
    int small = 4608;

    setsockopt(wire.fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    while (wire.os_errno == 0) {
        wire_begin(&wire);
        put_bytes(65536);
        wire_end(&wire);
        ck_assert_uint_le(buffers.held_bytes, WIRE_HELD_BYTES_MAX);
    }
    ck_assert_int_eq(wire.os_errno, ENOMEM);
    ck_assert_uint_gt(wire.backlog.len + 65536, WIRE_HELD_BYTES_MAX); /* not earlier either */
}
END_TEST

/* ---- the guard ---- */

static void without_core_file(void)
{
    /* The message of assert() is no news here. */
    int null = open("/dev/null", O_WRONLY);

    dup2(null, STDERR_FILENO);
    signal(SIGABRT, SIG_DFL);
}

/* How a child that does this ends: the signal, or 0. */
static int signal_of(void (*act)(void))
{
    int status = 0;
    pid_t child = fork();

    ck_assert_int_ge(child, 0);
    if (child == 0) {
        without_core_file();
        act();
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static struct wire stranger; /* has a turn while `wire` is used */

static void read_ours(void)
{
    char byte;

    (void)BIO_read(bio, &byte, 1);
}

static void write_ours(void)
{
    (void)BIO_write(bio, "x", 1);
}

static void begin_ours(void)
{
    wire_begin(&wire);
}

static void send_ours(void)
{
    wire_send(&wire);
}

static void flush_ours(void)
{
    wire_flush(&wire);
}

static void peek_ours(void)
{
    size_t len;

    (void)wire_peek(&wire, &len);
}

static void done_theirs(void)
{
    wire_done(&stranger);
}

static const struct {
    const char *name;
    void (*act)(void);
} forbidden[] = {
    {"reading", read_ours},         {"writing", write_ours},  {"beginning a turn", begin_ours},
    {"sending", send_ours},         {"flushing", flush_ours}, {"looking at the input", peek_ours},
    {"ending a life", done_theirs},
};

START_TEST(during_anothers_turn_everything_else_ends_the_process)
{
    int stranger_peer;

    connect_wire(&stranger, &stranger_peer, 65536);
    wire_begin(&stranger);
    ck_assert_msg(signal_of(forbidden[_i].act) == SIGABRT, "%s", forbidden[_i].name);
    wire_end(&stranger);
    wire_done(&stranger);
    close(stranger.fd);
    close(stranger_peer);
}
END_TEST

START_TEST(outside_of_every_turn_the_bio_ends_the_process)
{
    ck_assert_int_eq(signal_of(read_ours), SIGABRT);
    ck_assert_int_eq(signal_of(write_ours), SIGABRT);
}
END_TEST

START_TEST(in_its_own_turn_it_does_not)
{
    wire_begin(&wire);
    ck_assert_int_eq(signal_of(read_ours), 0);
    ck_assert_int_eq(signal_of(write_ours), 0);
}
END_TEST

START_TEST(workers_that_come_and_go_use_up_no_types_of_bio)
{
    int type = BIO_method_type(bio);

    for (int i = 0; i < 200; i++) { /* OpenSSL has 128 */
        struct wire_buffers others;
        struct wire other;

        ck_assert_int_eq(wire_buffers_init(&others), 0);
        wire_init(&other, &others, -1);
        BIO *another = wire_bio(&other);

        ck_assert_ptr_nonnull(another);
        ck_assert_int_eq(BIO_method_type(another), type);
        BIO_free(another);
        wire_done(&other);
        wire_buffers_done(&others);
    }
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, a_turn_offers_what_came_in_one_recv);
    tcase_add_test(tests, what_comes_during_a_turn_waits_for_the_next);
    tcase_add_test(tests, without_input_openssl_is_told_to_come_back);
    tcase_add_test(tests, input_that_a_turn_did_not_read_is_the_next_turns_input);
    tcase_add_test(tests, a_leftover_survives_turns_of_other_connections);
    tcase_add_test(tests, a_recv_takes_no_more_than_the_buffer_and_knows_that_there_is_more);
    tcase_add_loop_test(tests, a_worker_that_holds_much_takes_in_less, 0, 3);
    tcase_add_test(tests, peeking_leaves_the_input_and_taking_uses_it_up);
    tcase_add_test(tests, a_fin_is_a_fact_of_the_wire_and_never_fed_to_openssl);
    tcase_add_test(tests, after_the_fin_the_other_direction_still_works);
    tcase_add_test(tests, a_reset_is_noted_and_nothing_is_tried_after_it);
    tcase_add_test(tests, a_peer_that_is_gone_fails_the_send_without_a_signal);
    tcase_add_test(tests, a_turn_sends_once_at_its_end);
    tcase_add_test(tests, wire_send_sends_what_was_written_so_far_and_nothing_twice);
    tcase_add_test(tests, a_turn_may_write_more_than_the_buffer_holds);
    tcase_add_test(tests, wire_finish_sends_the_last_bytes_and_then_fin);
    tcase_add_test(tests, a_fin_waits_for_the_backlog);
    tcase_add_test(tests, what_the_kernel_does_not_take_is_the_backlog_and_goes_first);
    tcase_add_test(tests, flushing_against_a_full_socket_moves_nothing);
    tcase_add_test(tests, nothing_comes_in_while_a_backlog_waits);
    tcase_add_test(tests, a_connection_holds_no_more_than_the_named_limit);
    tcase_add_loop_test(tests, during_anothers_turn_everything_else_ends_the_process, 0,
                        (int)(sizeof forbidden / sizeof forbidden[0]));
    tcase_add_test(tests, outside_of_every_turn_the_bio_ends_the_process);
    tcase_add_test(tests, in_its_own_turn_it_does_not);
    tcase_add_test(tests, workers_that_come_and_go_use_up_no_types_of_bio);
}

int main(void)
{
    return suite_run("wire", add_tests, setup, teardown);
}
