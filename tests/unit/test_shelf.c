/* The listening sockets, as the supervisor keeps them from leader to leader. */
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "daemon/shelf.h"
#include "loopback.h"
#include "net/socket.h"
#include "suite.h"

static struct shelf shelf;

static void setup(void)
{
    shelf = (struct shelf){0};
}

static void teardown(void)
{
    shelf_done(&shelf);
}

static void put(int fd, uint32_t slot)
{
    const struct message message = {.type = MESSAGE_SOCKET, .slot = slot, .listener = "main"};

    shelf_put(&shelf, &message, fd);
}

static void give_up(void *ignored, const struct shelf_item *item)
{
    (void)ignored;
    socket_stop(item->fd);
}

/* Does anybody listen there? */
static bool answers(const struct address *address)
{
    int fd = loopback_connect(address);

    if (fd == -1) {
        ck_assert_int_eq(errno, ECONNREFUSED);
        return false;
    }
    close(fd);
    return true;
}

START_TEST(what_is_put_is_kept_with_its_name_and_slot)
{
    struct address address;
    int fd = loopback_listen(&address);

    put(fd, 5);
    ck_assert_uint_eq(shelf.count, 1);
    ck_assert_int_eq(shelf.items[0].fd, fd);
    ck_assert_uint_eq(shelf.items[0].message.slot, 5);
    ck_assert_str_eq(shelf.items[0].message.listener, "main");
}
END_TEST

START_TEST(a_message_without_a_descriptor_is_not_kept_and_is_missed)
{
    ck_assert(!shelf.lacks);
    put(-1, 0);
    ck_assert_uint_eq(shelf.count, 0);
    ck_assert(shelf.lacks);
    shelf_forget(&shelf); /* the next leader begins anew */
    ck_assert(!shelf.lacks);
}
END_TEST

START_TEST(a_shelf_that_lacks_a_socket_gives_up_none)
{
    struct address first, second;

    put(loopback_listen(&first), 0);
    put(loopback_listen(&second), 1);
    shelf_settle(&shelf, give_up, NULL);
    put(dup(shelf.items[0].fd), 0);
    put(-1, 1);
    shelf_settle(&shelf, give_up, NULL);
    ck_assert(answers(&first));
    ck_assert(answers(&second));
    ck_assert_uint_eq(shelf.settled, shelf.count);
    ck_assert(!shelf.lacks);
}
END_TEST

START_TEST(what_the_leader_handed_up_stays_and_the_rest_refuses)
{
    struct address wanted, unwanted, fresh;
    int a = loopback_listen(&wanted);

    put(a, 0);
    put(loopback_listen(&unwanted), 1);
    shelf_settle(&shelf, give_up, NULL); /* the first leader serves on both */
    ck_assert_uint_eq(shelf.count, 2);
    ck_assert(answers(&wanted) && answers(&unwanted));

    put(dup(a), 0); /* the second one hands the same socket up again, and one of its own */
    put(loopback_listen(&fresh), 1);
    ck_assert_uint_eq(shelf.count, 4);
    shelf_settle(&shelf, give_up, NULL);
    ck_assert_uint_eq(shelf.count, 2);
    ck_assert_uint_eq(shelf.settled, 2);
    ck_assert(answers(&wanted));
    ck_assert(answers(&fresh));
    ck_assert(!answers(&unwanted));
}
END_TEST

START_TEST(a_connection_that_waits_in_a_queue_survives_the_change_of_leader)
{
    struct address address, peer;
    int listener = loopback_listen(&address), fd = -1;

    put(listener, 0);
    shelf_settle(&shelf, give_up, NULL);
    int client = loopback_connect(&address);

    put(dup(listener), 0);
    shelf_settle(&shelf, give_up, NULL);
    ck_assert(loopback_wait(shelf.items[0].fd, POLLIN));
    ck_assert_int_eq(socket_accept(shelf.items[0].fd, &fd, &peer), ACCEPTED);
    close(fd);
    close(client);
}
END_TEST

START_TEST(a_removed_socket_refuses_although_another_process_holds_it)
{
    struct address address;
    int listener = loopback_listen(&address), elsewhere = dup(listener);

    put(listener, 0);
    shelf_settle(&shelf, give_up, NULL);
    shelf_settle(&shelf, give_up, NULL); /* the next leader wants none */
    ck_assert_uint_eq(shelf.count, 0);
    ck_assert(!answers(&address));
    close(elsewhere);
}
END_TEST

START_TEST(a_leader_that_never_served_leaves_everything_as_it_was)
{
    struct address before, failed;
    int listener = loopback_listen(&before);

    put(listener, 0);
    shelf_settle(&shelf, give_up, NULL);
    put(dup(listener), 0);
    put(loopback_listen(&failed), 1);
    shelf_forget(&shelf);
    ck_assert_uint_eq(shelf.count, 1);
    ck_assert(answers(&before));
    ck_assert(!answers(&failed));
}
END_TEST

START_TEST(stopping_refuses_on_all)
{
    struct address one, two;

    put(loopback_listen(&one), 0);
    put(loopback_listen(&two), 1);
    shelf_stop(&shelf);
    ck_assert(!answers(&one));
    ck_assert(!answers(&two));
    ck_assert_uint_eq(shelf.count, 2);
}
END_TEST

START_TEST(one_that_is_lent_is_from_before_the_first_leader_and_never_stopped)
{
    const struct message lent = {.type = MESSAGE_SOCKET, .listener = "main", .lent = true};
    struct address address;

    shelf_lend(&shelf, &lent, loopback_listen(&address));
    ck_assert_uint_eq(shelf.settled, 1);
    shelf_forget(&shelf); /* a leader that never served */
    ck_assert_uint_eq(shelf.count, 1);
    shelf_stop(&shelf);
    ck_assert(answers(&address));
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, what_is_put_is_kept_with_its_name_and_slot);
    tcase_add_test(tests, a_message_without_a_descriptor_is_not_kept_and_is_missed);
    tcase_add_test(tests, a_shelf_that_lacks_a_socket_gives_up_none);
    tcase_add_test(tests, what_the_leader_handed_up_stays_and_the_rest_refuses);
    tcase_add_test(tests, a_connection_that_waits_in_a_queue_survives_the_change_of_leader);
    tcase_add_test(tests, a_removed_socket_refuses_although_another_process_holds_it);
    tcase_add_test(tests, a_leader_that_never_served_leaves_everything_as_it_was);
    tcase_add_test(tests, stopping_refuses_on_all);
    tcase_add_test(tests, one_that_is_lent_is_from_before_the_first_leader_and_never_stopped);
}

int main(void)
{
    return suite_run("shelf", add, setup, teardown);
}
