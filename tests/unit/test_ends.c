/* The ring of the latest ends: written by all processes, read by one. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "server/ends.h"
#include "suite.h"

static struct ends ends;
static struct ends_entry latest[ENDS_CELLS];

static void setup(void)
{
    memset(&ends, 0, sizeof ends);
}

static size_t read_latest(void)
{
    return ends_latest(&ends, latest, ENDS_LATEST);
}

static void add(uint64_t number)
{
    ends_add(&ends, &(const struct ends_facts){.code = EXPLAIN_NOT_TLS_HTTP, .number = number});
}

static void add_up_to(uint64_t first, uint64_t last)
{
    for (uint64_t number = first; number <= last; number++) {
        add(number);
    }
}

/* ---- one after the other ---- */

START_TEST(zeroed_memory_is_an_empty_ring)
{
    ck_assert_uint_eq(read_latest(), 0);
}
END_TEST

START_TEST(what_is_written_is_read)
{
    int64_t before = clock_wall_ms();

    ends_add(&ends, &(const struct ends_facts){.code = EXPLAIN_NOT_TLS_HTTP,
                                               .number = 7,
                                               .duration_ms = 12,
                                               .in = 3,
                                               .out = 2,
                                               .listener = "main",
                                               .peer = "[::1]:4711",
                                               .sni = "secho.test",
                                               .why = "It spoke HTTP."});
    ck_assert_uint_eq(read_latest(), 1);
    ck_assert_int_ge(latest[0].time_ms, before);
    ck_assert_uint_eq(latest[0].code, EXPLAIN_NOT_TLS_HTTP);
    ck_assert_uint_eq(latest[0].number, 7);
    ck_assert_uint_eq(latest[0].duration_ms, 12);
    ck_assert_uint_eq(latest[0].in, 3);
    ck_assert_uint_eq(latest[0].out, 2);
    ck_assert_str_eq(latest[0].listener, "main");
    ck_assert_str_eq(latest[0].peer, "[::1]:4711");
    ck_assert_str_eq(latest[0].sni, "secho.test");
    ck_assert_str_eq(latest[0].why, "It spoke HTTP.");
}
END_TEST

START_TEST(the_newest_is_first)
{
    add_up_to(1, 3);
    ck_assert_uint_eq(read_latest(), 3);
    ck_assert_uint_eq(latest[0].number, 3);
    ck_assert_uint_eq(latest[1].number, 2);
    ck_assert_uint_eq(latest[2].number, 1);
}
END_TEST

START_TEST(no_more_than_were_asked_for)
{
    add_up_to(1, 3);
    latest[2].number = 99;
    ck_assert_uint_eq(ends_latest(&ends, latest, 2), 2);
    ck_assert_uint_eq(latest[1].number, 2);
    ck_assert_uint_eq(latest[2].number, 99);
    ck_assert_uint_eq(ends_latest(&ends, latest, 0), 0);
}
END_TEST

START_TEST(the_oldest_make_room)
{
    add_up_to(1, 1000);
    ck_assert_uint_eq(ends_latest(&ends, latest, ENDS_CELLS), ENDS_CELLS);
    for (size_t i = 0; i < ENDS_CELLS; i++) {
        ck_assert_uint_eq(latest[i].number, 1000 - i);
    }
    ck_assert_uint_eq(read_latest(), ENDS_LATEST);
}
END_TEST

/* ---- texts ---- */

START_TEST(a_text_that_is_too_long_is_cut_at_a_character_and_marked)
{
    char name[300] = "";

    for (size_t i = 0; i < 100; i++) {
        strcat(name, "\xc3\xa4"); /* two bytes each */
    }
    ends_add(&ends, &(const struct ends_facts){.listener = name, .sni = name});
    ck_assert_uint_eq(read_latest(), 1);
    ck_assert_uint_eq(strlen(latest[0].listener), 63);
    ck_assert_str_eq(latest[0].listener + 58, "\xc3\xa4...");
    ck_assert_uint_eq(strlen(latest[0].sni), 127);
    ck_assert_str_eq(latest[0].sni + 122, "\xc3\xa4...");
    ck_assert_str_eq(latest[0].why, "");
}
END_TEST

START_TEST(a_text_that_just_fits_is_not_cut)
{
    char name[sizeof latest[0].listener];

    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    ends_add(&ends, &(const struct ends_facts){.listener = name});
    ck_assert_uint_eq(read_latest(), 1);
    ck_assert_str_eq(latest[0].listener, name);
}
END_TEST

START_TEST(what_deceives_a_reader_is_escaped)
{
    ends_add(&ends, &(const struct ends_facts){.sni = "a\nb\xff\xe2\x80\xae"});
    ck_assert_uint_eq(read_latest(), 1);
    ck_assert_str_eq(latest[0].sni, "a\\u000ab\\xff\\u202e");
}
END_TEST

/* ---- writers that die or stand still ---- */

/* As one who was killed right after he began. */
static void begin_and_die(void)
{
    uint64_t index = atomic_fetch_add(&ends.next, 1);

    atomic_store(&ends.cells[index % ENDS_CELLS].sequence, 2 * index + 1);
    atomic_store(&ends.cells[index % ENDS_CELLS].words[1], 666);
}

START_TEST(who_died_while_writing_is_passed_over)
{
    add(1);
    begin_and_die();
    add(3);
    ck_assert_uint_eq(read_latest(), 2);
    ck_assert_uint_eq(latest[0].number, 3);
    ck_assert_uint_eq(latest[1].number, 1);
}
END_TEST

START_TEST(who_died_before_writing_is_passed_over)
{
    add_up_to(1, ENDS_CELLS);
    (void)atomic_fetch_add(&ends.next, 1); /* his cell still has the first one, an old one now */
    ck_assert_uint_eq(ends_latest(&ends, latest, ENDS_CELLS), ENDS_CELLS - 1);
    ck_assert_uint_eq(latest[0].number, ENDS_CELLS);
    ck_assert_uint_eq(latest[ENDS_CELLS - 2].number, 2);
}
END_TEST

START_TEST(the_cell_of_a_dead_writer_is_used_again)
{
    begin_and_die();
    add_up_to(1, ENDS_CELLS - 1);
    ck_assert_uint_eq(ends_latest(&ends, latest, ENDS_CELLS), ENDS_CELLS - 1);
    add(ENDS_CELLS);
    ck_assert_uint_eq(ends_latest(&ends, latest, ENDS_CELLS), ENDS_CELLS);
    ck_assert_uint_eq(latest[0].number, ENDS_CELLS);
}
END_TEST

/* He goes on when his cell is somebody else's already. */
START_TEST(who_stood_still_spoils_one_entry_and_no_other)
{
    add_up_to(1, 3);
    atomic_store(&ends.cells[1].words[1], 666);
    ck_assert_uint_eq(read_latest(), 2);
    ck_assert_uint_eq(latest[0].number, 3);
    ck_assert_uint_eq(latest[1].number, 1);
}
END_TEST

START_TEST(who_comes_too_late_does_not_replace_a_newer_one)
{
    add_up_to(1, ENDS_CELLS + 1);
    atomic_store(&ends.next, 0); /* as if he had taken the first number and slept since */
    add(666);
    atomic_store(&ends.next, ENDS_CELLS + 1);
    ck_assert_uint_eq(ends_latest(&ends, latest, ENDS_CELLS), ENDS_CELLS);
    ck_assert_uint_eq(latest[0].number, ENDS_CELLS + 1);
}
END_TEST

START_TEST(a_code_that_does_not_exist_is_passed_over)
{
    ends_add(&ends, &(const struct ends_facts){.code = EXPLAIN_CODE_COUNT});
    ck_assert_uint_eq(read_latest(), 0);
}
END_TEST

/* ---- at the same time ---- */

#define WRITES  5000
#define WRITERS 2

static _Atomic unsigned writing;

/* In all fields the same: entries whose halves do not fit together must never be read. */
static void *write_on(void *first)
{
    uint64_t number = *(const uint64_t *)first;

    for (int i = 0; i < WRITES; i++, number += WRITERS) {
        char text[32];

        (void)snprintf(text, sizeof text, "%020llu", (unsigned long long)number);
        ends_add(&ends, &(const struct ends_facts){.number = number,
                                                   .duration_ms = number,
                                                   .in = number,
                                                   .out = number,
                                                   .listener = text,
                                                   .peer = text,
                                                   .sni = text,
                                                   .why = text});
    }
    (void)atomic_fetch_sub(&writing, 1);
    return NULL;
}

static void check_is_whole(const struct ends_entry *entry)
{
    char text[32];

    (void)snprintf(text, sizeof text, "%020llu", (unsigned long long)entry->number);
    ck_assert_uint_eq(entry->duration_ms, entry->number);
    ck_assert_uint_eq(entry->in, entry->number);
    ck_assert_uint_eq(entry->out, entry->number);
    ck_assert_str_eq(entry->listener, text);
    ck_assert_str_eq(entry->peer, text);
    ck_assert_str_eq(entry->sni, text);
    ck_assert_str_eq(entry->why, text);
}

START_TEST(a_reader_sees_whole_entries_only)
{
    static const uint64_t firsts[WRITERS] = {1, 2};
    pthread_t writers[WRITERS];

    atomic_store(&writing, WRITERS);
    for (size_t i = 0; i < WRITERS; i++) {
        ck_assert_int_eq(pthread_create(&writers[i], NULL, write_on, (void *)&firsts[i]), 0);
    }
    while (atomic_load(&writing) > 0) {
        for (size_t i = 0, count = read_latest(); i < count; i++) {
            check_is_whole(&latest[i]);
        }
    }
    for (size_t i = 0; i < WRITERS; i++) {
        ck_assert_int_eq(pthread_join(writers[i], NULL), 0);
    }
    ck_assert_uint_eq(atomic_load(&ends.next), (uint64_t)WRITERS * WRITES);
    ck_assert_uint_gt(read_latest(), 0);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, zeroed_memory_is_an_empty_ring);
    tcase_add_test(tests, what_is_written_is_read);
    tcase_add_test(tests, the_newest_is_first);
    tcase_add_test(tests, no_more_than_were_asked_for);
    tcase_add_test(tests, the_oldest_make_room);
    tcase_add_test(tests, a_text_that_is_too_long_is_cut_at_a_character_and_marked);
    tcase_add_test(tests, a_text_that_just_fits_is_not_cut);
    tcase_add_test(tests, what_deceives_a_reader_is_escaped);
    tcase_add_test(tests, who_died_while_writing_is_passed_over);
    tcase_add_test(tests, who_died_before_writing_is_passed_over);
    tcase_add_test(tests, the_cell_of_a_dead_writer_is_used_again);
    tcase_add_test(tests, who_stood_still_spoils_one_entry_and_no_other);
    tcase_add_test(tests, who_comes_too_late_does_not_replace_a_newer_one);
    tcase_add_test(tests, a_code_that_does_not_exist_is_passed_over);
    tcase_add_test(tests, a_reader_sees_whole_entries_only);
}

int main(void)
{
    return suite_run("ends", add_tests, setup, NULL);
}
