/* What is no success though no connection failed. */
#include <string.h>

#include "bench/judge.h"
#include "suite.h"

static struct result result;

static void setup(void)
{
    memset(&result, 0, sizeof result);
    result.plan.way.host = "localhost";
    result.plan.mode = PLAN_STREAM;
    result.measured_s = 1;
    result.tally.bytes = 1;
}

START_TEST(a_window_in_which_something_came_back_is_a_success)
{
    judge_result(&result);
    ck_assert(!result.failure.happened);
}
END_TEST

START_TEST(a_window_without_a_byte_is_none)
{
    result.tally.bytes = 0;
    judge_result(&result);
    ck_assert(result.failure.happened);
    ck_assert_int_eq(result.failure.exit, EXIT_TIMEOUT);
    ck_assert_ptr_nonnull(strstr(result.failure.why, "not one byte"));
}
END_TEST

START_TEST(where_nothing_is_due_nothing_must_come)
{
    result.tally.bytes = 0;
    result.plan.mode = PLAN_IDLE;
    judge_result(&result);
    ck_assert(!result.failure.happened);
    result.plan.mode = PLAN_ECHO;
    result.plan.rate = 0.001;
    judge_result(&result);
    ck_assert(!result.failure.happened);
}
END_TEST

START_TEST(who_was_interrupted_before_the_first_byte_has_measured_nothing)
{
    result.tally.bytes = 0;
    result.interrupted = true;
    judge_result(&result);
    ck_assert(!result.failure.happened);
    ck_assert(result.measured_s <= 0);
}
END_TEST

START_TEST(messages_that_never_came_back_are_no_success)
{
    result.plan.mode = PLAN_ECHO;
    result.plan.rate = 5;
    result.tally.begun = 9;
    result.tally.unanswered = 4;
    judge_result(&result);
    ck_assert_int_eq(result.failure.exit, EXIT_TIMEOUT);
    ck_assert_ptr_nonnull(strstr(result.failure.why, "4 of the 9 messages"));
    ck_assert_ptr_nonnull(strstr(result.failure.advice, "--rate"));
}
END_TEST

START_TEST(the_first_failure_stays_the_reason)
{
    result.failure.happened = true;
    result.failure.exit = EXIT_BYTES;
    result.tally.unanswered = 4;
    judge_result(&result);
    ck_assert_int_eq(result.failure.exit, EXIT_BYTES);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, a_window_in_which_something_came_back_is_a_success);
    tcase_add_test(tests, a_window_without_a_byte_is_none);
    tcase_add_test(tests, where_nothing_is_due_nothing_must_come);
    tcase_add_test(tests, who_was_interrupted_before_the_first_byte_has_measured_nothing);
    tcase_add_test(tests, messages_that_never_came_back_are_no_success);
    tcase_add_test(tests, the_first_failure_stays_the_reason);
}

int main(void)
{
    return suite_run("bench judge", add, setup, NULL);
}
