#include "client/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "client/check_again.h"
#include "client/path.h"
#include "client/ping_message.h"

/* ---- the table ---- */

#define HOUR_MS 3600000

const struct option_row options_rows[] = {
#define AT(member)  offsetof(struct options, member)
#define WAY(member) AT(way.member)
    OPTIONS_WAY_ROWS(WAY),
    {"proxy-protocol", 0, OPTION_PROXY, true, AT(proxy_protocol), " v1|v2",
     "send a PROXY header; --config FILE: options in JSON", 0, 0},
    {"sess-in", 0, OPTION_PATH, false, AT(sess_in), " FILE",
     "offer this session; --sess-out FILE keeps the newest", 0, 0},
    {"sess-out", 0, OPTION_PATH, false, AT(sess_out), " FILE", NULL, 0, 0},
    {"resume", 0, OPTION_WHOLE, false, AT(resume), " N", NULL, 1, AGAIN_MAX},
    {"early-data", 0, OPTION_FLAG, false, AT(early_data), "", NULL, 0, 0},
    {"idle", 0, OPTION_DURATION, false, AT(idle_ms), " 5m", NULL, PATH_IDLE_MIN_MS, 24 * HOUR_MS},
    {"count", 'c', OPTION_WHOLE, false, AT(ping.count), " N", NULL, 1, INT32_MAX},
    {"interval", 'i', OPTION_SECONDS, true, AT(ping.interval_ms), " 1s", NULL, 1, HOUR_MS},
    {"size", 's', OPTION_SIZE, true, AT(ping.size), " 64", NULL, PING_SIZE_MIN, PING_SIZE_MAX},
    {"deadline", 'w', OPTION_SECONDS, false, AT(ping.deadline_ms), " 10s", NULL, 1, INT32_MAX},
    {"flood", 'f', OPTION_FLAG, false, AT(ping.flood), "", NULL, 0, 0},
    {"depth", 0, OPTION_WHOLE, false, AT(ping.depth), " 16", NULL, 1, PING_DEPTH_MAX},
    {"warn", 0, OPTION_DURATION, true, AT(ping.warn_ms), " 50ms", NULL, 1, HOUR_MS},
    {"reconnect", 0, OPTION_FRESH, false, AT(ping.reconnect), "", NULL, 0, 0},
    {"json", 0, OPTION_FLAG, true, AT(json), "",
     "check, ping, report, path, resume: JSON on stdout", 0, 0},
    {"verbose", 'v', OPTION_FLAG, true, AT(verbose), NULL,
     "tell every stage; say nothing but errors", 0, 0},
    {"quiet", 'q', OPTION_FLAG, true, AT(quiet), NULL, NULL, 0, 0},
    {"config", 0, OPTION_TEXT, false, AT(config), " FILE", NULL, 0, 0},
    {"version", 'V', OPTION_STOP, false, AT(version), NULL,
     "version; this help; --explain CODE: what it means", 0, 0},
    {"help", 'h', OPTION_STOP, false, AT(help), NULL, NULL, 0, 0},
    {"explain", 0, OPTION_TEXT, false, AT(explain), " CODE", NULL, 0, 0},
#undef WAY
#undef AT
};

const size_t options_row_count = sizeof options_rows / sizeof options_rows[0];

/* ---- the words: [MODE] HOST PORT ---- */

static const struct {
    const char *name;
    enum options_mode mode;
} modes[] = {
    {"talk", OPTIONS_TALK},     {"check", OPTIONS_CHECK}, {"ping", OPTIONS_PING},
    {"report", OPTIONS_REPORT}, {"path", OPTIONS_PATH},   {"resume", OPTIONS_RESUME},
};

static int mode_number(const char *word)
{
    for (int i = 0; i < (int)(sizeof modes / sizeof modes[0]); i++) {
        if (strcmp(modes[i].name, word) == 0) {
            return i;
        }
    }
    return -1;
}

static int take_words(struct options *options, int count, char **words, struct secho_error *err)
{
    int mode = count > 0 ? mode_number(words[0]) : -1;

    if (count == 3 && mode == -1 && options_is_port(words[2])) {
        return error_set(err, SECHO_ERR_USAGE,
                         "\"%.60s\" is no mode: talk, check, ping, report, path or resume",
                         words[0]);
    }
    if (mode != -1 && count > 2 && mode_number(words[1]) != -1 &&
        !(count == 3 && options_is_port(words[2]))) {
        return error_set(err, SECHO_ERR_USAGE, "two modes: %s and %s; one at a time", words[0],
                         words[1]);
    }
    if (mode != -1) {
        options->mode = modes[mode].mode;
        words++;
        count--;
    }
    if (options->mode == OPTIONS_RESUME) { /* resume.h reads them */
        options->targets = words;
        options->target_count = count;
        return 0;
    }
    return options_take_target(&options->way, count, words, err);
}

/* ---- all of it ---- */

static bool is_for_ping(const struct option_row *row)
{
    size_t begin = offsetof(struct options, ping);

    return row->at >= begin && row->at < begin + sizeof(struct ping_plan);
}

static int check_ping(const struct options *options, struct secho_error *err)
{
    for (size_t i = 0; i < options_row_count && options->mode != OPTIONS_PING; i++) {
        if (is_for_ping(&options_rows[i]) && (options->given & UINT64_C(1) << i) != 0) {
            return error_set(err, SECHO_ERR_USAGE, "--%s is for ping", options_rows[i].name);
        }
    }
    if (options->ping.flood && options->ping.interval_ms > 0) {
        return error_set(err, SECHO_ERR_USAGE,
                         "-f and -i contradict each other: a flood has no "
                         "interval");
    }
    if (options->ping.depth > 0 && !options->ping.flood) {
        return error_set(err, SECHO_ERR_USAGE, "--depth is for -f: otherwise the clock decides");
    }
    if (options->ping.flood && options->ping.reconnect != PING_KEEP) {
        return error_set(err, SECHO_ERR_USAGE,
                         "-f with --reconnect: secho-bench handshake is made for that");
    }
    return 0;
}

/* What the sessions of ping can go with. */
static int check_ping_sessions(const struct options *options, struct secho_error *err)
{
    const struct ping_plan *ping = &options->ping;

    if (ping->again > 0 && (ping->count > 0 || ping->flood || ping->reconnect == PING_FULL)) {
        return error_set(err, SECHO_ERR_USAGE,
                         "--resume %d makes %d connections, one after the other: leave out %s",
                         ping->again, ping->again + 1,
                         ping->count > 0 ? "-c"
                         : ping->flood   ? "-f"
                                         : "--reconnect");
    }
    if (options->sess_in != NULL && ping->reconnect == PING_FULL) {
        return error_set(err, SECHO_ERR_USAGE,
                         "--sess-in offers a session and --reconnect none: use --reconnect=resume");
    }
    return 0;
}

static int check_pairs(const struct options *options, struct secho_error *err)
{
    if (options_check_way(&options->way, err) != 0) {
        return -1;
    }
    if (check_ping(options, err) != 0 || check_ping_sessions(options, err) != 0) {
        return -1;
    }
    if (options->verbose && options->quiet) {
        return error_set(err, SECHO_ERR_USAGE, "-v and -q contradict each other");
    }
    if (options->json && options->mode == OPTIONS_TALK) {
        return error_set(
            err, SECHO_ERR_USAGE,
            "--json is for check, ping, report, path and resume: stdout of talk is what "
            "comes back");
    }
    if (options->resume > 0 && options->mode != OPTIONS_CHECK && options->mode != OPTIONS_PING) {
        return error_set(err, SECHO_ERR_USAGE, "--resume N is for check and ping");
    }
    if (options->idle_ms > 0 && options->mode != OPTIONS_PATH) {
        return error_set(err, SECHO_ERR_USAGE, "--idle is for path");
    }
    if (options->early_data && options->mode != OPTIONS_CHECK) {
        return error_set(err, SECHO_ERR_USAGE, "--early-data is for check");
    }
    if (options->early_data && options->sess_in == NULL && options->resume == 0) {
        return error_set(err, SECHO_ERR_USAGE,
                         "--early-data needs a session: --sess-in FILE or --resume N");
    }
    if ((options->sess_in != NULL || options->sess_out != NULL) && options->mode != OPTIONS_CHECK &&
        options->mode != OPTIONS_TALK && options->mode != OPTIONS_PING) {
        return error_set(err, SECHO_ERR_USAGE,
                         "--sess-in and --sess-out are for talk, check and ping");
    }
    return 0;
}

int options_parse(int argc, char **argv, struct options *out, struct secho_error *err)
{
    struct option_reader reader = {options_rows, options_row_count, out, 0};

    *out = (struct options){.mode = OPTIONS_TALK};
    if (argc > 1 && strcmp(argv[argc - 1], "--explain") == 0) { /* without a code: all of them */
        out->mode = OPTIONS_EXPLAIN;
        out->explain = "list";
        return 0;
    }
    int first = options_read(&reader, argc, argv, err);

    if (first < 0) {
        return -1;
    }
    out->given = reader.given;
    if (out->help || out->version || out->explain != NULL) { /* the rest does not matter */
        out->mode = out->help ? OPTIONS_HELP : out->version ? OPTIONS_VERSION : OPTIONS_EXPLAIN;
        return 0;
    }
    if (take_words(out, argc - first, argv + first, err) != 0) {
        return -1;
    }
    out->ping.again = out->mode == OPTIONS_PING ? out->resume : 0;
    return check_pairs(out, err);
}

void options_free(struct options *options)
{
    for (size_t i = 0; i < options->owned_count; i++) {
        free(options->owned[i]);
    }
    options->owned_count = 0;
}

/* ---- the help ---- */

static const char help_head[] =
    "usage: secho-client [options] [MODE] HOST PORT\n"
    "Proves that bytes come back from a TLS echo server. MODE:\n"
    "  talk    the default: a prompt on a terminal (q quits), a filter in a pipe\n"
    "  check   random bytes there and back; --resume N: N times more, resumed?\n"
    "  resume  HOST:PORT ...: is a session of each honoured by each other one?\n"
    "  ping    -c COUNT -i 1s -s SIZE -w 10s -f --depth 16 --warn 50ms --reconnect\n"
    "  report  what both ends see, and whether it is one TLS session end to end\n"
    "  path    what of TLS something on the way breaks; --idle 5m: and silence\n";

static const char help_tail[] =
    "exit: 0 proven, 64 usage, 65 wrong or missing bytes, 66 file, 68 name,\n"
    "  69 unreachable, 71 system, 75 time, 76 TLS, 77 certificate, 78 configuration\n";

/* "-v, -q" for rows that are told together, else "--ca FILE". */
static void option_words(const struct option_row *row, char *text, size_t size)
{
    const struct option_row *next = row + 1;

    if (row->argument != NULL) {
        (void)snprintf(text, size, "--%s%s", row->name, row->argument);
    } else if (next < options_rows + options_row_count && next->help == NULL) {
        (void)snprintf(text, size, "-%c, -%c", row->letter, next->letter);
    }
}

void options_help(char *text, size_t size)
{
    size_t used = (size_t)snprintf(text, size, "%s", help_head);

    for (size_t i = 0; i < options_row_count && used < size; i++) {
        char words[40] = "";

        if (options_rows[i].help != NULL) {
            option_words(&options_rows[i], words, sizeof words);
            used += (size_t)snprintf(text + used, size - used, "  %-22s %s\n", words,
                                     options_rows[i].help);
        }
    }
    if (used < size) {
        (void)snprintf(text + used, size - used, "%s", help_tail);
    }
}
