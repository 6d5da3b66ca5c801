/* The level of the log, in memory that processes share: who sets it, who sees it, who hears of it.
 */
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/level.h"
#include "suite.h"

static struct log_level *shared;
static char lines[4 * LOG_LINE_MAX];

static void keep_line(void *context, const char *line, size_t len)
{
    (void)context;
    strncat(lines, line, len);
}

static struct log log_with(struct log_level *level)
{
    return (struct log){.level = SECHO_LEVEL_ERROR, .shared = level, .sink = keep_line};
}

static void setup(void)
{
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(shared, MAP_FAILED);
    lines[0] = '\0';
}

static void teardown(void)
{
    munmap(shared, sizeof *shared);
}

static const struct {
    const char *name;
    int level;
} names[] = {
    {"error", SECHO_LEVEL_ERROR},
    {"warn", SECHO_LEVEL_WARN},
    {"info", SECHO_LEVEL_INFO},
    {"debug", SECHO_LEVEL_DEBUG},
    {"loud", -1},
    {"", -1},
    {"INFO", -1},
    {"infos", -1},
};

START_TEST(a_level_is_found_by_its_name)
{
    ck_assert_msg(log_level_find(names[_i].name) == names[_i].level, "%s", names[_i].name);
    if (names[_i].level != -1) {
        ck_assert_str_eq(log_level_name(names[_i].level), names[_i].name);
    }
}
END_TEST

START_TEST(what_is_no_level_has_a_name_all_the_same)
{
    ck_assert_str_eq(log_level_name(-1), "debug");
    ck_assert_str_eq(log_level_name(4), "debug");
    ck_assert_str_eq(log_level_name(INT32_MAX), "debug");
}
END_TEST

START_TEST(the_shared_level_counts_and_not_the_own_one)
{
    struct log log = log_with(shared);

    log_level_begin(shared, SECHO_LEVEL_DEBUG);
    ck_assert(log_wants(&log, SECHO_LEVEL_DEBUG));
    log_level_begin(shared, SECHO_LEVEL_WARN);
    ck_assert(log_wants(&log, SECHO_LEVEL_WARN));
    ck_assert(!log_wants(&log, SECHO_LEVEL_INFO));
}
END_TEST

START_TEST(without_a_shared_one_the_own_level_counts)
{
    struct log log = log_with(NULL);

    log_level_begin(shared, SECHO_LEVEL_DEBUG);
    ck_assert(log_wants(&log, SECHO_LEVEL_ERROR));
    ck_assert(!log_wants(&log, SECHO_LEVEL_WARN));
}
END_TEST

START_TEST(another_process_sees_a_change_with_its_next_event)
{
    struct log log = log_with(shared);
    int go[2];
    char byte = 0;
    int status;

    log_level_begin(shared, SECHO_LEVEL_INFO);
    ck_assert(!log_wants(&log, SECHO_LEVEL_DEBUG));
    ck_assert_int_eq(pipe(go), 0);
    pid_t pid = fork();

    if (pid == 0) {
        _exit(read(go[0], &byte, 1) == 1 && log_wants(&log, SECHO_LEVEL_DEBUG) ? 0 : 1);
    }
    level_change(&log, shared, SECHO_LEVEL_DEBUG);
    ck_assert_int_eq(write(go[1], &byte, 1), 1);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    close(go[0]);
    close(go[1]);
    ck_assert_int_eq(status, 0);
}
END_TEST

/* The file had `first`; somebody set `set` (-1: nobody); a reload has `next`. */
static const struct {
    const char *name;
    enum secho_level first;
    int set;
    enum secho_level next, now;
} reloads[] = {
    {"nothing has changed", SECHO_LEVEL_INFO, -1, SECHO_LEVEL_INFO, SECHO_LEVEL_INFO},
    {"the file has", SECHO_LEVEL_INFO, -1, SECHO_LEVEL_WARN, SECHO_LEVEL_WARN},
    {"somebody has", SECHO_LEVEL_INFO, SECHO_LEVEL_DEBUG, SECHO_LEVEL_INFO, SECHO_LEVEL_DEBUG},
    {"both", SECHO_LEVEL_INFO, SECHO_LEVEL_DEBUG, SECHO_LEVEL_WARN, SECHO_LEVEL_WARN},
    {"both alike", SECHO_LEVEL_INFO, SECHO_LEVEL_DEBUG, SECHO_LEVEL_DEBUG, SECHO_LEVEL_DEBUG},
};

START_TEST(a_reload_brings_the_level_of_the_file_when_that_has_changed)
{
    struct log log = {.level = reloads[_i].next, .sink = keep_line};

    log_level_begin(shared, reloads[_i].first);
    if (reloads[_i].set != -1) {
        log_level_set(shared, (enum secho_level)reloads[_i].set);
    }
    int before = log_level_now(shared);

    level_follow(&log, shared, reloads[_i].next);
    ck_assert_msg(log_level_now(shared) == (int)reloads[_i].now, "%s", reloads[_i].name);
    ck_assert_ptr_eq(log.shared, shared);
    ck_assert_msg((strstr(lines, " log_level ") != NULL) == (before != log_level_now(shared)), "%s",
                  reloads[_i].name);
}
END_TEST

START_TEST(a_change_is_told_whatever_the_level_before_and_after)
{
    struct log log = log_with(shared);

    log_level_begin(shared, SECHO_LEVEL_ERROR);
    level_change(&log, shared, SECHO_LEVEL_WARN);
    ck_assert_ptr_nonnull(strstr(lines, " info log_level from=error to=warn why=\"it was changed"));
    lines[0] = '\0';
    level_change(&log, shared, SECHO_LEVEL_WARN); /* that is none */
    ck_assert_str_eq(lines, "");
    level_change(&log, shared, SECHO_LEVEL_ERROR);
    ck_assert_ptr_nonnull(strstr(lines, " from=warn to=error "));
}
END_TEST

static const struct {
    int stands, now;
} mad[] = {
    {SECHO_LEVEL_ERROR - 1, SECHO_LEVEL_ERROR}, {INT32_MIN, SECHO_LEVEL_ERROR},
    {SECHO_LEVEL_ERROR, SECHO_LEVEL_ERROR},     {SECHO_LEVEL_DEBUG, SECHO_LEVEL_DEBUG},
    {SECHO_LEVEL_DEBUG + 1, SECHO_LEVEL_DEBUG}, {INT32_MAX, SECHO_LEVEL_DEBUG},
};

START_TEST(errors_are_wanted_whatever_stands_in_the_memory)
{
    struct log log = log_with(shared);

    atomic_store(&shared->now, mad[_i].stands);
    ck_assert_int_eq(log_level_now(shared), mad[_i].now);
    ck_assert(log_wants(&log, SECHO_LEVEL_ERROR));
    ck_assert_int_eq(log_wants(&log, SECHO_LEVEL_WARN), mad[_i].now >= SECHO_LEVEL_WARN);
    ck_assert_int_eq(log_level_set(shared, SECHO_LEVEL_INFO), mad[_i].now);
}
END_TEST

START_TEST(whatever_stands_in_the_memory_can_be_told)
{
    struct log log = log_with(shared);

    atomic_store(&shared->now, 12345); /* a process has gone mad */
    level_change(&log, shared, SECHO_LEVEL_INFO);
    ck_assert_ptr_nonnull(strstr(lines, " from=debug to=info "));
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, a_level_is_found_by_its_name, 0, COUNT(names));
    tcase_add_test(tests, what_is_no_level_has_a_name_all_the_same);
    tcase_add_test(tests, the_shared_level_counts_and_not_the_own_one);
    tcase_add_test(tests, without_a_shared_one_the_own_level_counts);
    tcase_add_test(tests, another_process_sees_a_change_with_its_next_event);
    tcase_add_loop_test(tests, a_reload_brings_the_level_of_the_file_when_that_has_changed, 0,
                        COUNT(reloads));
    tcase_add_test(tests, a_change_is_told_whatever_the_level_before_and_after);
    tcase_add_loop_test(tests, errors_are_wanted_whatever_stands_in_the_memory, 0, COUNT(mad));
    tcase_add_test(tests, whatever_stands_in_the_memory_can_be_told);
}

int main(void)
{
    return suite_run("level", add, setup, teardown);
}
