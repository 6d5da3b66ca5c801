/* Which ClientHello was here before: nobody's early data is taken twice. */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "suite.h"
#include "tls/replay.h"

#define TAG   UINT64_C(0x123456789abcdef0)
#define WALL  INT64_C(1795000000000)
#define OPENS (BEGAN + REPLAY_PERIOD_MS)
#define BEGAN INT64_C(7000000)

static struct replay *window;

/* Both clocks, as long as nobody sets one. */
static struct replay_clocks at(int64_t even_ms)
{
    return (struct replay_clocks){.even_ms = even_ms, .wall_ms = WALL + even_ms};
}

static void setup(void)
{
    window = mmap(NULL, sizeof *window, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(window, MAP_FAILED);
    replay_begin(window, at(BEGAN));
}

static void teardown(void)
{
    munmap(window, sizeof *window);
}

static bool is_first(uint64_t tag, int64_t even_ms)
{
    return replay_is_first(window, tag, at(even_ms));
}

/* ---- once ---- */

START_TEST(a_tag_is_the_first_once)
{
    ck_assert(is_first(TAG, OPENS));
    ck_assert(!is_first(TAG, OPENS));
    ck_assert(!is_first(TAG, OPENS + 1));
    ck_assert(is_first(TAG + 1, OPENS));
    ck_assert(is_first(TAG ^ UINT64_C(1) << 63, OPENS));
}
END_TEST

START_TEST(a_tag_is_remembered_for_a_period_wherever_in_one_it_came)
{
    for (int64_t came = 0; came < 2 * REPLAY_PERIOD_MS; came += 500) {
        uint64_t tag = TAG + (uint64_t)came;

        ck_assert(is_first(tag, OPENS + came));
        ck_assert(!is_first(tag, OPENS + came + REPLAY_PERIOD_MS / 2));
        ck_assert(!is_first(tag, OPENS + came + REPLAY_PERIOD_MS));
    }
}
END_TEST

START_TEST(a_tag_is_forgotten_when_no_record_of_it_is_fresh_any_more)
{
    ck_assert(is_first(TAG, OPENS));
    ck_assert(is_first(TAG, OPENS + 2 * REPLAY_PERIOD_MS));
    ck_assert(!is_first(TAG, OPENS + 2 * REPLAY_PERIOD_MS));
}
END_TEST

START_TEST(whose_clock_was_read_earlier_sees_who_came_after_it)
{
    int64_t next = (OPENS / REPLAY_PERIOD_MS + 1) * REPLAY_PERIOD_MS; /* a period begins there */

    ck_assert(is_first(TAG, next));
    ck_assert(!is_first(TAG, next - 1));
}
END_TEST

START_TEST(the_tag_zero_is_a_tag_like_others)
{
    ck_assert(is_first(0, OPENS));
    ck_assert(!is_first(0, OPENS));
}
END_TEST

/* ---- when nothing is taken ---- */

START_TEST(nothing_is_taken_in_the_first_period)
{
    ck_assert(!is_first(TAG, BEGAN));
    ck_assert(!is_first(TAG, OPENS - 1));
    ck_assert(is_first(TAG, OPENS));
}
END_TEST

START_TEST(nothing_is_taken_by_a_window_that_did_not_begin)
{
    window->opens_ms = 0;
    ck_assert(!is_first(TAG, OPENS));
}
END_TEST

START_TEST(nothing_is_taken_for_a_period_after_the_wall_clock_was_set)
{
    static const int64_t set_by_ms[] = {-3600000, -1001, 1001, 3600000};
    struct replay_clocks now = at(OPENS);

    now.wall_ms += set_by_ms[_i];
    ck_assert(!replay_is_first(window, TAG, now));
    now.even_ms += REPLAY_PERIOD_MS - 1;
    now.wall_ms += REPLAY_PERIOD_MS - 1;
    ck_assert(!replay_is_first(window, TAG, now));
    now.even_ms++;
    now.wall_ms++;
    ck_assert(replay_is_first(window, TAG, now));
}
END_TEST

START_TEST(a_second_that_is_put_in_changes_nothing)
{
    struct replay_clocks now = at(OPENS);

    now.wall_ms -= 1000;
    ck_assert(replay_is_first(window, TAG, now));
    ck_assert(!replay_is_first(window, TAG, now));
}
END_TEST

/* ---- room ---- */

/* Tags that look for a place at the same cell. */
static uint64_t neighbour(uint64_t i)
{
    return TAG + (i << 20);
}

START_TEST(without_room_nobody_is_the_first_until_there_is_room_again)
{
    for (uint64_t i = 0; i < REPLAY_PROBES; i++) {
        ck_assert(is_first(neighbour(i), OPENS));
    }
    ck_assert(!is_first(neighbour(REPLAY_PROBES), OPENS));
    ck_assert(!is_first(neighbour(0), OPENS));       /* nobody was driven out */
    ck_assert(is_first(TAG + REPLAY_PROBES, OPENS)); /* elsewhere there is room */
    ck_assert(is_first(neighbour(REPLAY_PROBES), OPENS + 2 * REPLAY_PERIOD_MS));
}
END_TEST

START_TEST(places_go_round_at_the_end_of_the_table)
{
    uint64_t last = (UINT64_C(5) << 20) + REPLAY_CELLS - 1;

    ck_assert(is_first(last, OPENS));
    ck_assert(is_first(last + (UINT64_C(1) << 20), OPENS)); /* its place is the first of all */
    ck_assert(!is_first(last, OPENS));
    ck_assert(!is_first(last + (UINT64_C(1) << 20), OPENS));
    ck_assert_uint_ne(window->cells[0], 0);
}
END_TEST

START_TEST(a_table_that_was_full_long_ago_is_in_nobodys_way)
{
    const int64_t half_a_year = REPLAY_PERIOD_MS << 20;
    static const int64_t periods_later[] = {2, 3, 1000, 1 << 19, (1 << 19) + 1, (1 << 20) - 2};

    for (uint64_t i = 0; i < REPLAY_PROBES; i++) {
        ck_assert(is_first(neighbour(i), OPENS));
    }
    ck_assert(is_first(neighbour(99), OPENS + periods_later[_i] * REPLAY_PERIOD_MS));
    ck_assert_int_lt(periods_later[_i] * REPLAY_PERIOD_MS, half_a_year);
}
END_TEST

/* ---- many at once ---- */

#define THREADS 4
#ifdef SECHO_SANITIZED /* each round takes ten times as long there */
#define ROUNDS 5000
#else
#define ROUNDS 20000
#endif

struct racer {
    _Atomic uint64_t *arrived; /* all that came to the starts so far */
    int64_t even_ms;
    unsigned *won; /* of each round */
};

/* Spins, to leave at the same time as the others; but not for long: there may be one CPU. */
static void wait_for_all(_Atomic uint64_t *arrived, uint64_t count)
{
    atomic_fetch_add(arrived, 1);
    for (int i = 0; atomic_load(arrived) < count; i++) {
        if (i > 1000) {
            sched_yield();
        }
    }
}

static void *race(void *arg)
{
    struct racer *racer = arg;

    for (uint64_t i = 0; i < ROUNDS; i++) {
        wait_for_all(racer->arrived, (i + 1) * THREADS);
        if (is_first(TAG + i * 7, racer->even_ms)) {
            __atomic_fetch_add(&racer->won[i], 1, __ATOMIC_RELAXED);
        }
    }
    return NULL;
}

/* The clocks of odd racers are `ahead_ms` ahead. */
static void hold_race(int64_t from_ms, int64_t ahead_ms, unsigned won[ROUNDS])
{
    _Atomic uint64_t arrived = 0;
    pthread_t threads[THREADS];
    struct racer racers[THREADS];

    for (int i = 0; i < THREADS; i++) {
        racers[i] = (struct racer){&arrived, from_ms + (i % 2 == 1 ? ahead_ms : 0), won};
        ck_assert_int_eq(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
}

START_TEST(of_many_at_once_exactly_one_is_the_first)
{
    unsigned won[ROUNDS] = {0};

    hold_race(OPENS, 0, won);
    for (int i = 0; i < ROUNDS; i++) {
        ck_assert_msg(won[i] == 1, "round %d: %u", i, won[i]);
    }
}
END_TEST

/*
 * Where all places are taken by cells that are old for one half and alive for the other, both see
 * another place free: two may even refuse each other, but never are both the first.
 */
START_TEST(at_the_turn_of_a_period_never_more_than_one_is_the_first)
{
    int64_t turn = (OPENS / REPLAY_PERIOD_MS + 2) * REPLAY_PERIOD_MS;
    unsigned won[ROUNDS] = {0};

    for (uint64_t cell = 0; cell < REPLAY_CELLS; cell += 2) {
        window->cells[cell] =
            UINT64_C(77) << 20 | ((uint64_t)(turn / REPLAY_PERIOD_MS - 2) & (REPLAY_CELLS - 1));
    }
    hold_race(turn - 1, 1, won);
    for (int i = 0; i < ROUNDS; i++) {
        ck_assert_msg(won[i] <= 1, "round %d: %u", i, won[i]);
    }
}
END_TEST

/* ---- processes ---- */

START_TEST(what_another_process_has_taken_is_known_here)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        _exit(is_first(TAG, OPENS) ? 7 : 8);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(WEXITSTATUS(status), 7);
    ck_assert(!is_first(TAG, OPENS));
}
END_TEST

START_TEST(a_process_that_is_killed_in_the_middle_blocks_nobody)
{
    int status = 0, ready[2];
    char byte;
    pid_t child;

    ck_assert_int_eq(pipe(ready), 0);
    child = fork();
    if (child == 0) {
        for (uint64_t i = 0;; i++) {
            bool first = is_first(TAG + i, OPENS);

            if (i == 1000) {
                (void)!write(ready[1], &first, 1);
            }
        }
    }
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    kill(child, SIGKILL);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status));
    for (uint64_t i = 0; i < 1000; i++) {
        ck_assert(!is_first(TAG + i, OPENS));
        ck_assert(is_first(TAG + i, OPENS + 2 * REPLAY_PERIOD_MS));
    }
    close(ready[0]);
    close(ready[1]);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, a_tag_is_the_first_once);
    tcase_add_test(tests, a_tag_is_remembered_for_a_period_wherever_in_one_it_came);
    tcase_add_test(tests, a_tag_is_forgotten_when_no_record_of_it_is_fresh_any_more);
    tcase_add_test(tests, whose_clock_was_read_earlier_sees_who_came_after_it);
    tcase_add_test(tests, the_tag_zero_is_a_tag_like_others);
    tcase_add_test(tests, nothing_is_taken_in_the_first_period);
    tcase_add_test(tests, nothing_is_taken_by_a_window_that_did_not_begin);
    tcase_add_loop_test(tests, nothing_is_taken_for_a_period_after_the_wall_clock_was_set, 0, 4);
    tcase_add_test(tests, a_second_that_is_put_in_changes_nothing);
    tcase_add_test(tests, without_room_nobody_is_the_first_until_there_is_room_again);
    tcase_add_test(tests, places_go_round_at_the_end_of_the_table);
    tcase_add_loop_test(tests, a_table_that_was_full_long_ago_is_in_nobodys_way, 0, 6);
    tcase_add_test(tests, of_many_at_once_exactly_one_is_the_first);
    tcase_add_test(tests, at_the_turn_of_a_period_never_more_than_one_is_the_first);
    tcase_add_test(tests, what_another_process_has_taken_is_known_here);
    tcase_add_test(tests, a_process_that_is_killed_in_the_middle_blocks_nobody);
}

int main(void)
{
    return suite_run("replay", add, setup, teardown);
}
