/* The bytes that are sent and compared: what goes wrong with them is seen. */
#include <string.h>

#include "bench/pattern.h"
#include "suite.h"

static struct pattern pattern;
static unsigned char came[PATTERN_SLICE_MAX];

static void setup(void)
{
    pattern_init(&pattern);
}

static const unsigned char *bytes_at(size_t place)
{
    return pattern.bytes + place;
}

START_TEST(any_slice_goes_on_where_the_period_ends)
{
    const size_t last = PATTERN_PERIOD - 1;

    ck_assert_mem_eq(bytes_at(last) + 1, bytes_at(0), PATTERN_SLICE_MAX - 1);
    ck_assert_uint_eq(pattern_after(last, 1), 0);
    ck_assert_uint_eq(pattern_after(last, PATTERN_SLICE_MAX),
                      PATTERN_SLICE_MAX - 1 - PATTERN_PERIOD);
    ck_assert_uint_eq(pattern_after(0, 0), 0);
}
END_TEST

START_TEST(the_same_bytes_are_the_same_in_pieces_of_any_size)
{
    static const size_t sizes[] = {1, 2, 16, 100, 16384, 65535, 65536};
    size_t in = 5, out = 5;

    for (int i = 0; i < 1000; i++) {
        size_t len = sizes[i % COUNT(sizes)];

        memcpy(came, bytes_at(out), len);
        out = pattern_after(out, len);
        ck_assert_uint_eq(pattern_same(&pattern, in, came, len), len);
        in = pattern_after(in, len);
    }
}
END_TEST

START_TEST(a_changed_byte_is_found_where_it_is)
{
    static const size_t at[] = {0, 1, 63, 4095, 16383, 65535};

    for (int i = 0; i < COUNT(at); i++) {
        memcpy(came, bytes_at(77), sizeof came);
        came[at[i]] ^= 1;
        ck_assert_uint_eq(pattern_same(&pattern, 77, came, sizeof came), at[i]);
    }
}
END_TEST

/* 16 bytes behind a lost, doubled or swapped piece of any power of two are others. */
START_TEST(what_is_lost_doubled_or_swapped_is_seen)
{
    for (size_t place = 0; place < PATTERN_PERIOD; place += 101) {
        for (size_t piece = 1; piece <= 65536; piece *= 2) {
            size_t lost = pattern_after(place, piece);

            ck_assert_uint_lt(pattern_same(&pattern, place, bytes_at(lost), 16), 16);
            ck_assert_uint_lt(pattern_same(&pattern, lost, bytes_at(place), 16), 16);
        }
    }
}
END_TEST

START_TEST(bytes_of_another_connection_are_seen)
{
    for (uint64_t a = 0; a < 200; a++) {
        for (uint64_t b = 0; b < 200; b++) {
            size_t same = pattern_same(&pattern, pattern_place(a), bytes_at(pattern_place(b)), 16);

            ck_assert_msg((same == 16) == (a == b), "connections %ju and %ju", (uintmax_t)a,
                          (uintmax_t)b);
        }
    }
}
END_TEST

START_TEST(as_many_connections_as_the_period_have_places_of_their_own)
{
    static unsigned char taken[PATTERN_PERIOD];

    memset(taken, 0, sizeof taken);
    for (uint64_t number = 0; number < PATTERN_PERIOD; number++) {
        size_t place = pattern_place(number);

        ck_assert_uint_lt(place, PATTERN_PERIOD);
        ck_assert_uint_eq(taken[place], 0);
        taken[place] = 1;
    }
}
END_TEST

/* A server that compresses, or one that sends zeros, must not be lucky. */
START_TEST(each_value_of_a_byte_comes_about_as_often)
{
    unsigned counts[256] = {0};

    for (size_t i = 0; i < PATTERN_PERIOD; i++) {
        counts[pattern.bytes[i]]++;
    }
    for (int i = 0; i < 256; i++) { /* 256 expected, deviation 16 */
        ck_assert_uint_gt(counts[i], 160);
        ck_assert_uint_lt(counts[i], 352);
    }
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, any_slice_goes_on_where_the_period_ends);
    tcase_add_test(tests, the_same_bytes_are_the_same_in_pieces_of_any_size);
    tcase_add_test(tests, a_changed_byte_is_found_where_it_is);
    tcase_add_test(tests, what_is_lost_doubled_or_swapped_is_seen);
    tcase_add_test(tests, bytes_of_another_connection_are_seen);
    tcase_add_test(tests, as_many_connections_as_the_period_have_places_of_their_own);
    tcase_add_test(tests, each_value_of_a_byte_comes_about_as_often);
}

int main(void)
{
    return suite_run("pattern", add, setup, NULL);
}
