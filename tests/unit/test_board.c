/* How the server is, in memory that several processes share. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/board.h"
#include "daemon/posting.h"
#include "suite.h"

static struct board *board;

static void setup(void)
{
    board = board_new();
    ck_assert_ptr_nonnull(board);
}

static void teardown(void)
{
    board_free(board);
}

START_TEST(what_was_never_written_is_all_zero)
{
    struct board_server server = {.pid = 5};
    struct board_crew crew = {.count = 5};

    ck_assert(board_read_server(board, &server));
    ck_assert_int_eq(server.pid, 0);
    ck_assert(!server.ready);
    ck_assert_uint_eq(board_serving(&server), BOARD_GENERATIONS);
    ck_assert(board_read_crew(board, BOARD_GENERATIONS - 1, &crew));
    ck_assert_uint_eq(crew.count, 0);
    ck_assert_uint_eq(board_listeners(board, 0), 0);
    ck_assert_uint_eq(board_certificates(board, 0), 0);
}
END_TEST

START_TEST(what_is_written_is_read)
{
    const struct board_server server = {
        .pid = 17,
        .ready = true,
        .generations[3] = {.state = BOARD_SERVES, .number = 9, .since_s = 100, .leader = 18},
        .config_path = "secho.json"};
    const struct board_listener listener = {
        .name = "main", .transport = "tls", .address = "::", .port = 8443};
    struct board_server read;
    struct board_listener found;

    board_write_server(board, &server);
    ck_assert(board_read_server(board, &read));
    ck_assert_int_eq(read.pid, 17);
    ck_assert(read.ready);
    ck_assert_uint_eq(board_serving(&read), 3);
    ck_assert_uint_eq(read.generations[3].number, 9);
    ck_assert_str_eq(read.config_path, "secho.json");
    board_write_listener(board, 2, 0, &listener);
    ck_assert_uint_eq(board_listeners(board, 2), 1);
    ck_assert_uint_eq(board_listeners(board, 1), 0);
    ck_assert(board_read_listener(board, 2, 0, &found));
    ck_assert_str_eq(found.name, "main");
    ck_assert_uint_eq(found.port, 8443);
}
END_TEST

START_TEST(a_text_that_never_ended_ends_for_the_reader)
{
    static struct board_report report;
    struct board_listener listener;

    memset(&report, 'x', sizeof report);
    memset(&listener, 'x', sizeof listener);
    board_write_report(board, 0, &report);
    board_write_listener(board, 0, 0, &listener);
    ck_assert(board_read_report(board, 0, &report));
    ck_assert_uint_eq(strlen(report.text), sizeof report.text - 1);
    ck_assert(board_read_listener(board, 0, 0, &listener));
    ck_assert_uint_eq(strlen(listener.name), sizeof listener.name - 1);
    ck_assert_uint_eq(strlen(listener.transport), sizeof listener.transport - 1);
}
END_TEST

START_TEST(counts_never_exceed_the_room)
{
    const struct board_crew crew = {.count = 1000000};
    const struct board_certificate certificate = {.serial = "01"};
    struct board_crew read;

    board_write_crew(board, 0, &crew);
    ck_assert(board_read_crew(board, 0, &read));
    ck_assert_uint_eq(read.count, BOARD_WORKERS);
    board_write_certificate(board, 0, BOARD_CERTIFICATES + 5, &certificate);
    ck_assert_uint_eq(board_certificates(board, 0), BOARD_CERTIFICATES);
    ck_assert_uint_eq(board->blocks[0].certificate_count, BOARD_CERTIFICATES + 6);
}
END_TEST

START_TEST(a_cleared_block_is_empty_and_others_are_not)
{
    const struct board_listener listener = {.name = "main"};
    const struct board_certificate certificate = {.serial = "01"};
    struct board_report report;

    for (size_t block = 0; block < 2; block++) {
        board_write_listener(board, block, 0, &listener);
        board_write_certificate(board, block, 0, &certificate);
        posting_line(board, block, "wrong");
    }
    board_clear(board, 0);
    ck_assert_uint_eq(board_listeners(board, 0), 0);
    ck_assert_uint_eq(board_certificates(board, 0), 0);
    ck_assert(board_read_report(board, 0, &report));
    ck_assert_str_eq(report.text, "");
    ck_assert_uint_eq(board_listeners(board, 1), 1);
    ck_assert(board_read_report(board, 1, &report));
    ck_assert_str_eq(report.text, "wrong\n");
}
END_TEST

START_TEST(a_writer_that_died_in_the_middle_hangs_nobody)
{
    struct board_server server = {.pid = 17}, read;

    board_write_server(board, &server);
    (void)atomic_fetch_add(&board->server.sequence, 1); /* and then it was killed */
    ck_assert(!board_read_server(board, &read));
    ck_assert_int_eq(read.pid, 17);
}
END_TEST

START_TEST(the_next_writer_makes_it_whole_again)
{
    struct board_server server = {.pid = 18}, read;

    (void)atomic_fetch_add(&board->server.sequence, 1);
    board_write_server(board, &server);
    ck_assert(board_read_server(board, &read));
    ck_assert_int_eq(read.pid, 18);
}
END_TEST

#define WRITES 20000

/* Entries whose halves do not fit together must never be seen. */
static void *write_on(void *ignored)
{
    struct board_server server = {0};

    (void)ignored;
    for (int64_t i = 1; i <= WRITES; i++) {
        server.pid = i;
        server.generations[BOARD_GENERATIONS - 1].since_s = i;
        board_write_server(board, &server);
    }
    return NULL;
}

START_TEST(a_reader_sees_whole_entries_only)
{
    struct board_server read = {0};
    pthread_t writer;

    ck_assert_int_eq(pthread_create(&writer, NULL, write_on, NULL), 0);
    while (read.pid < WRITES) {
        if (board_read_server(board, &read)) {
            ck_assert_int_eq(read.generations[BOARD_GENERATIONS - 1].since_s, read.pid);
        }
    }
    ck_assert_int_eq(pthread_join(writer, NULL), 0);
}
END_TEST

START_TEST(those_who_map_it_share_it)
{
    struct board_server server = {.pid = 17}, read;
    int fd = board_create();
    struct board *mine = board_map(fd), *theirs = board_map(fd);

    ck_assert_ptr_nonnull(mine);
    ck_assert_ptr_nonnull(theirs);
    board_write_server(mine, &server);
    ck_assert(board_read_server(theirs, &read));
    ck_assert_int_eq(read.pid, 17);
    board_free(mine);
    board_free(theirs);
    close(fd);
}
END_TEST

START_TEST(a_child_has_no_board_unless_it_maps_it)
{
    int fd = board_create(), status = 0;
    struct board *mine = board_map(fd);
    pid_t child = fork();

    if (child == 0) { /* msync(2): ENOMEM where nothing is mapped */
        _exit(msync(mine, 4096, MS_ASYNC) == -1 ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), 0);
    board_free(mine);
    close(fd);
}
END_TEST

/* ---- what leaders put on it ---- */

START_TEST(lines_that_have_no_room_are_left_out_and_that_is_told)
{
    static struct board_report report;
    char line[1000];

    memset(line, 'x', sizeof line - 1);
    line[sizeof line - 1] = '\0';
    for (int i = 0; i < 50; i++) {
        posting_line(board, 0, line);
    }
    ck_assert(board_read_report(board, 0, &report));
    ck_assert_uint_eq(strlen(report.text), 16 * 1000 + 4);
    ck_assert_str_eq(report.text + 16 * 1000, "...\n");
    ck_assert(report.is_cut);
}
END_TEST

/* A value that is too long to be shown ends as the mark for "there was more" does. */
START_TEST(after_a_line_that_ends_in_dots_comes_the_next_one)
{
    struct board_report report;

    posting_line(board, 0, "/listeners/1: nothing -> {\"name\":\"two...");
    posting_line(board, 0, "...");
    posting_line(board, 0, "/listeners/2: nothing -> {\"name\":\"three...");
    ck_assert(board_read_report(board, 0, &report));
    ck_assert_str_eq(report.text, "/listeners/1: nothing -> {\"name\":\"two...\n"
                                  "...\n"
                                  "/listeners/2: nothing -> {\"name\":\"three...\n");
    ck_assert(!report.is_cut);
    board_clear(board, 0);
    posting_line(board, 0, "the next one");
    ck_assert(board_read_report(board, 0, &report));
    ck_assert_str_eq(report.text, "the next one\n");
}
END_TEST

START_TEST(births_after_the_first_are_restarts)
{
    static struct crew crew;
    struct board_crew told = {0}, read;

    crew_init(&crew, 2, 1);
    posting_crew(board, 0, &crew, false, &told);
    ck_assert(board_read_crew(board, 0, &read));
    ck_assert_uint_eq(read.count, 2);
    ck_assert_int_eq(read.workers[0].state, BOARD_WORKER_AWAY);
    crew_born(&crew, 0, 100, -1);
    crew_born(&crew, 1, 101, -1);
    crew.children[1].ready = true;
    posting_crew(board, 0, &crew, false, &told);
    ck_assert(board_read_crew(board, 0, &read));
    ck_assert_int_eq(read.workers[0].state, BOARD_WORKER_STARTS);
    ck_assert_int_eq(read.workers[0].pid, 100);
    ck_assert_int_eq(read.workers[1].state, BOARD_WORKER_SERVES);
    ck_assert_uint_eq(board->worker_restarts, 0);
    crew_buried(&crew, 0);
    crew_born(&crew, 0, 102, -1);
    posting_crew(board, 0, &crew, false, &told);
    posting_crew(board, 0, &crew, true, &told);
    ck_assert(board_read_crew(board, 0, &read));
    ck_assert_uint_eq(read.workers[0].restarts, 1);
    ck_assert_uint_eq(read.workers[1].restarts, 0);
    ck_assert_int_eq(read.workers[0].state, BOARD_WORKER_LEAVES);
    ck_assert_uint_eq(board->worker_restarts, 1);
}
END_TEST

START_TEST(nothing_is_written_where_nothing_has_changed)
{
    static struct crew crew;
    struct board_crew told = {0};

    crew_init(&crew, 2, 1);
    crew_born(&crew, 0, 100, -1);
    posting_crew(board, 0, &crew, false, &told);
    uint64_t sequence = board->blocks[0].crew.sequence;

    posting_crew(board, 0, &crew, false, &told);
    ck_assert_uint_eq(board->blocks[0].crew.sequence, sequence);
}
END_TEST

START_TEST(each_state_has_a_name)
{
    ck_assert_str_eq(board_state_name(BOARD_SERVES), "serves");
    ck_assert_str_eq(board_state_name((enum board_state)99), "free");
    ck_assert_str_eq(board_worker_name(BOARD_WORKER_LEAVES), "leaves");
    ck_assert_str_eq(board_worker_name((enum board_worker_state)99), "away");
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, what_was_never_written_is_all_zero);
    tcase_add_test(tests, what_is_written_is_read);
    tcase_add_test(tests, a_text_that_never_ended_ends_for_the_reader);
    tcase_add_test(tests, counts_never_exceed_the_room);
    tcase_add_test(tests, a_cleared_block_is_empty_and_others_are_not);
    tcase_add_test(tests, a_writer_that_died_in_the_middle_hangs_nobody);
    tcase_add_test(tests, the_next_writer_makes_it_whole_again);
    tcase_add_test(tests, a_reader_sees_whole_entries_only);
    tcase_add_test(tests, those_who_map_it_share_it);
    tcase_add_test(tests, a_child_has_no_board_unless_it_maps_it);
    tcase_add_test(tests, lines_that_have_no_room_are_left_out_and_that_is_told);
    tcase_add_test(tests, after_a_line_that_ends_in_dots_comes_the_next_one);
    tcase_add_test(tests, births_after_the_first_are_restarts);
    tcase_add_test(tests, nothing_is_written_where_nothing_has_changed);
    tcase_add_test(tests, each_state_has_a_name);
}

int main(void)
{
    return suite_run("board", add, setup, teardown);
}
