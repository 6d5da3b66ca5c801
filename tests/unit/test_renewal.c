/* Which certificates a reload has brought that were not served before. */
#include <stdio.h>
#include <string.h>

#include "daemon/renewal.h"
#include "suite.h"

enum { OLD, NEW }; /* blocks */

static struct board *board;
static char lines[8192];
static size_t used;

static void take(void *ignored, const char *line, size_t len)
{
    (void)ignored;
    ck_assert_uint_lt(used + len, sizeof lines);
    memcpy(lines + used, line, len);
    used += len;
    lines[used] = '\0';
}

static const struct log told = {.level = SECHO_LEVEL_INFO, .sink = take};

static void setup(void)
{
    board = board_new();
    ck_assert_ptr_nonnull(board);
    used = 0;
    lines[0] = '\0';
}

static void teardown(void)
{
    board_free(board);
}

static void serve(size_t block)
{
    struct board_server server = {0};

    server.generations[block].state = BOARD_SERVES;
    board_write_server(board, &server);
}

/* Listener `index` of the block has this name, and one more certificate. */
static void put(size_t block, size_t index, const char *name, const char *serial, int64_t until_s)
{
    struct board_listener listener = {.port = 1};
    struct board_certificate certificate = {
        .listener = (uint32_t)index, .not_after_s = until_s, .subject = "CN=x"};

    (void)snprintf(listener.name, sizeof listener.name, "%s", name);
    (void)snprintf(certificate.serial, sizeof certificate.serial, "%s", serial);
    board_write_listener(board, block, index, &listener);
    board_write_certificate(board, block, board_certificates(board, block), &certificate);
}

START_TEST(a_new_serial_is_told_with_its_end)
{
    static struct board_report report;

    serve(OLD);
    put(OLD, 0, "main", "01", 1000);
    put(NEW, 0, "main", "02", 1000000000);
    renewal_tell(&told, board, NEW);
    ck_assert_ptr_nonnull(strstr(lines,
                                 " info certificate listener=main subject=\"CN=x\" serial=02 "
                                 "not_after=2001-09-09T01:46:40Z\n"));
    ck_assert(board_read_report(board, NEW, &report));
    ck_assert_str_eq(report.text,
                     "listener main: certificate CN=x, serial 02, until 2001-09-09T01:46:40Z\n");
}
END_TEST

START_TEST(the_same_one_is_not_told)
{
    serve(OLD);
    put(OLD, 0, "other", "07", 5);
    put(OLD, 1, "main", "01", 1000);
    put(OLD, 1, "main", "02", 2000);
    put(NEW, 0, "main", "02", 2000); /* in another order */
    put(NEW, 0, "main", "01", 1000);
    renewal_tell(&told, board, NEW);
    ck_assert_str_eq(lines, "");
}
END_TEST

START_TEST(one_of_another_listener_is_new_for_this_one)
{
    serve(OLD);
    put(OLD, 0, "main", "01", 1000);
    put(NEW, 0, "other", "01", 1000);
    renewal_tell(&told, board, NEW);
    ck_assert_ptr_nonnull(strstr(lines, "listener=other"));
}
END_TEST

START_TEST(the_first_generation_tells_nothing)
{
    put(NEW, 0, "main", "01", 1000);
    renewal_tell(&told, board, NEW);
    ck_assert_str_eq(lines, "");
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, a_new_serial_is_told_with_its_end);
    tcase_add_test(tests, the_same_one_is_not_told);
    tcase_add_test(tests, one_of_another_listener_is_new_for_this_one);
    tcase_add_test(tests, the_first_generation_tells_nothing);
}

int main(void)
{
    return suite_run("renewal", add, setup, teardown);
}
