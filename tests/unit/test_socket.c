/* socket, bind, listen, accept, connect, on ports that the kernel chooses. */
#include "net/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "loopback.h"
#include "suite.h"

static struct address address;
static int listener, client, served; /* -1: not open */

static void setup(void)
{
    client = served = -1;
    listener = loopback_listen(&address);
}

static void teardown(void)
{
    socket_close(client);
    socket_close(served);
    socket_close(listener);
}

static enum accepted take(struct address *peer)
{
    ck_assert(loopback_wait(listener, POLLIN));
    return socket_accept(listener, &served, peer);
}

static void connect_both(void)
{
    struct address peer;

    client = loopback_connect(&address);
    ck_assert_int_ge(client, 0);
    ck_assert_int_eq(take(&peer), ACCEPTED);
}

static bool is_private_and_does_not_block(int fd)
{
    return fcntl(fd, F_GETFD) == FD_CLOEXEC && (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0;
}

static bool has_nodelay(int fd)
{
    int on = 0;
    socklen_t len = sizeof on;

    return getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, &len) == 0 && on != 0;
}

/* ---- listen ---- */

START_TEST(port_0_becomes_a_real_one)
{
    struct address bound;

    ck_assert_uint_ne(address_port(&address), 0);
    ck_assert_int_eq(socket_address(listener, &bound), 0);
    ck_assert_uint_eq(address_port(&bound), address_port(&address));
    ck_assert(is_private_and_does_not_block(listener));
}
END_TEST

START_TEST(a_port_in_use_is_an_error_that_names_it)
{
    char text[ADDRESS_TEXT_SIZE];
    struct secho_error err = {0};
    int second = -1;

    ck_assert_int_eq(socket_listen(&address, 16, false, &second, &err), -1);
    ck_assert_int_eq(err.kind, SECHO_ERR_SYSTEM);
    ck_assert_int_eq(err.os_errno, EADDRINUSE);
    address_print(&address, text);
    ck_assert_ptr_nonnull(strstr(err.text, text));
    ck_assert_int_eq(second, -1);
}
END_TEST

START_TEST(a_further_slot_of_our_own_joins)
{
    int second = -1;

    ck_assert_int_eq(socket_listen(&address, 16, true, &second, NULL), 0);
    ck_assert_int_ge(second, 0);
    socket_close(second);
}
END_TEST

START_TEST(the_any_address_of_ipv6_serves_ipv4_too)
{
    struct address any, peer;
    struct secho_error err = {0};
    char text[ADDRESS_TEXT_SIZE];

    ck_assert_int_eq(address_parse("::", 0, &any), 0);
    socket_close(listener);
    listener = -1;
    if (socket_listen(&any, 16, false, &listener, &err) != 0) {
        ck_assert_int_eq(err.os_errno, EAFNOSUPPORT); /* a system without IPv6 */
        return;
    }
    ck_assert_int_eq(address_parse("127.0.0.1", address_port(&any), &address), 0);
    client = loopback_connect(&address);
    ck_assert_int_ge(client, 0);
    ck_assert_int_eq(take(&peer), ACCEPTED);
    address_print_host(&peer, text);
    ck_assert_str_eq(text, "127.0.0.1");
}
END_TEST

/* ---- accept ---- */

START_TEST(with_nobody_waiting_accept_says_so)
{
    struct address peer;
    int fd;

    ck_assert_int_eq(socket_accept(listener, &fd, &peer), ACCEPTED_NOTHING);
}
END_TEST

START_TEST(an_accepted_connection_is_ready_for_an_echo)
{
    struct address peer, own;
    int other;

    client = loopback_connect(&address);
    ck_assert_int_eq(take(&peer), ACCEPTED);
    ck_assert(is_private_and_does_not_block(served));
    ck_assert(has_nodelay(served));
    ck_assert_int_eq(socket_address(client, &own), 0);
    ck_assert_uint_eq(address_port(&peer), address_port(&own));
    ck_assert_int_eq(socket_accept(listener, &other, &peer), ACCEPTED_NOTHING);
}
END_TEST

static int accept_without_descriptors(void)
{
    struct address peer;
    struct rlimit few = {.rlim_cur = 0, .rlim_max = 0};
    int fd;

    if (setrlimit(RLIMIT_NOFILE, &few) != 0) {
        return 1;
    }
    return socket_accept(listener, &fd, &peer) == ACCEPTED_EXHAUSTED && fd == -1 ? 0 : 2;
}

START_TEST(without_descriptors_the_caller_is_told_to_pause)
{
    int status = 0;
    struct address peer;

    client = loopback_connect(&address);
    ck_assert(loopback_wait(listener, POLLIN));
    pid_t child = fork(); /* a limit that cannot be taken back */

    ck_assert_int_ge(child, 0);
    if (child == 0) {
        _exit(accept_without_descriptors());
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    ck_assert_int_eq(take(&peer), ACCEPTED); /* it has waited */
}
END_TEST

START_TEST(a_stopped_listener_refuses_in_every_process_that_has_it)
{
    int elsewhere = dup(listener), fd;
    struct address peer;

    socket_stop(listener);
    ck_assert_int_eq(loopback_connect(&address), -1);
    ck_assert_int_eq(errno, ECONNREFUSED);
    ck_assert_int_eq(socket_accept(elsewhere, &fd, &peer), ACCEPTED_STOPPED);
    close(elsewhere);
}
END_TEST

START_TEST(a_stopped_listener_listens_again_at_the_port_that_was_asked_for)
{
    struct address where;
    int any = -1, fd = -1, peer = -1;

    ck_assert_int_eq(address_parse("127.0.0.1", 0, &where), 0);
    ck_assert_int_eq(socket_listen(&where, 10, true, &any, NULL), 0);
    ck_assert_int_eq(socket_listen(&where, 10, true, &fd, NULL), 0);
    close(any);
    ck_assert(socket_listens(fd));
    socket_stop(fd);
    ck_assert(!socket_listens(fd));
    socket_set_backlog(fd, 10);
    ck_assert(socket_listens(fd));
    peer = loopback_connect(&where);
    ck_assert_int_ne(peer, -1);
    close(peer);
    close(fd);
}
END_TEST

/* ---- connect ---- */

START_TEST(a_listener_of_somebody_else_becomes_one_of_ours)
{
    struct address where, found;
    struct secho_error err;
    int fd = loopback_listen(&where), peer_fd = -1;

    ck_assert_int_eq(fcntl(fd, F_SETFL, 0), 0); /* as systemd passes it: blocking, inherited */
    ck_assert_int_eq(fcntl(fd, F_SETFD, 0), 0);
    ck_assert_int_eq(socket_adopt(fd, &found, &err), 0);
    ck_assert_uint_eq(address_port(&found), address_port(&where));
    ck_assert_int_ne(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
    ck_assert_int_eq(socket_accept(fd, &peer_fd, &found), ACCEPTED_NOTHING); /* at once */
    socket_close(fd);
}
END_TEST

START_TEST(what_does_not_listen_is_not_adopted)
{
    const struct {
        const char *name;
        int family, type;
    } cases[] = {
        {"tcp", AF_INET, SOCK_STREAM},
        {"udp", AF_INET, SOCK_DGRAM},
        {"unix", AF_UNIX, SOCK_STREAM},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int fd = socket(cases[i].family, cases[i].type, 0);
        struct address where;
        struct secho_error err;

        ck_assert_msg(socket_adopt(fd, &where, &err) == -1 && err.kind == SECHO_ERR_CONFIG, "%s",
                      cases[i].name);
        close(fd);
    }
}
END_TEST

START_TEST(two_descriptors_of_one_socket_are_known_as_such)
{
    struct address one, other;
    int a = loopback_listen(&one), b = loopback_listen(&other), again = dup(a);

    ck_assert(socket_is_same(a, again));
    ck_assert(!socket_is_same(a, b) && !socket_is_same(a, -1));
    socket_close(a);
    socket_close(b);
    socket_close(again);
}
END_TEST

START_TEST(a_connection_can_be_made)
{
    client = loopback_connect(&address);
    ck_assert_int_ge(client, 0);
    ck_assert(is_private_and_does_not_block(client));
    ck_assert(has_nodelay(client));
}
END_TEST

START_TEST(where_nobody_listens_the_reason_is_told)
{
    socket_close(listener);
    listener = -1;
    ck_assert_int_eq(loopback_connect(&address), -1);
    ck_assert_int_eq(errno, ECONNREFUSED);
}
END_TEST

START_TEST(an_address_that_cannot_be_connected_to_is_named)
{
    struct secho_error err = {0};
    struct address nowhere;
    int fd = -1;

    ck_assert_int_eq(address_parse("127.0.0.1", 9, &nowhere), 0);
    nowhere.len = 1; /* the kernel sees at once that this is none */
    ck_assert_int_eq(socket_connect(&nowhere, &fd, &err), -1);
    ck_assert_int_eq(err.kind, SECHO_ERR_SYSTEM);
    ck_assert_int_eq(err.os_errno, EINVAL);
    ck_assert_ptr_nonnull(strstr(err.text, "connecting to 127.0.0.1:9: "));
    ck_assert_int_eq(fd, -1);
}
END_TEST

/* ---- bytes ---- */

START_TEST(bytes_move)
{
    char got[8] = "";
    size_t count = 0;

    connect_both();
    ck_assert_int_eq(socket_receive(served, got, sizeof got, &count), MOVED_NOTHING);
    ck_assert_int_eq(socket_send(client, "hello", 5, &count), MOVED);
    ck_assert_uint_eq(count, 5);
    ck_assert(loopback_wait(served, POLLIN));
    ck_assert_int_eq(socket_receive(served, got, sizeof got, &count), MOVED);
    ck_assert_uint_eq(count, 5);
    ck_assert_str_eq(got, "hello");
}
END_TEST

START_TEST(a_full_socket_takes_nothing)
{
    static char much[1 << 20];
    size_t count, sent = 0;
    enum moved moved;

    connect_both();
    while ((moved = socket_send(client, much, sizeof much, &count)) == MOVED) {
        sent += count;
        ck_assert_uint_lt(sent, (size_t)1 << 30);
    }
    ck_assert_int_eq(moved, MOVED_NOTHING);
}
END_TEST

START_TEST(a_finished_direction_ends_and_the_other_goes_on)
{
    char got[8];
    size_t count;

    connect_both();
    socket_finish(client);
    ck_assert(loopback_wait(served, POLLIN));
    ck_assert_int_eq(socket_receive(served, got, sizeof got, &count), MOVED_END);
    ck_assert_int_eq(socket_send(served, "still", 5, &count), MOVED);
    ck_assert(loopback_wait(client, POLLIN));
    ck_assert_int_eq(socket_receive(client, got, sizeof got, &count), MOVED);
}
END_TEST

START_TEST(a_reset_of_the_peer_fails_with_its_reason)
{
    const struct linger now = {.l_onoff = 1}; /* its close is a RST: socket(7) */
    char got[8];
    size_t count;

    connect_both();
    setsockopt(client, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    socket_close(client);
    client = -1;
    ck_assert(loopback_wait(served, POLLIN));
    ck_assert_int_eq(socket_receive(served, got, sizeof got, &count), MOVED_FAILED);
    ck_assert_int_eq(errno, ECONNRESET);
}
END_TEST

START_TEST(a_close_is_an_end_and_no_reset)
{
    char got[8];
    size_t count;

    connect_both();
    socket_close(client);
    client = -1;
    ck_assert(loopback_wait(served, POLLIN));
    ck_assert_int_eq(socket_receive(served, got, sizeof got, &count), MOVED_END);
}
END_TEST

START_TEST(sending_to_nobody_fails_without_a_signal)
{
    size_t count;

    connect_both();
    shutdown(client, SHUT_WR);
    ck_assert_int_eq(socket_send(client, "x", 1, &count), MOVED_FAILED); /* SIGPIPE would end us */
    ck_assert_int_eq(errno, EPIPE);
}
END_TEST

START_TEST(closing_nothing_is_fine)
{
    socket_close(-1);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, port_0_becomes_a_real_one);
    tcase_add_test(tests, a_port_in_use_is_an_error_that_names_it);
    tcase_add_test(tests, a_further_slot_of_our_own_joins);
    tcase_add_test(tests, the_any_address_of_ipv6_serves_ipv4_too);
    tcase_add_test(tests, with_nobody_waiting_accept_says_so);
    tcase_add_test(tests, an_accepted_connection_is_ready_for_an_echo);
    tcase_add_test(tests, without_descriptors_the_caller_is_told_to_pause);
    tcase_add_test(tests, a_stopped_listener_refuses_in_every_process_that_has_it);
    tcase_add_test(tests, a_stopped_listener_listens_again_at_the_port_that_was_asked_for);
    tcase_add_test(tests, a_listener_of_somebody_else_becomes_one_of_ours);
    tcase_add_test(tests, what_does_not_listen_is_not_adopted);
    tcase_add_test(tests, two_descriptors_of_one_socket_are_known_as_such);
    tcase_add_test(tests, a_connection_can_be_made);
    tcase_add_test(tests, where_nobody_listens_the_reason_is_told);
    tcase_add_test(tests, an_address_that_cannot_be_connected_to_is_named);
    tcase_add_test(tests, bytes_move);
    tcase_add_test(tests, a_full_socket_takes_nothing);
    tcase_add_test(tests, a_finished_direction_ends_and_the_other_goes_on);
    tcase_add_test(tests, a_reset_of_the_peer_fails_with_its_reason);
    tcase_add_test(tests, a_close_is_an_end_and_no_reset);
    tcase_add_test(tests, sending_to_nobody_fails_without_a_signal);
    tcase_add_test(tests, closing_nothing_is_fine);
}

int main(void)
{
    return suite_run("socket", add, setup, teardown);
}
