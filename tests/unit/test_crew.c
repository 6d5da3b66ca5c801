/* The workers of a generation: who lives, who is due to be born, who watches which slot. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "daemon/crew.h"
#include "suite.h"

static struct crew crew;
static int lines[CREW_MAX]; /* the children's ends */

static void setup(void)
{
    crew_init(&crew, 3, 2);
    for (int i = 0; i < 3; i++) {
        lines[i] = -1;
    }
}

static void teardown(void)
{
    for (size_t i = 0; i < 3; i++) {
        if (crew.children[i].channel != -1) {
            close(crew.children[i].channel);
        }
        if (lines[i] != -1) {
            close(lines[i]);
        }
    }
}

static void give_birth(size_t index)
{
    int ends[2];

    if (lines[index] != -1) {
        close(lines[index]);
    }
    ck_assert_int_eq(message_channel(ends), 0);
    lines[index] = ends[1];
    crew_born(&crew, index, 1000 + (pid_t)index, ends[0]);
}

static void become_ready(size_t index)
{
    const struct message ready = {.type = MESSAGE_READY};

    ck_assert_int_eq(message_send(lines[index], &ready, -1), 0);
    crew_hear(&crew, index);
}

static void all_ready(void)
{
    for (size_t i = 0; i < 3; i++) {
        give_birth(i);
        become_ready(i);
    }
    crew_assign_slots(&crew);
}

/* What child `index` was told since it was last asked: "+2 -1 " and so on, "d " is drain. */
static const char *heard_by(size_t index)
{
    static char text[512];
    struct message message;
    int fd;

    text[0] = '\0';
    for (size_t used = 0; message_receive(lines[index], &message, &fd) == HEARD;
         used = strlen(text)) {
        if (message.type == MESSAGE_DRAIN) {
            snprintf(text + used, sizeof text - used, "d ");
        } else {
            snprintf(text + used, sizeof text - used, "%c%u ",
                     message.type == MESSAGE_WATCH ? '+' : '-', message.slot);
        }
    }
    return text;
}

/* ---- birth ---- */

START_TEST(all_are_due_at_the_beginning)
{
    ck_assert_uint_eq(crew_due(&crew), 0);
    ck_assert_int_eq(crew_next_birth_ms(&crew), 0);
    ck_assert(!crew_has_anybody(&crew));
    ck_assert(!crew_is_ready(&crew));
}
END_TEST

START_TEST(who_was_born_is_not_due_any_more)
{
    give_birth(0);
    ck_assert_uint_eq(crew_due(&crew), 1);
    ck_assert(crew_has_anybody(&crew));
    give_birth(1);
    give_birth(2);
    ck_assert_uint_eq(crew_due(&crew), CREW_NOBODY);
    ck_assert_int_eq(crew_next_birth_ms(&crew), -1);
}
END_TEST

START_TEST(a_child_is_found_by_its_pid)
{
    give_birth(0);
    give_birth(2);
    ck_assert_uint_eq(crew_find(&crew, 1002), 2);
    ck_assert_uint_eq(crew_find(&crew, 1001), CREW_NOBODY);
}
END_TEST

START_TEST(the_crew_is_ready_when_everyone_has_said_so)
{
    for (size_t i = 0; i < 3; i++) {
        give_birth(i);
        ck_assert(!crew_is_ready(&crew));
        become_ready(i);
    }
    ck_assert(crew_is_ready(&crew));
}
END_TEST

START_TEST(hearing_nothing_changes_nothing)
{
    give_birth(0);
    crew_hear(&crew, 0);
    ck_assert(!crew.children[0].ready);
    become_ready(0);
    crew_hear(&crew, 0);
    ck_assert(crew.children[0].ready);
}
END_TEST

/* ---- death ---- */

START_TEST(who_hangs_up_is_not_ready_but_still_has_a_pid)
{
    give_birth(0);
    become_ready(0);
    close(lines[0]);
    lines[0] = -1;
    crew_hear(&crew, 0);
    ck_assert(!crew.children[0].ready);
    ck_assert_int_eq(crew.children[0].channel, -1);
    ck_assert_uint_eq(crew_find(&crew, 1000), 0); /* until waitpid() */
}
END_TEST

START_TEST(a_successor_comes_later_each_time_that_one_dies_young)
{
    static const int64_t delays_ms[] = {0,    100,  200,   400,   800,   1600,
                                        3200, 6400, 12800, 25600, 30000, 30000};

    for (int i = 0; i < COUNT(delays_ms); i++) {
        give_birth(0);
        int64_t before = clock_now_ms();

        crew_buried(&crew, 0);
        int64_t after = clock_now_ms();

        ck_assert_int_ge(crew.children[0].due_ms, before + delays_ms[i]);
        ck_assert_int_le(crew.children[0].due_ms, after + delays_ms[i]);
    }
}
END_TEST

START_TEST(a_long_life_is_followed_at_once)
{
    give_birth(0);
    crew_buried(&crew, 0);
    give_birth(0);
    crew_buried(&crew, 0);
    ck_assert_int_gt(crew.children[0].delay_ms, 100);
    give_birth(0);
    crew.children[0].born_ms -= 10000;
    crew_buried(&crew, 0);
    ck_assert_int_le(crew.children[0].due_ms, clock_now_ms());
    ck_assert_uint_eq(crew_due(&crew), 0);
}
END_TEST

START_TEST(who_cannot_be_forked_is_tried_again_later)
{
    give_birth(1);
    give_birth(2);
    crew_postpone(&crew, 0);
    ck_assert_uint_eq(crew_due(&crew), 0); /* once at once */
    crew_postpone(&crew, 0);
    crew.children[0].due_ms = clock_now_ms() + 1000000;
    ck_assert_uint_eq(crew_due(&crew), CREW_NOBODY);
    int64_t next = crew_next_birth_ms(&crew);

    ck_assert_int_gt(next, 0);
    ck_assert_int_le(next, 1000000);
    ck_assert_int_eq(crew.children[0].delay_ms, 200);
}
END_TEST

START_TEST(the_dead_are_forgotten)
{
    give_birth(0);
    become_ready(0);
    crew_buried(&crew, 0);
    ck_assert_uint_eq(crew_find(&crew, 1000), CREW_NOBODY);
    ck_assert(!crew_has_anybody(&crew));
    ck_assert_int_eq(crew.children[0].channel, -1);
    struct message message;
    int fd;

    ck_assert_int_eq(message_receive(lines[0], &message, &fd), HEARD_END); /* our end is closed */
}
END_TEST

START_TEST(killing_all_kills_who_lives)
{
    int status = 0;
    pid_t child = fork();

    ck_assert_int_ge(child, 0);
    if (child == 0) {
        for (;;) {
            pause();
        }
    }
    crew_born(&crew, 1, child, -1);
    crew_kill_all(&crew);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status));
    ck_assert_int_eq(WTERMSIG(status), SIGKILL);
}
END_TEST

/* ---- slots ---- */

START_TEST(each_child_watches_its_own_slots)
{
    all_ready();
    ck_assert_str_eq(heard_by(0), "+0 +1 ");
    ck_assert_str_eq(heard_by(1), "+2 +3 ");
    ck_assert_str_eq(heard_by(2), "+4 +5 ");
}
END_TEST

START_TEST(nobody_watches_while_nobody_is_ready)
{
    give_birth(0);
    crew_assign_slots(&crew);
    ck_assert_str_eq(heard_by(0), "");
    ck_assert_uint_eq(crew.watcher[0], CREW_NOBODY);
}
END_TEST

START_TEST(what_has_not_changed_is_not_told_again)
{
    all_ready();
    heard_by(0);
    crew_assign_slots(&crew);
    ck_assert_str_eq(heard_by(0), "");
}
END_TEST

START_TEST(the_first_one_watches_all_and_hands_over)
{
    give_birth(1);
    become_ready(1);
    crew_assign_slots(&crew);
    ck_assert_str_eq(heard_by(1), "+0 +1 +2 +3 +4 +5 ");
    give_birth(2);
    become_ready(2);
    crew_assign_slots(&crew);
    ck_assert_str_eq(heard_by(1), "-4 -5 ");
    ck_assert_str_eq(heard_by(2), "+4 +5 ");
}
END_TEST

START_TEST(a_sibling_watches_for_the_dead_until_the_successor_is_ready)
{
    all_ready();
    for (size_t i = 0; i < 3; i++) {
        heard_by(i);
    }
    crew_buried(&crew, 1);
    crew_assign_slots(&crew);
    ck_assert_str_eq(heard_by(2), "+2 +3 ");
    ck_assert_str_eq(heard_by(0), "");
    give_birth(1);
    crew_assign_slots(&crew);
    ck_assert_str_eq(heard_by(1), ""); /* born is not ready */
    become_ready(1);
    crew_assign_slots(&crew);
    ck_assert_str_eq(heard_by(1), "+2 +3 ");
    ck_assert_str_eq(heard_by(2), "-2 -3 ");
}
END_TEST

START_TEST(the_last_words_of_a_child_are_heard_after_its_death)
{
    struct message failed = {.type = MESSAGE_FAILED, .listener = "no thread"};
    char why[CREW_WHY_SIZE];

    give_birth(0);
    ck_assert_int_eq(message_send(lines[0], &failed, -1), 0);
    close(lines[0]);
    lines[0] = -1;
    crew_last_words(&crew, 0, 71 << 8, why);
    ck_assert_str_eq(why, "no thread");
}
END_TEST

START_TEST(a_child_that_says_nothing_has_a_status)
{
    char why[CREW_WHY_SIZE];

    give_birth(0);
    close(lines[0]);
    lines[0] = -1;
    crew_last_words(&crew, 0, 71 << 8, why);
    ck_assert_str_eq(why, "it ended with status 71");
}
END_TEST

START_TEST(what_one_said_is_not_said_of_the_next_one)
{
    struct message failed = {.type = MESSAGE_FAILED, .listener = "no thread"};
    char why[CREW_WHY_SIZE];

    give_birth(0);
    ck_assert_int_eq(message_send(lines[0], &failed, -1), 0);
    crew_last_words(&crew, 0, 71 << 8, why);
    crew_buried(&crew, 0);
    give_birth(0);
    crew_last_words(&crew, 0, 3 << 8, why);
    ck_assert_str_eq(why, "it ended with status 3");
}
END_TEST

START_TEST(everybody_who_is_there_is_told)
{
    give_birth(0);
    give_birth(2);
    crew_tell_all(&crew, MESSAGE_DRAIN);
    ck_assert_str_eq(heard_by(0), "d ");
    ck_assert_str_eq(heard_by(2), "d ");
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, all_are_due_at_the_beginning);
    tcase_add_test(tests, who_was_born_is_not_due_any_more);
    tcase_add_test(tests, a_child_is_found_by_its_pid);
    tcase_add_test(tests, the_crew_is_ready_when_everyone_has_said_so);
    tcase_add_test(tests, hearing_nothing_changes_nothing);
    tcase_add_test(tests, who_hangs_up_is_not_ready_but_still_has_a_pid);
    tcase_add_test(tests, a_successor_comes_later_each_time_that_one_dies_young);
    tcase_add_test(tests, a_long_life_is_followed_at_once);
    tcase_add_test(tests, who_cannot_be_forked_is_tried_again_later);
    tcase_add_test(tests, the_dead_are_forgotten);
    tcase_add_test(tests, killing_all_kills_who_lives);
    tcase_add_test(tests, each_child_watches_its_own_slots);
    tcase_add_test(tests, nobody_watches_while_nobody_is_ready);
    tcase_add_test(tests, what_has_not_changed_is_not_told_again);
    tcase_add_test(tests, the_first_one_watches_all_and_hands_over);
    tcase_add_test(tests, a_sibling_watches_for_the_dead_until_the_successor_is_ready);
    tcase_add_test(tests, the_last_words_of_a_child_are_heard_after_its_death);
    tcase_add_test(tests, a_child_that_says_nothing_has_a_status);
    tcase_add_test(tests, what_one_said_is_not_said_of_the_next_one);
    tcase_add_test(tests, everybody_who_is_there_is_told);
}

int main(void)
{
    return suite_run("crew", add, setup, teardown);
}
