/* What a server's processes have used: also the threads and the children that have ended. */
#include "bench/sampler.h"

#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "suite.h"

#define MS          UINT64_C(1000000) /* in ns */
#define WORK_MS     50
#define TICKS_MS    20 /* cutime and cstime are rounded down, each to 10 ms */
#define MEMORY_SIZE (8 << 20)

static struct plan plan;
static struct sampler sampler;
static struct sample before, after;

static void watch(pid_t pid)
{
    plan = (struct plan){.pids = {(int)pid}, .pid_count = 1};
    ck_assert_int_eq(sampler_init(&sampler, &plan, NULL), 0);
    sampler_look(&sampler, &before);
}

/* Uses WORK_MS of this thread's CPU time, however long that takes. */
static void *work(void *unused)
{
    struct timespec used;

    do {
        (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    } while (used.tv_sec == 0 && (uint64_t)used.tv_nsec < WORK_MS * MS);
    return unused;
}

START_TEST(a_thread_that_has_ended_still_counts)
{
    pthread_t thread;

    watch(getpid());
    ck_assert_int_eq(pthread_create(&thread, NULL, work, NULL), 0);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    sampler_look(&sampler, &after);
    ck_assert_uint_ge(after.cpu_ns - before.cpu_ns, WORK_MS * MS);
}
END_TEST

START_TEST(a_child_that_was_born_and_has_ended_in_between_counts)
{
    pid_t child;

    watch(getpid());
    child = fork();
    if (child == 0) {
        work(NULL);
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    sampler_look(&sampler, &after);
    ck_assert_uint_ge(after.cpu_ns - before.cpu_ns, (WORK_MS - TICKS_MS) * MS);
    ck_assert_int_eq(after.processes, before.processes);
}
END_TEST

START_TEST(a_child_that_is_there_counts_as_a_process)
{
    pid_t child;

    watch(getpid());
    child = fork();
    if (child == 0) {
        pause();
        _exit(0);
    }
    sampler_look(&sampler, &after);
    ck_assert_int_eq(after.processes, before.processes + 1);
    (void)kill(child, SIGKILL);
    (void)waitpid(child, NULL, 0);
}
END_TEST

START_TEST(what_others_use_does_not_count)
{
    int go[2];
    char byte = 0;
    pid_t other;

    ck_assert_int_eq(pipe(go), 0);
    other = fork();
    if (other == 0) {
        (void)close(go[1]);
        (void)!read(go[0], &byte, 1);
        _exit(0);
    }
    watch(other);
    work(NULL);
    sampler_look(&sampler, &after);
    ck_assert_uint_lt(after.cpu_ns - before.cpu_ns, WORK_MS * MS);
    (void)close(go[0]);
    (void)close(go[1]);
    (void)waitpid(other, NULL, 0);
}
END_TEST

START_TEST(memory_that_is_touched_is_seen)
{
    char *memory;

    watch(getpid());
    memory = malloc(MEMORY_SIZE);
    ck_assert_ptr_nonnull(memory);
    memset(memory, 1, MEMORY_SIZE);
    sampler_look(&sampler, &after);
    ck_assert_uint_ge(after.pss, before.pss + MEMORY_SIZE / 2);
    ck_assert_int_eq(memory[MEMORY_SIZE - 1], 1);
    free(memory);
}
END_TEST

START_TEST(a_process_that_is_not_there_is_refused)
{
    struct secho_error err;

    plan = (struct plan){.pids = {INT_MAX}, .pid_count = 1};
    ck_assert_int_eq(sampler_init(&sampler, &plan, &err), -1);
    ck_assert_int_eq(err.kind, SECHO_ERR_FILE);
    ck_assert_ptr_nonnull(strstr(err.text, "no such process"));
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, a_thread_that_has_ended_still_counts);
    tcase_add_test(tests, a_child_that_was_born_and_has_ended_in_between_counts);
    tcase_add_test(tests, a_child_that_is_there_counts_as_a_process);
    tcase_add_test(tests, what_others_use_does_not_count);
    tcase_add_test(tests, memory_that_is_touched_is_seen);
    tcase_add_test(tests, a_process_that_is_not_there_is_refused);
}

int main(void)
{
    return suite_run("sampler", add, NULL, NULL);
}
