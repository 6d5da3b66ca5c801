/* The messages of ping, and how they are found again in what comes back. */
#include <stdio.h>
#include <string.h>

#include "client/ping_message.h"
#include "suite.h"

static struct ping_shape shape;
static struct ping_finder *finder;
static unsigned char stream[8 * PING_SIZE_MAX];
static size_t stream_len;
static char story[256]; /* what the finder has told: "1 2! ? 4" */

static void begin(size_t size)
{
    shape = (struct ping_shape){UINT64_C(0x1234567890abcdef), size};
    ping_finder_free(finder);
    finder = ping_finder_new(&shape);
    ck_assert_ptr_nonnull(finder);
    stream_len = 0;
    story[0] = '\0';
}

static void setup(void)
{
    begin(64);
}

static void teardown(void)
{
    ping_finder_free(finder);
    finder = NULL;
}

/* Message `number`, but the bytes [from, to) of it are left out. */
static void append_without(uint64_t number, size_t from, size_t to)
{
    unsigned char message[PING_SIZE_MAX];

    ping_message(&shape, number, message);
    memcpy(stream + stream_len, message, from);
    memcpy(stream + stream_len + from, message + to, shape.size - to);
    stream_len += shape.size - (to - from);
}

static void append(uint64_t number)
{
    append_without(number, 0, 0);
}

static void append_text(const char *text)
{
    memcpy(stream + stream_len, text, strlen(text));
    stream_len += strlen(text);
}

static void tell_found(void)
{
    struct ping_find find = {0};
    enum ping_found found;

    while ((found = ping_finder_next(finder, &find)) != PING_FOUND_NOTHING) {
        size_t used = strlen(story);

        (void)snprintf(story + used, sizeof story - used, "%s%s", used > 0 ? " " : "",
                       found == PING_FOUND_FOREIGN ? "?" : "");
        used = strlen(story);
        if (found != PING_FOUND_FOREIGN) {
            (void)snprintf(story + used, sizeof story - used, "%d%s", (int)find.number,
                           found == PING_FOUND_DAMAGED ? "!" : "");
        }
    }
}

/* Gives the stream to the finder, `step` bytes at a time. */
static const char *find_in_steps(size_t step)
{
    for (size_t at = 0; at < stream_len;) {
        size_t len = 0, left = stream_len - at;
        unsigned char *room = ping_finder_room(finder, &len);

        ck_assert_uint_ge(len, 16384);
        len = len < step ? len : step;
        len = len < left ? len : left;
        memcpy(room, stream + at, len);
        ping_finder_take(finder, len);
        at += len;
        tell_found();
    }
    return story;
}

static const size_t steps[] = {1, 7, 64, 100, SIZE_MAX};

START_TEST(messages_are_found_however_they_are_cut)
{
    static const size_t sizes[] = {PING_SIZE_MIN, 17, 64, 1000, PING_SIZE_MAX};

    for (int i = 0; i < COUNT(sizes); i++) {
        begin(sizes[i]);
        append(1);
        append(2);
        append(PING_NUMBER_MAX);
        (void)find_in_steps(steps[_i]);
        ck_assert_msg(strncmp(story, "1 2 ", 4) == 0, "size %zu: %s", sizes[i], story);
        ck_assert(!ping_finder_is_amid(finder));
    }
}
END_TEST

START_TEST(messages_differ_from_each_other_and_from_those_of_another_run)
{
    unsigned char a[64], b[64];
    struct ping_shape other = {shape.nonce + 1, 64};

    ping_message(&shape, 1, a);
    ping_message(&shape, 2, b);
    ck_assert_mem_ne(a + 20, b + 20, 40);
    ping_message(&other, 1, b);
    ck_assert_mem_ne(a, b, 64);
    ck_assert_int_eq(a[63], '\n');
}
END_TEST

START_TEST(whichever_byte_is_another_one_only_its_message_is_damaged)
{
    for (size_t at = 0; at < 64; at++) {
        begin(64);
        append(1);
        append(2);
        append(3);
        stream[64 + at] ^= 0x20;
        (void)find_in_steps(steps[_i]);
        ck_assert_msg(strcmp(story, at < PING_HEAD_BYTES ? "1 ? 3" : "1 2! 3") == 0, "byte %zu: %s",
                      at, story);
    }
}
END_TEST

START_TEST(whichever_bytes_are_left_out_the_next_message_is_found)
{
    for (size_t at = 0; at < 64; at++) {
        begin(64);
        append(1);
        append_without(2, at, at + 1);
        append(3);
        (void)find_in_steps(steps[_i]);
        ck_assert_msg(strcmp(story, at < PING_HEAD_BYTES ? "1 ? 3" : "1 2! 3") == 0, "byte %zu: %s",
                      at, story);
    }
}
END_TEST

START_TEST(a_pattern_that_goes_on_like_the_next_marker_hides_no_message)
{
    unsigned char message[64];
    uint64_t number = 0;

    do { /* one with a byte in its pattern that the next marker begins with */
        ping_message(&shape, ++number, message);
    } while (message[30] != message[0]);
    append_without(number, 30, 64);
    append(number + 1);
    char wanted[64];

    (void)snprintf(wanted, sizeof wanted, "%d! %d", (int)number, (int)number + 1);
    ck_assert_str_eq(find_in_steps(steps[_i]), wanted);
}
END_TEST

START_TEST(foreign_bytes_are_told_once_and_skipped)
{
    append(1);
    append_text("HTTP/1.1 400 Bad Request\r\n\r\n");
    append(2);
    append_text("bye");
    ck_assert_str_eq(find_in_steps(steps[_i]), "1 ? 2 ?");
    ck_assert(ping_finder_is_amid(finder));
}
END_TEST

START_TEST(what_another_run_sent_is_foreign)
{
    append(1);
    shape.nonce++;
    append(2);
    shape.nonce--;
    append(3);
    ck_assert_str_eq(find_in_steps(steps[_i]), "1 ? 3");
}
END_TEST

START_TEST(a_half_message_is_waited_for)
{
    append_without(1, 40, 64);
    ck_assert_str_eq(find_in_steps(steps[_i]), "");
    ck_assert(ping_finder_is_amid(finder));
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, messages_are_found_however_they_are_cut, 0, COUNT(steps));
    tcase_add_test(tests, messages_differ_from_each_other_and_from_those_of_another_run);
    tcase_add_loop_test(tests, whichever_byte_is_another_one_only_its_message_is_damaged, 0,
                        COUNT(steps));
    tcase_add_loop_test(tests, whichever_bytes_are_left_out_the_next_message_is_found, 0,
                        COUNT(steps));
    tcase_add_loop_test(tests, a_pattern_that_goes_on_like_the_next_marker_hides_no_message, 0,
                        COUNT(steps));
    tcase_add_loop_test(tests, foreign_bytes_are_told_once_and_skipped, 0, COUNT(steps));
    tcase_add_loop_test(tests, what_another_run_sent_is_foreign, 0, COUNT(steps));
    tcase_add_loop_test(tests, a_half_message_is_waited_for, 0, COUNT(steps));
}

int main(void)
{
    return suite_run("ping_message", add, setup, teardown);
}
