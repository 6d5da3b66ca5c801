/*
 * secho_bench.c - the program: options, one run, its result in each form that was asked for.
 */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include <secho/secho.h>

#include "base/error.h"
#include "base/excerpt.h"
#include "base/file.h"
#include "bench/json.h"
#include "bench/live.h"
#include "bench/load.h"
#include "bench/machine.h"
#include "bench/options.h"
#include "bench/page.h"
#include "bench/summary.h"
#include "bench/versus.h"
#include "client/complain.h"
#include "tls/key_log.h"

#define PROGRAM  "secho-bench"
#define SEE_HELP "See " PROGRAM " -h." /* the advice of the code names another program */

/* ---- Ctrl-C ---- */

static struct load_stop stop; /* its signal is the number of it, or 0 */

/* Ended by a signal: whoever waits for us sees it (128 + its number in a shell). */
static int end_by(int signal_number)
{
    (void)signal(signal_number, SIG_DFL);
    (void)raise(signal_number);
    return 128 + signal_number;
}

/*
 * The first one ends the run in order; who asks again does not want to wait. Before the load there
 * is nothing to end in order, and the first check might wait for the server.
 */
static void on_stop(int signal_number)
{
    if (!atomic_load(&stop.heeded) || atomic_exchange(&stop.signal, signal_number) != 0) {
        (void)end_by(signal_number);
    }
}

static void watch_signals(void)
{
    struct sigaction end = {.sa_handler = on_stop, .sa_flags = SA_RESTART | SA_NODEFER};
    struct sigaction ignore = {.sa_handler = SIG_IGN};

    (void)sigemptyset(&end.sa_mask);
    (void)sigaction(SIGINT, &end, NULL);
    (void)sigaction(SIGTERM, &end, NULL);
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
        summary_print(result, look_for(stdout), stdout);
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
        .watched = !options->quiet && live_is_possible(),
    };

    watch_signals();
    int rc = load_run(&options->plan, &stop, live_tell, &live, result);

    live_clear(&live);
    if (rc == 0 && result->interrupted && result->measured_s <= 0) {
        return end_by(atomic_load(&stop.signal)); /* nothing was measured, so nothing is told */
    }
    if (result->failure.number == EXPLAIN_USAGE) {
        failure_advise(&result->failure, SEE_HELP);
    }
    return status_of(result, tell(result, options));
}

/* Can it be watched? sampler.h would say so when it looks; here it is said in words. */
static int check_pid(int pid, struct secho_error *err)
{
    char path[64];

    (void)snprintf(path, sizeof path, "/proc/%d", pid);
    if (access(path, F_OK) != 0) {
        return error_set(err, SECHO_ERR_USAGE, "--pid %d: there is no process %d", pid, pid);
    }
    (void)snprintf(path, sizeof path, "/proc/%d/smaps_rollup", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC); /* access(2) does not ask what ptrace(2) would */
    if (fd < 0 && (errno == EACCES || errno == EPERM)) {
        return error_set(err, SECHO_ERR_SYSTEM,
                         "--pid %d: no permission to look at this process: run " PROGRAM
                         " as its user, or as root",
                         pid);
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    return 0;
}

/* What can be known before the run is told before it, not after it. */
static int check_before(const struct bench_options *options, struct secho_error *err)
{
    for (size_t i = 0; i < options->plan.pid_count; i++) {
        if (check_pid(options->plan.pids[i], err) != 0) {
            return -1;
        }
    }
    return options->html != NULL ? page_check(options->html, err) : 0;
}

/* Nothing is tried; --json has its object all the same. */
static int give_up(const struct bench_options *options, struct result *result,
                   const struct secho_error *err)
{
    result->plan = options->plan;
    machine_look(&result->machine);
    failure_from_error(&result->failure, FAILURE_SETUP, err);
    failure_advise(&result->failure, err->kind == SECHO_ERR_USAGE
                                         ? SEE_HELP
                                         : "Nothing was tried yet: put this right, and run again.");
    if (options->json && print_json(result) != EXIT_PROVEN) {
        return EXIT_SYSTEM;
    }
    (void)fflush(stdout);
    return complain(PROGRAM, err);
}

/* As secho-client does it; told, because it costs a write(2) for each secret. */
static void log_keys(const struct bench_options *options)
{
    const char *path = NULL;
    struct secho_error err;

    if (key_log_from_environment(&path, &err) != 0) {
        (void)fprintf(stderr, PROGRAM ": warning: SSLKEYLOGFILE: %s\n", err.text);
    } else if (path != NULL && !options->quiet) {
        (void)fprintf(stderr, PROGRAM ": SSLKEYLOGFILE: the secrets of all sessions go to %s\n",
                      path);
    }
}

static int run(const struct bench_options *options)
{
    struct result *result = calloc(1, sizeof *result);
    struct secho_error err;

    if (result == NULL) {
        return no_memory();
    }
    if (check_before(options, &err) != 0) {
        int given_up = give_up(options, result, &err);

        free(result);
        return given_up;
    }
    if (options->plan.insecure && !options->quiet) {
        (void)fputs(PROGRAM ": --insecure: nothing is verified, anybody may have answered\n",
                    stderr);
    }
    log_keys(options);
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

static int print_comparison(const struct versus_run *a, const struct versus_run *b,
                            const struct bench_options *options)
{
    if (!options->json) {
        if (!options->quiet) {
            versus_print(a, b, look_for(stdout), stdout);
        }
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
        status = print_comparison(&a, &b, options);
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
