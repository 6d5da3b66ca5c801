/*
 * secho_bench.c - the program: options, one run, its result in each form that was asked for.
 */
#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include <secho/secho.h>

#include "base/excerpt.h"
#include "base/file.h"
#include "bench/json.h"
#include "bench/live.h"
#include "bench/load.h"
#include "bench/options.h"
#include "bench/page.h"
#include "bench/summary.h"
#include "bench/versus.h"
#include "client/complain.h"

#define PROGRAM "secho-bench"

/* ---- Ctrl-C ---- */

static atomic_int stopped_by; /* the number of the signal, or 0 */

/* Ended by a signal: whoever waits for us sees it (128 + its number in a shell). */
static int end_by(int signal_number)
{
    (void)signal(signal_number, SIG_DFL);
    (void)raise(signal_number);
    return 128 + signal_number;
}

/* The first one ends the run in order; who asks again does not want to wait. */
static void on_stop(int signal_number)
{
    if (atomic_exchange(&stopped_by, signal_number) != 0) {
        (void)end_by(signal_number);
    }
}

static void watch_signals(void)
{
    struct sigaction stop = {.sa_handler = on_stop, .sa_flags = SA_RESTART | SA_NODEFER};
    struct sigaction ignore = {.sa_handler = SIG_IGN};

    (void)sigemptyset(&stop.sa_mask);
    (void)sigaction(SIGINT, &stop, NULL);
    (void)sigaction(SIGTERM, &stop, NULL);
    (void)sigaction(SIGPIPE, &ignore, NULL);
}

/* ---- the result ---- */

static int no_memory(void)
{
    struct secho_error err = {.kind = SECHO_ERR_MEMORY, .text = "no memory for the result"};

    return complain(PROGRAM, &err);
}

static int print_json(const struct result *result)
{
    char *text = json_of_result(result);

    if (text == NULL) {
        return no_memory();
    }
    (void)puts(text);
    free(text);
    return EXIT_PROVEN;
}

/* Without a figure there is no page: one of an earlier run would be lost to it. */
static int save_page(const struct result *result, const struct bench_options *options)
{
    struct secho_error err;

    if (options->html == NULL) {
        return EXIT_PROVEN;
    }
    if (result->measured_s <= 0 || result->tally.opened == 0) {
        if (!options->quiet) {
            (void)fputs(PROGRAM ": --html: nothing was measured, so no page is written\n", stderr);
        }
        return EXIT_PROVEN;
    }
    return page_save(result, options->html, &err) != 0 ? complain(PROGRAM, &err) : EXIT_PROVEN;
}

static int tell(const struct result *result, const struct bench_options *options)
{
    int status = EXIT_PROVEN;

    if (options->json) {
        status = print_json(result);
    } else if (!options->quiet) {
        summary_print(result, summary_style_for(stdout), stdout);
    }
    (void)fflush(stdout); /* what is said on stderr comes after it, also in one file */
    int saved = save_page(result, options);

    return status != EXIT_PROVEN ? status : saved;
}

/* What the run says, unless telling it failed. */
static int status_of(const struct result *result, int told)
{
    if (result->failure.happened) {
        (void)complain_failure(PROGRAM, &result->failure);
    }
    if (told != EXIT_PROVEN) {
        return told;
    }
    return result->failure.happened ? (int)result->failure.exit : EXIT_PROVEN;
}

/* ---- what there is to do ---- */

static int run_into(const struct bench_options *options, struct result *result)
{
    struct live live = {
        .plan = &options->plan,
        .watched = !options->quiet && isatty(STDERR_FILENO) == 1,
    };

    watch_signals();
    int rc = load_run(&options->plan, &stopped_by, live_tell, &live, result);

    live_clear(&live);
    if (rc == 0 && result->interrupted && result->measured_s <= 0) {
        return end_by(atomic_load(&stopped_by)); /* nothing was measured, so nothing is told */
    }
    return status_of(result, tell(result, options));
}

static int run(const struct bench_options *options)
{
    struct result *result;
    struct secho_error err;

    if (options->html != NULL && page_check(options->html, &err) != 0) {
        return complain(PROGRAM, &err); /* before the run, not after it */
    }
    result = calloc(1, sizeof *result);
    if (result == NULL) {
        return no_memory();
    }
    if (options->plan.insecure && !options->quiet) {
        (void)fputs(PROGRAM ": --insecure: nothing is verified, anybody may have answered\n",
                    stderr);
    }
    int status = run_into(options, result);

    free(result);
    return status;
}

/* ---- two results side by side ---- */

static void print_problem(void *context, const char *line)
{
    char clean[4096]; /* the path in it is as it was typed */

    (void)context;
    (void)fprintf(stderr, "%s\n", excerpt_text(clean, sizeof clean, line));
}

static int print_comparison(const struct versus_run *a, const struct versus_run *b, bool json)
{
    if (!json) {
        versus_print(a, b, summary_style_for(stdout), stdout);
        return EXIT_PROVEN;
    }
    char *text = versus_as_json(a, b);

    if (text == NULL) {
        return no_memory();
    }
    (void)puts(text);
    free(text);
    return EXIT_PROVEN;
}

static int compare(const struct bench_options *options)
{
    struct versus_run a = {0}, b = {0};
    struct secho_error err;
    int status;

    if (versus_load(options->before, &a, print_problem, &err) != 0 ||
        versus_load(options->after, &b, print_problem, &err) != 0) {
        status = complain(PROGRAM, &err);
    } else {
        status = print_comparison(&a, &b, options->json);
    }
    json_close(&a.json);
    json_close(&b.json);
    return status;
}

/* ---- what needs no run ---- */

static void print_version(void)
{
    (void)printf(PROGRAM " %s\n%s\n", secho_version(), OpenSSL_version(OPENSSL_VERSION));
}

static int serve(const struct bench_options *options)
{
    switch (options->task) {
    case BENCH_HELP:
        (void)fputs(bench_options_help(), stdout);
        return EXIT_PROVEN;
    case BENCH_VERSION:
        print_version();
        return EXIT_PROVEN;
    case BENCH_EXPLAIN:
        return complain_code(PROGRAM, options->explain);
    case BENCH_COMPARE:
        return compare(options);
    case BENCH_RUN:
    default:
        return run(options);
    }
}

int main(int argc, char **argv)
{
    struct bench_options options;
    struct secho_error err;

    file_hold_standard();
    (void)setlocale(LC_CTYPE, "");
    if (bench_options_parse(argc, argv, &options, &err) != 0) {
        return complain(PROGRAM, &err);
    }
    return complain_stdout(PROGRAM, serve(&options));
}
