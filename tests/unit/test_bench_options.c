/* What a person asks secho-bench for. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/options.h"
#include "suite.h"

#define WORDS_MAX 40

static struct bench_options options;
static struct secho_error err;
static char *argv[WORDS_MAX + 1];
static char line[1024];

/* Splits "echo localhost 8443" at its spaces and reads it as a command line. */
static int parse(const char *words)
{
    int argc = 1;

    (void)snprintf(line, sizeof line, "%s", words);
    argv[0] = (char *)"secho-bench";
    for (char *word = strtok(line, " "); word != NULL && argc < WORDS_MAX;
         word = strtok(NULL, " ")) {
        argv[argc++] = word;
    }
    argv[argc] = NULL;
    err = (struct secho_error){0};
    return bench_options_parse(argc, argv, &options, &err);
}

START_TEST(a_plan_without_options_has_the_defaults)
{
    ck_assert_int_eq(parse("echo localhost 8443"), 0);
    ck_assert_int_eq(options.task, BENCH_RUN);
    ck_assert_int_eq(options.plan.mode, PLAN_ECHO);
    ck_assert_str_eq(options.plan.way.host, "localhost");
    ck_assert_str_eq(options.plan.way.port, "8443");
    ck_assert_int_eq(options.plan.connections, 10);
    ck_assert_int_eq(options.plan.threads, 1);
    ck_assert_int_eq(options.plan.duration_ms, 10000);
    ck_assert_int_eq(options.plan.warmup_ms, 1000);
    ck_assert_int_eq(options.plan.ramp_ms, 0);
    ck_assert_uint_eq(options.plan.size, 64);
    ck_assert_int_eq(options.plan.depth, 1);
    ck_assert(options.plan.rate == 0 && options.plan.resume == 0);
    ck_assert(!options.plan.insecure && !options.plan.plain && !options.plan.no_echo);
    ck_assert_uint_eq(options.plan.pid_count, 0);
}
END_TEST

START_TEST(every_option_reaches_the_plan)
{
    ck_assert_int_eq(parse("-n 100 -t 4 -d 200ms --warmup 0s --ramp 2s -s 1KiB --depth 8 --rate "
                           "1500.5 --pid 12,7 --ca ca.pem --insecure -6 --timeout 3s echo h 1"),
                     0);
    ck_assert_int_eq(options.plan.connections, 100);
    ck_assert_int_eq(options.plan.threads, 4);
    ck_assert_int_eq(options.plan.duration_ms, 200);
    ck_assert_int_eq(options.plan.warmup_ms, 0);
    ck_assert_int_eq(options.plan.ramp_ms, 2000);
    ck_assert_uint_eq(options.plan.size, 1024);
    ck_assert_int_eq(options.plan.depth, 8);
    ck_assert(options.plan.rate == 1500.5);
    ck_assert_uint_eq(options.plan.pid_count, 2);
    ck_assert_int_eq(options.plan.pids[0], 12);
    ck_assert_int_eq(options.plan.pids[1], 7);
    ck_assert_str_eq(options.plan.way.ca_file, "ca.pem");
    ck_assert_int_eq(options.plan.way.family, 6);
    ck_assert_int_eq(options.plan.way.timeout_ms, 3000);
    ck_assert(options.plan.insecure);
}
END_TEST

START_TEST(a_handshake_run_has_options_of_its_own)
{
    ck_assert_int_eq(parse("handshake h 1 --resume 0.25 --no-echo"), 0);
    ck_assert(options.plan.resume == 0.25 && options.plan.no_echo);
    ck_assert_int_eq(parse("handshake h 1 --resume 50%"), 0);
    ck_assert(options.plan.resume == 0.5);
}
END_TEST

START_TEST(a_size_may_be_plain_bytes_and_stream_has_a_default_of_its_own)
{
    ck_assert_int_eq(parse("echo h 1 -s 100"), 0);
    ck_assert_uint_eq(options.plan.size, 100);
    ck_assert_int_eq(parse("stream h 1"), 0);
    ck_assert_uint_eq(options.plan.size, 16384);
    ck_assert_int_eq(parse("stream h 1 -s 64B"), 0);
    ck_assert_uint_eq(options.plan.size, 64);
    ck_assert_int_eq(parse("echo h 1 -s 16MiB"), 0);
    ck_assert_uint_eq(options.plan.size, PLAN_SIZE_MAX);
}
END_TEST

START_TEST(comparing_takes_two_files_and_no_host)
{
    ck_assert_int_eq(parse("--compare a.json b.json"), 0);
    ck_assert_int_eq(options.task, BENCH_COMPARE);
    ck_assert_str_eq(options.before, "a.json");
    ck_assert_str_eq(options.after, "b.json");
    ck_assert_int_eq(parse("--json --compare a.json b.json"), 0);
    ck_assert(options.json);
    ck_assert_int_eq(parse("-q --compare a.json b.json"), 0);
    ck_assert(options.quiet);
}
END_TEST

START_TEST(suites_of_the_version_that_is_asked_for_are_taken)
{
    ck_assert_int_eq(parse("--tls 1.2 --ciphers X echo h 1"), 0);
    ck_assert_int_eq(parse("--tls 1.3 --ciphersuites X echo h 1"), 0);
    ck_assert_int_eq(parse("--ciphers X --ciphersuites X echo h 1"), 0);
}
END_TEST

START_TEST(help_version_and_explain_win_over_the_rest)
{
    ck_assert_int_eq(parse("-h --nonsense"), 0);
    ck_assert_int_eq(options.task, BENCH_HELP);
    ck_assert_int_eq(parse("echo -V"), 0);
    ck_assert_int_eq(options.task, BENCH_VERSION);
    ck_assert_int_eq(parse("--explain refused"), 0);
    ck_assert_int_eq(options.task, BENCH_EXPLAIN);
    ck_assert_str_eq(options.explain, "refused");
}
END_TEST

static const struct {
    const char *words, *says;
} wrong[] = {
    {"", "MODE, HOST and PORT are missing"},
    {"echo", "HOST and PORT are missing"},
    {"echo localhost", "PORT is missing"},
    {"localhost 8443", "no mode"},
    {"flood localhost 8443", "\"flood\" is no mode"},
    {"echo localhost 0", "1..65535"},
    {"echo localhost 8443 x", "\"x\""},
    {"-n 0 echo h 1", "--connections must be 1..1000000, is \"0\""},
    {"-n 1000001 echo h 1", "1..1000000"},
    {"-n 99999999999999999999 echo h 1", "1..1000000"},
    {"-n 1e3 echo h 1", "1..1000000"},
    {"-n -1 echo h 1", "1..1000000"},
    {"-t 65 -n 100 echo h 1", "--threads must be 1..64"},
    {"-t 11 echo h 1", "-t 11 is more than -n 10"},
    {"-d 10 echo h 1", "--duration must be a duration with its unit"},
    {"-d 0s echo h 1", "1ms to 24h"},
    {"-d 25h echo h 1", "1ms to 24h"},
    {"--warmup -1s echo h 1", "0s to 24h"},
    {"-s 0 echo h 1", "--size must be a size"},
    {"-s 17MiB echo h 1", "1B to 16MiB"},
    {"-s 1kb echo h 1", "1B to 16MiB"},
    {"-s 64BB echo h 1", "1B to 16MiB"},
    {"-s 00000000000000000000000000000001 echo h 1", "1B to 16MiB"},
    {"--depth 1025 echo h 1", "--depth must be 1..1024"},
    {"--rate 0 echo h 1", "--rate must be a number above 0"},
    {"--rate inf echo h 1", "--rate must be a number above 0"},
    {"--rate 0x10 echo h 1", "--rate must be a number above 0"},
    {"--rate . echo h 1", "--rate must be a number above 0"},
    {"--rate 999999999999 echo h 1", "at most 100000000"},
    {"--resume 1.1 handshake h 1", "--resume must be a share of 0..1"},
    {"--resume 101% handshake h 1", "--resume must be a share of 0..1"},
    {"--resume % handshake h 1", "--resume must be a share of 0..1"},
    {"--resume nan handshake h 1", "--resume must be a share of 0..1"},
    {"--pid x echo h 1", "--pid must be process numbers"},
    {"--pid 1, echo h 1", "--pid must be process numbers"},
    {"--pid 1,,2 echo h 1", "--pid must be process numbers"},
    {"--pid 0 echo h 1", "--pid must be process numbers"},
    {"--pid 3,3 echo h 1", "none twice"},
    {"--pid 1;2 echo h 1", "--pid must be process numbers"},
    {"--pid 99999999999 echo h 1", "--pid must be process numbers"},
    {"--timeout 1 echo h 1", "unit"},
    {"--tls 1.1 echo h 1", "1.2 or 1.3"},
    {"-4 -6 echo h 1", "no address"},
    {"--depth 2 handshake h 1", "--depth is not for handshake"},
    {"--depth 2 stream h 1", "--depth is not for stream"},
    {"--rate 5 stream h 1", "--rate is not for stream"},
    {"--rate 5 idle h 1", "--rate is not for idle"},
    {"--resume 1 stream h 1", "--resume is not for stream"},
    {"--no-echo echo h 1", "--no-echo is not for echo"},
    {"--no-echo -s 8 handshake h 1", "-s has no meaning"},
    {"--plain --ca ca.pem echo h 1", "--ca is about TLS"},
    {"--plain --insecure echo h 1", "--insecure is about TLS"},
    {"--html - echo h 1", "--html writes a file, never stdout"},
    {"--tls 1.3 --ciphers X echo h 1", "--ciphers is for TLS 1.2"},
    {"--tls 1.2 --ciphersuites X echo h 1", "--ciphersuites is for TLS 1.3"},
    {"--plain --resume 1 handshake h 1", "--resume is about TLS"},
    {"--compare a.json", "two files"},
    {"--compare a.json b.json c.json", "two files"},
    {"--compare a.json b.json -n 5", "--connections has no meaning"},
    {"--compare a.json b.json --html x", "--html has no meaning"},
    {"--html", "--html needs a value"},
    {"--nope echo h 1", "--nope"},
    {"--json=x echo h 1", "takes no value"},
};

START_TEST(what_cannot_be_is_refused_in_words)
{
    ck_assert_msg(parse(wrong[_i].words) == -1, "'%s' was taken", wrong[_i].words);
    ck_assert_int_eq(err.kind, SECHO_ERR_USAGE);
    ck_assert_msg(strstr(err.text, wrong[_i].says) != NULL, "'%s' does not say '%s'", err.text,
                  wrong[_i].says);
}
END_TEST

START_TEST(the_help_fits_a_terminal_and_names_every_option)
{
    const char *help = bench_options_help();
    size_t lines = 0;

    for (const char *at = help; *at != '\0'; at += strcspn(at, "\n") + 1) {
        ck_assert_msg(strcspn(at, "\n") < 80, "%.80s", at);
        lines++;
    }
    ck_assert_uint_le(lines, 23);
    for (size_t i = 0; i < bench_row_count; i++) {
        char name[64];

        (void)snprintf(name, sizeof name, "--%s", bench_rows[i].name);
        ck_assert_msg(strstr(help, name) != NULL, "%s is not in the help", name);
    }
}
END_TEST

/* From the top of the source tree, where the tests run. */
static const char *man_page(void)
{
    static char text[65536];
    FILE *in = fopen("src/man/secho-bench.1", "r");

    ck_assert_ptr_nonnull(in);
    text[fread(text, 1, sizeof text - 1, in)] = '\0';
    (void)fclose(in);
    return text;
}

START_TEST(the_man_page_names_every_option)
{
    const char *page = man_page();

    for (size_t i = 0; i < bench_row_count; i++) {
        char name[64];

        (void)snprintf(name, sizeof name, "Fl -%s", bench_rows[i].name);
        if (bench_rows[i].letter == '4' || bench_rows[i].letter == '6') {
            (void)snprintf(name, sizeof name, "Fl %c", bench_rows[i].letter);
        }
        ck_assert_msg(strstr(page, name) != NULL, "%s is not in secho-bench(1)", name);
    }
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, a_plan_without_options_has_the_defaults);
    tcase_add_test(tests, every_option_reaches_the_plan);
    tcase_add_test(tests, a_handshake_run_has_options_of_its_own);
    tcase_add_test(tests, a_size_may_be_plain_bytes_and_stream_has_a_default_of_its_own);
    tcase_add_test(tests, comparing_takes_two_files_and_no_host);
    tcase_add_test(tests, suites_of_the_version_that_is_asked_for_are_taken);
    tcase_add_test(tests, help_version_and_explain_win_over_the_rest);
    tcase_add_loop_test(tests, what_cannot_be_is_refused_in_words, 0, COUNT(wrong));
    tcase_add_test(tests, the_help_fits_a_terminal_and_names_every_option);
    tcase_add_test(tests, the_man_page_names_every_option);
}

int main(void)
{
    return suite_run("bench options", add_tests, NULL, NULL);
}
