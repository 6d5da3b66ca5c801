/*
 * secho_client.c - the program: options, one connection, one mode, one exit status.
 */
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include <secho/secho.h>

#include "base/file.h"
#include "client/check_mode.h"
#include "client/client.h"
#include "client/complain.h"
#include "client/options.h"
#include "client/path.h"
#include "client/ping.h"
#include "client/prompt.h"
#include "client/report.h"
#include "client/resume.h"
#include "client/session_files.h"
#include "client/talk_pipe.h"
#include "client/talk_terminal.h"
#include "tls/key_log.h"
#include "tls/memory.h"

#define PROGRAM "secho-client"

/* ---- what is said on stderr ---- */

static void print_trace(void *context, const char *line)
{
    (void)context;
    (void)fprintf(stderr, "* %s\n", line);
}

static void print_problem(void *context, const char *line)
{
    (void)context;
    (void)fprintf(stderr, "%s\n", line);
}

static int explain_failure(const struct failure *failure, const struct options *options)
{
    return complain_in_full(PROGRAM, failure, options->verbose);
}

static void warn_insecure(const struct options *options)
{
    if (options->way.insecure && !options->quiet) {
        (void)fputs("secho-client: --insecure: nothing is verified, anybody may have answered\n",
                    stderr);
    }
}

/* ---- talk ---- */

/* As cat(1) ends when nobody reads any more: by the signal, and without a word. */
static int end_quietly(const struct sigaction *sigpipe)
{
    (void)sigaction(SIGPIPE, sigpipe, NULL);
    (void)raise(SIGPIPE);
    return EXIT_PROVEN; /* somebody had SIGPIPE ignored */
}

/* Ended by a signal, after all is in order again: whoever waits for us sees the signal. */
static int end_by(int signal_number)
{
    (void)signal(signal_number, SIG_DFL);
    (void)raise(signal_number);
    return 128 + signal_number;
}

static void greet(const struct secho_client *client, const struct options *options)
{
    if (!options->quiet) {
        (void)fprintf(stderr, "%s, %s; q quits, Ctrl-D ends the input\n", client->address,
                      SSL_get_version(client->tls));
    }
}

static bool on_terminal(void)
{
    return isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1;
}

static enum talk_result converse(struct secho_client *client, const struct options *options,
                                 int *signal_number)
{
    if (on_terminal()) {
        greet(client, options);
        return talk_terminal(client, signal_number);
    }
    return talk_pipe(client, STDIN_FILENO, STDOUT_FILENO,
                     !options->quiet && isatty(STDERR_FILENO) == 1 && isatty(STDOUT_FILENO) != 1);
}

static int keep_session(struct secho_client *client, const struct options *options)
{
    struct session newest = {0};
    int rc = 0;

    if (options->sess_out != NULL) {
        (void)client_take_session(client, &newest, NULL);
        rc = session_files_save(client, &newest, options->sess_out);
    }
    session_done(&newest);
    return rc == 0 ? EXIT_PROVEN : explain_failure(&client->failure, options);
}

static int talk(struct secho_client *client, const struct options *options,
                const struct sigaction *sigpipe)
{
    int signal_number = 0;

    if (secho_client_open(client, NULL) != 0) {
        return explain_failure(&client->failure, options);
    }
    if (options->sess_in != NULL && !options->quiet) {
        session_files_tell(client, PROGRAM);
    }
    switch (converse(client, options, &signal_number)) {
    case TALK_PROVEN:
        return keep_session(client, options);
    case TALK_NO_READER:
        return end_quietly(sigpipe);
    case TALK_STOPPED:
        return end_by(signal_number);
    case TALK_FAILED:
    default:
        return explain_failure(&client->failure, options);
    }
}

/* ---- check ---- */

static int check(struct secho_client *client, const struct options *options)
{
    const struct check_wishes wishes = {
        .program = PROGRAM,
        .json = options->json,
        .quiet = options->quiet,
        .again = options->resume,
        .sess_in = options->sess_in,
        .sess_out = options->sess_out,
    };

    return check_mode(client, &wishes) == 0 ? EXIT_PROVEN
                                            : explain_failure(&client->failure, options);
}

/* ---- ping ---- */

static int ping(struct secho_client *client, const struct options *options)
{
    enum ping_talk talk = options->json    ? options->quiet ? PING_JSON_QUIET : PING_JSON
                          : options->quiet ? PING_QUIET
                                           : PING_LINES;
    bool still_busy = false;
    const struct ping_wishes wishes = {PROGRAM, options->ping, talk, options->sess_in,
                                       options->sess_out};
    int status = ping_run(client, &wishes, &still_busy);

    if (client->failure.happened) {
        status = explain_failure(&client->failure, options);
    }
    if (still_busy) { /* exit(3) would take OpenSSL away under the threads */
        _exit(complain_stdout(PROGRAM, status));
    }
    return status;
}

/* ---- report ---- */

static int report(struct secho_client *client, const struct options *options)
{
    int status = report_mode(client, options->json, options->quiet);

    return client->failure.happened ? explain_failure(&client->failure, options) : status;
}

/* ---- path ---- */

static int path(const struct options *options, const struct secho_client_settings *settings)
{
    struct path *way = calloc(1, sizeof *way);
    const struct secho_error none = {.kind = SECHO_ERR_MEMORY, .text = "no memory for the table"};

    if (way == NULL) {
        return complain(PROGRAM, &none);
    }
    way->settings = *settings;
    way->insecure = options->way.insecure;
    way->trace = options->verbose ? print_trace : NULL;
    way->idle_ms = options->idle_ms;
    warn_insecure(options);
    int status = path_mode(way, options->json, options->quiet);

    if (way->failure.happened) {
        status = explain_failure(&way->failure, options);
    }
    free(way);
    return status;
}

/* ---- resume ---- */

static int resume(const struct options *options, const struct secho_client_settings *settings)
{
    struct resume *table = calloc(1, sizeof *table);
    struct secho_error err = {.kind = SECHO_ERR_MEMORY, .text = "no memory for the table"};
    int status;

    if (table == NULL ||
        resume_targets(table, options->target_count, options->targets, &err) != 0) {
        free(table);
        return complain(PROGRAM, &err);
    }
    table->settings = *settings;
    table->insecure = options->way.insecure;
    table->trace = options->verbose ? print_trace : NULL;
    warn_insecure(options);
    status = resume_run(table);
    if (options->json) {
        resume_print_json(table, status, stdout);
    } else if (!options->quiet) {
        resume_print(table, stdout);
    }
    if (table->failure.happened) {
        (void)explain_failure(&table->failure, options);
    }
    free(table);
    return status;
}

/* ---- what needs no connection ---- */

static void print_help(void)
{
    char text[4096];

    options_help(text, sizeof text);
    (void)fputs(text, stdout);
}

static void print_version(void)
{
    (void)printf("secho-client %s\n%s\n", secho_version(), OpenSSL_version(OPENSSL_VERSION));
    (void)printf("line editing: %s\n", prompt_version());
}

/* ---- one connection, one mode ---- */

static int run_mode(struct secho_client *client, struct options *options,
                    const struct sigaction *sigpipe)
{
    struct secho_error err;

    if (session_files_open(client, options->sess_in, options->sess_out, &err) != 0) {
        return complain(PROGRAM, &err);
    }
    if (options->way.insecure) {
        secho_client_insecure_skip_verify(client);
        warn_insecure(options);
    }
    if (options->verbose) {
        client->trace = print_trace;
    }
    client->early.wanted = options->early_data;
    switch (options->mode) {
    case OPTIONS_CHECK:
        return check(client, options);
    case OPTIONS_PING:
        return ping(client, options);
    case OPTIONS_REPORT:
        return report(client, options);
    case OPTIONS_TALK:
    case OPTIONS_RESUME:
    case OPTIONS_PATH:
    case OPTIONS_HELP:
    case OPTIONS_VERSION:
    case OPTIONS_EXPLAIN:
    default:
        return talk(client, options, sigpipe);
    }
}

/* As curl(1) and browsers do it. That it cannot be written keeps nobody from his connection. */
static void log_keys(const struct options *options)
{
    const char *path = NULL;
    struct secho_error err;

    if (key_log_from_environment(&path, &err) != 0) {
        (void)fprintf(stderr, "%s: warning: SSLKEYLOGFILE: %s\n", PROGRAM, err.text);
    } else if (path != NULL && options->verbose) {
        (void)fprintf(stderr, "* SSLKEYLOGFILE: the secrets of this session go to %s\n", path);
    }
}

static int run(struct options *options, const struct sigaction *sigpipe)
{
    struct secho_client_settings settings;
    struct secho_client *client = NULL;
    char offer[REPORT_OFFER_SIZE];
    struct secho_error err;

    if (options_load(options, print_problem, NULL, &err) != 0) {
        return complain(PROGRAM, &err);
    }
    log_keys(options);
    options_way_settings(&options->way, &settings);
    settings.proxy_protocol = options->proxy_protocol;
    if (options->mode == OPTIONS_REPORT) {
        report_offer(settings.alpn, offer);
        settings.alpn = offer;
    }
    if (options->mode == OPTIONS_RESUME) {
        return resume(options, &settings);
    }
    if (options->mode == OPTIONS_PATH) {
        return path(options, &settings);
    }
    if (secho_client_new(&settings, &client, &err) != 0) {
        return complain(PROGRAM, &err);
    }
    int status = run_mode(client, options, sigpipe);

    secho_client_free(client);
    return status;
}

int main(int argc, char **argv)
{
    struct sigaction sigpipe, ignore = {.sa_handler = SIG_IGN};
    struct options options;
    struct secho_error err;
    int status = EXIT_PROVEN;

    memory_keep_record_buffers();
    file_hold_standard();
    if (setlocale(LC_CTYPE, "") == NULL || strcmp(setlocale(LC_CTYPE, NULL), "C") == 0) {
        (void)setlocale(LC_CTYPE, "C.UTF-8"); /* typing umlauts works without a locale, too */
    }
    (void)sigaction(SIGPIPE, &ignore, &sigpipe);
    if (options_parse(argc, argv, &options, &err) != 0) {
        return complain(PROGRAM, &err);
    }
    switch (options.mode) {
    case OPTIONS_HELP:
        print_help();
        break;
    case OPTIONS_VERSION:
        print_version();
        break;
    case OPTIONS_EXPLAIN:
        status = complain_code(PROGRAM, options.explain);
        break;
    case OPTIONS_TALK:
    case OPTIONS_CHECK:
    case OPTIONS_PING:
    case OPTIONS_REPORT:
    case OPTIONS_RESUME:
    case OPTIONS_PATH:
    default:
        status = run(&options, &sigpipe);
        break;
    }
    options_free(&options);
    return complain_stdout(PROGRAM, status);
}
