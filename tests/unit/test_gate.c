/* Where connections come in: the slots of all listeners, as one worker watches them. */
#include <poll.h>

#include "loopback.h"
#include "net/socket.h"
#include "server/gate.h"
#include "suite.h"

static uv_loop_t loop;
static struct address address;
static int slot;
static struct listener listener;
static struct service service;
static struct log log_nowhere;
static struct gates gates;
static int arrived;

static void take(void *context, const struct listener *at, int fd, const struct address *peer)
{
    (void)context, (void)peer;
    ck_assert_ptr_eq(at, &listener);
    socket_close(fd);
    arrived++;
}

static bool room, can_make_room;
static int made_room;

static bool has_room(void *context)
{
    (void)context;
    return room;
}

static bool make_room(void *context)
{
    (void)context;
    made_room++;
    return can_make_room;
}

static void setup(void)
{
    room = true;
    can_make_room = false;
    made_room = 0;
    slot = loopback_listen(&address);
    listener = (struct listener){.address = address, .slots = &slot};
    service = (struct service){.listeners = &listener, .listener_count = 1, .slot_count = 1};
    gates = (struct gates){.loop = &loop,
                           .service = &service,
                           .log = &log_nowhere,
                           .arrival = take,
                           .has_room = has_room,
                           .make_room = make_room};
    arrived = 0;
    ck_assert_int_eq(uv_loop_init(&loop), 0);
    ck_assert_int_eq(gates_init(&gates), 0);
}

static void close_handle(uv_handle_t *handle, void *ignored)
{
    (void)ignored;
    uv_close(handle, NULL);
}

static void teardown(void)
{
    uv_walk(&loop, close_handle, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
    gates_done(&gates);
    socket_close(slot);
}

static void somebody_comes(void)
{
    socket_close(loopback_connect(&address));
    ck_assert(loopback_wait(slot, POLLIN));
}

START_TEST(who_comes_to_a_watched_slot_is_accepted)
{
    gates_watch(&gates, 0, true);
    somebody_comes();
    uv_run(&loop, UV_RUN_NOWAIT);
    ck_assert_int_eq(arrived, 1);
}
END_TEST

START_TEST(who_comes_to_one_that_is_not_watched_stays_in_its_queue)
{
    gates_watch(&gates, 0, true);
    gates_watch(&gates, 0, false);
    somebody_comes();
    uv_run(&loop, UV_RUN_NOWAIT);
    ck_assert_int_eq(arrived, 0);
    ck_assert(loopback_wait(slot, POLLIN));
}
END_TEST

START_TEST(refusing_takes_first_who_has_queued)
{
    gates_watch(&gates, 0, true);
    somebody_comes();
    gates_refuse(&gates);
    ck_assert_int_eq(arrived, 1);
    ck_assert_int_eq(loopback_connect(&address), -1);
}
END_TEST

START_TEST(a_slot_that_another_worker_stopped_is_not_asked_for_ever)
{
    gates_watch(&gates, 0, true);
    ck_assert(uv_loop_alive(&loop));
    socket_stop(slot);
    uv_run(&loop, UV_RUN_NOWAIT);
    ck_assert(!uv_loop_alive(&loop)); /* watching it, the loop would spin: it is always readable */
}
END_TEST

START_TEST(when_there_is_no_room_nobody_is_accepted_until_there_is)
{
    room = false;
    gates_watch(&gates, 0, true);
    somebody_comes();
    uv_run(&loop, UV_RUN_NOWAIT);
    ck_assert_int_eq(arrived, 0);
    ck_assert(loopback_wait(slot, POLLIN)); /* he waits in the kernel */
    room = true;
    gates_resume(&gates);
    uv_run(&loop, UV_RUN_NOWAIT);
    ck_assert_int_eq(arrived, 1);
}
END_TEST

START_TEST(room_is_made_for_who_waits_and_for_nobody_else)
{
    room = false;
    can_make_room = true;
    gates_watch(&gates, 0, true);
    uv_run(&loop, UV_RUN_NOWAIT);
    ck_assert_int_eq(made_room, 0);
    somebody_comes();
    uv_run(&loop, UV_RUN_NOWAIT);
    ck_assert_int_eq(arrived, 1);
    ck_assert_int_eq(made_room, 1);
}
END_TEST

START_TEST(after_a_while_it_looks_for_room_by_itself)
{
    room = false;
    gates_watch(&gates, 0, true);
    somebody_comes();
    uv_run(&loop, UV_RUN_NOWAIT);
    room = true;
    while (arrived == 0) {
        uv_run(&loop, UV_RUN_ONCE);
    }
    ck_assert_int_eq(arrived, 1);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, who_comes_to_a_watched_slot_is_accepted);
    tcase_add_test(tests, who_comes_to_one_that_is_not_watched_stays_in_its_queue);
    tcase_add_test(tests, refusing_takes_first_who_has_queued);
    tcase_add_test(tests, a_slot_that_another_worker_stopped_is_not_asked_for_ever);
    tcase_add_test(tests, when_there_is_no_room_nobody_is_accepted_until_there_is);
    tcase_add_test(tests, room_is_made_for_who_waits_and_for_nobody_else);
    tcase_add_test(tests, after_a_while_it_looks_for_room_by_itself);
}

int main(void)
{
    return suite_run("gate", add, setup, teardown);
}
