/* When a reload begins, and how often it is told how it ended; nobody is forked. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/clock.h"
#include "daemon/reload.h"
#include "suite.h"

#define LATER_MS 30000

static struct supervisor *supervisor;
static struct generation *one, *two;
static char lines[4096];

static void keep_line(void *ignored, const char *line, size_t len)
{
    (void)ignored;
    (void)snprintf(lines + strlen(lines), sizeof lines - strlen(lines), "%.*s", (int)len, line);
}

static void setup(void)
{
    supervisor = calloc(1, sizeof *supervisor);
    ck_assert_ptr_nonnull(supervisor);
    supervisor->board = board_new();
    ck_assert_ptr_nonnull(supervisor->board);
    supervisor->log = (struct log){.level = SECHO_LEVEL_INFO, .sink = keep_line};
    supervisor->is_served = true;
    supervisor->due_ms = clock_now_ms() + LATER_MS;
    generations_init(&supervisor->generations);
    steward_init(&supervisor->steward);
    one = generations_add(&supervisor->generations);
    two = generations_add(&supervisor->generations);
    lines[0] = '\0';
}

static void teardown(void)
{
    board_free(supervisor->board);
    free(supervisor);
}

/* How often this is in the log. */
static size_t told(const char *event)
{
    size_t count = 0;

    for (const char *at = lines; (at = strstr(at, event)) != NULL; at++) {
        count++;
    }
    return count;
}

static void assert_counted(uint64_t ok, uint64_t failed)
{
    ck_assert_uint_eq(atomic_load(&supervisor->board->reloads_ok), ok);
    ck_assert_uint_eq(atomic_load(&supervisor->board->reloads_failed), failed);
    ck_assert_uint_eq(told(" reload "), ok);
    ck_assert_uint_eq(told(" reload_failed "), failed);
}

/* ---- when ---- */

START_TEST(it_begins_beside_the_one_that_serves)
{
    one->state = GENERATION_SERVES;
    two->state = GENERATION_FREE;
    ck_assert(!reload_is_due(supervisor));
    supervisor->wants_reload = true;
    ck_assert(reload_is_due(supervisor));
    ck_assert(!reload_is_due(supervisor)); /* once */
}
END_TEST

START_TEST(while_another_one_runs_it_waits)
{
    one->state = GENERATION_SERVES;
    supervisor->wants_reload = true; /* and two loads */
    ck_assert(!reload_is_due(supervisor));
    one->state = GENERATION_RETIRES;
    one->leaves = true;
    two->state = GENERATION_SERVES;
    ck_assert(!reload_is_due(supervisor));
    one->leaves = false;
    ck_assert(reload_is_due(supervisor));
}
END_TEST

START_TEST(while_nobody_serves_the_next_leader_is_due_at_once)
{
    one->state = GENERATION_DRAINS;
    two->state = GENERATION_FREE;
    ck_assert(!reload_is_due(supervisor));
    ck_assert_int_gt(supervisor->due_ms, clock_now_ms()); /* nobody has asked */
    supervisor->wants_reload = true;
    ck_assert(!reload_is_due(supervisor)); /* that one, no other */
    ck_assert_int_le(supervisor->due_ms, clock_now_ms());
    ck_assert(!supervisor->wants_reload);
    ck_assert(supervisor->reload_is_asked);
}
END_TEST

START_TEST(what_served_before_is_tried_first)
{
    one->state = GENERATION_DRAINS;
    two->state = GENERATION_FREE;
    supervisor->falls_back = true;
    supervisor->wants_reload = true;
    ck_assert(!reload_is_due(supervisor));
    ck_assert(supervisor->falls_back);
    ck_assert(supervisor->wants_reload);
}
END_TEST

/* ---- how it ended ---- */

START_TEST(it_is_over_when_nobody_else_lets_anybody_in)
{
    one->state = GENERATION_SERVES;
    reload_begins(supervisor);
    reload_may_be_over(supervisor); /* it loads */
    assert_counted(0, 0);
    one->state = GENERATION_RETIRES;
    one->leaves = true;
    two->state = GENERATION_SERVES;
    reload_may_be_over(supervisor);
    assert_counted(0, 0);
    one->leaves = false;
    reload_may_be_over(supervisor);
    assert_counted(1, 0);
    reload_may_be_over(supervisor); /* another old one ends */
    assert_counted(1, 0);
}
END_TEST

START_TEST(one_whose_leader_died_is_told_when_another_serves)
{
    one->state = GENERATION_RETIRES;
    one->leaves = true;
    two->state = GENERATION_SERVES;
    supervisor->reload_runs = true;
    two->state = GENERATION_DRAINS;
    one->leaves = false;
    reload_may_be_over(supervisor);
    assert_counted(0, 0);
    struct generation *three = generations_add(&supervisor->generations);

    reload_begins(supervisor);
    three->state = GENERATION_SERVES;
    reload_may_be_over(supervisor);
    assert_counted(1, 0);
}
END_TEST

START_TEST(one_that_loads_when_the_leader_dies_goes_on)
{
    one->state = GENERATION_SERVES;
    supervisor->steward.offered.type = MESSAGE_ADMIN; /* by two */
    reload_begins(supervisor);
    succession_end(supervisor, one, SIGKILL);
    assert_counted(0, 0);
    ck_assert_int_eq(supervisor->steward.offered.type, MESSAGE_ADMIN);
    two->state = GENERATION_SERVES;
    reload_may_be_over(supervisor);
    assert_counted(1, 0);
}
END_TEST

START_TEST(what_a_leader_offered_that_died_before_it_was_over_is_forgotten)
{
    one->state = GENERATION_RETIRES;
    one->leaves = true;
    two->state = GENERATION_SERVES;
    supervisor->steward.offered.type = MESSAGE_ADMIN;
    supervisor->reload_runs = true;
    succession_end(supervisor, two, SIGKILL);
    ck_assert_int_ne(supervisor->steward.offered.type, MESSAGE_ADMIN);
    ck_assert(supervisor->reload_runs);
}
END_TEST

START_TEST(one_that_failed_is_told_once)
{
    one->state = GENERATION_SERVES;
    reload_begins(supervisor);
    reload_failed(supervisor, &(struct standing_reload){.status = EX_CONFIG, .why = "why"}, "why");
    two->state = GENERATION_DRAINS;
    reload_may_be_over(supervisor);
    reload_give_up(supervisor);
    assert_counted(0, 1);
}
END_TEST

START_TEST(a_drain_refuses_what_is_wanted_and_gives_up_what_runs)
{
    one->state = GENERATION_SERVES;
    reload_begins(supervisor);
    supervisor->draining = true;
    supervisor->wants_reload = true;
    ck_assert(!reload_is_due(supervisor));
    assert_counted(0, 0); /* first the one that runs */
    reload_give_up(supervisor);
    assert_counted(0, 1);
    ck_assert(!reload_is_due(supervisor));
    ck_assert(!reload_is_due(supervisor));
    assert_counted(0, 2);
}
END_TEST

START_TEST(one_that_has_not_begun_is_given_up_as_well)
{
    one->state = GENERATION_DRAINS;
    two->state = GENERATION_FREE;
    supervisor->wants_reload = true;
    ck_assert(!reload_is_due(supervisor));
    reload_give_up(supervisor);
    reload_give_up(supervisor);
    assert_counted(0, 1);
}
END_TEST

START_TEST(a_start_is_no_reload)
{
    supervisor->is_served = false;
    reload_begins(supervisor);
    one->state = GENERATION_SERVES;
    two->state = GENERATION_FREE;
    reload_may_be_over(supervisor);
    reload_give_up(supervisor);
    assert_counted(0, 0);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, it_begins_beside_the_one_that_serves);
    tcase_add_test(tests, while_another_one_runs_it_waits);
    tcase_add_test(tests, while_nobody_serves_the_next_leader_is_due_at_once);
    tcase_add_test(tests, what_served_before_is_tried_first);
    tcase_add_test(tests, it_is_over_when_nobody_else_lets_anybody_in);
    tcase_add_test(tests, one_whose_leader_died_is_told_when_another_serves);
    tcase_add_test(tests, one_that_loads_when_the_leader_dies_goes_on);
    tcase_add_test(tests, what_a_leader_offered_that_died_before_it_was_over_is_forgotten);
    tcase_add_test(tests, one_that_failed_is_told_once);
    tcase_add_test(tests, a_drain_refuses_what_is_wanted_and_gives_up_what_runs);
    tcase_add_test(tests, one_that_has_not_begun_is_given_up_as_well);
    tcase_add_test(tests, a_start_is_no_reload);
}

int main(void)
{
    return suite_run("reload", add, setup, teardown);
}
