/* Leaders that are to serve: those that get on are left alone, however long it takes. */
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "daemon/stuck.h"
#include "suite.h"

#define BLOCK 2

/* Each look counts for so much, as if the last one were that long ago. */
#define LOOK_MS (2 * WATCHDOG_LOOK_MS)
#define LOOKS   (STUCK_LOAD_MS / LOOK_MS)

static struct supervisor supervisor;
static struct generation *generation;
static _Atomic int64_t *got_on_ms;
static char said[4096];

static void keep_line(void *context, const char *line, size_t len)
{
    ck_assert_ptr_eq(context, said);
    ck_assert_uint_lt(len, sizeof said);
    memcpy(said, line, len);
    said[len] = '\0';
}

static void setup(void)
{
    pid_t pid = fork();

    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG,
                    SIGKILL); /* a test that fails does not come to the teardown */
        for (;;) {
            (void)pause();
        }
    }
    ck_assert_int_gt(pid, 0);
    said[0] = '\0';
    supervisor =
        (struct supervisor){.watchdog.stuck_ms = STUCK_OTHERS_MS,
                            .patience.stuck_ms = STUCK_LOAD_MS,
                            .counters = counters_new(),
                            .log = {.level = SECHO_LEVEL_INFO, .sink = keep_line, .context = said}};
    ck_assert_ptr_nonnull(supervisor.counters);
    generation = &supervisor.generations.all[BLOCK];
    *generation =
        (struct generation){.state = GENERATION_LOADS, .number = 7, .leader = pid, .born_ms = 1000};
    got_on_ms = &supervisor.counters->generations[BLOCK].leader_got_on_ms;
}

static void teardown(void)
{
    if (generation->leader > 0) {
        (void)kill(generation->leader, SIGKILL);
        (void)waitpid(generation->leader, NULL, 0);
    }
    counters_free(supervisor.counters);
}

static void look(void)
{
    supervisor.watchdog.looked_ms = clock_now_ms() - LOOK_MS;
    supervisor.patience.looked_ms = supervisor.watchdog.looked_ms;
    stuck_others(&supervisor);
}

static bool is_killed(void)
{
    return generation->killed_for != NULL;
}

START_TEST(a_leader_that_gets_on_is_not_stuck_however_long_it_loads)
{
    for (int i = 0; i < 20 * LOOKS; i++) {
        if (i % (LOOKS - 1) == 0) { /* one step, each time when it was about to be too late */
            atomic_store(got_on_ms, 2000 + i);
        }
        look();
        ck_assert_msg(!is_killed(), "at look %d: %s", i, said);
    }
}
END_TEST

/* From its birth, or from its latest step. */
static void is_killed_after_a_minute(void)
{
    int status, looks = 0;

    while (!is_killed()) {
        look();
        ck_assert_int_le(++looks, LOOKS + 1); /* the first look only learns where it is */
    }
    ck_assert_int_ge(looks, LOOKS);
    ck_assert_ptr_nonnull(strstr(said, "leader_stuck"));
    ck_assert_ptr_nonnull(strstr(said, "does not get on with loading"));
    ck_assert_int_eq(waitpid(generation->leader, &status, 0), generation->leader);
    generation->leader = 0;
    ck_assert(WIFSIGNALED(status));
    ck_assert_int_eq(WTERMSIG(status), SIGKILL);
}

START_TEST(one_that_makes_no_step_is_killed)
{
    is_killed_after_a_minute();
}
END_TEST

START_TEST(so_is_one_that_hangs_in_a_later_step)
{
    for (int i = 0; i < 3 * LOOKS; i++) {
        atomic_store(got_on_ms, 2000 + i);
        look();
    }
    ck_assert(!is_killed());
    is_killed_after_a_minute();
}
END_TEST

START_TEST(the_steps_of_an_earlier_leader_are_not_its_own)
{
    atomic_store(got_on_ms, generation->born_ms - 1);
    look();
    atomic_store(got_on_ms, generation->born_ms - 2);
    is_killed_after_a_minute(); /* what it did not write does not count */
}
END_TEST

START_TEST(who_serves_makes_no_steps_any_more)
{
    generation->state = GENERATION_SERVES;
    for (int i = 0; i < 3 * LOOKS; i++) {
        atomic_store(&supervisor.counters->generations[BLOCK].leader_turned_ms, 2000 + i);
        look();
        ck_assert_msg(!is_killed(), "%s", said);
    }
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, a_leader_that_gets_on_is_not_stuck_however_long_it_loads);
    tcase_add_test(tests, one_that_makes_no_step_is_killed);
    tcase_add_test(tests, so_is_one_that_hangs_in_a_later_step);
    tcase_add_test(tests, the_steps_of_an_earlier_leader_are_not_its_own);
    tcase_add_test(tests, who_serves_makes_no_steps_any_more);
}

int main(void)
{
    return suite_run("stuck", add, setup, teardown);
}
