#include "bench/options.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

#define DAY_MS INT64_C(86400000)

/* ---- the table ---- */

/* clang-format off */
const struct option_row bench_rows[] = {
#define AT(member)   offsetof(struct bench_options, member)
#define WAY(member)  AT(way.member)
#define PLAN(member) AT(plan.member)
    OPTIONS_WAY_ROWS(WAY),
    {"connections", 'n', OPTION_WHOLE, false, PLAN(connections), NULL, NULL, 1, PLAN_CONNECTIONS_MAX},
    {"threads", 't', OPTION_WHOLE, false, PLAN(threads), NULL, NULL, 1, PLAN_THREADS_MAX},
    {"duration", 'd', OPTION_DURATION, false, PLAN(duration_ms), NULL, NULL, 1, DAY_MS},
    {"warmup", 0, OPTION_DURATION, false, PLAN(warmup_ms), NULL, NULL, 0, DAY_MS},
    {"ramp", 0, OPTION_DURATION, false, PLAN(ramp_ms), NULL, NULL, 0, DAY_MS},
    {"size", 's', OPTION_SIZE, false, PLAN(size), NULL, NULL, 1, PLAN_SIZE_MAX},
    {"depth", 0, OPTION_WHOLE, false, PLAN(depth), NULL, NULL, 1, PLAN_DEPTH_MAX},
    {"rate", 0, OPTION_REAL, false, PLAN(rate), NULL, NULL, 0, 100000000},
    {"resume", 0, OPTION_SHARE, false, PLAN(resume), NULL, NULL, 0, 1},
    {"no-echo", 0, OPTION_FLAG, false, PLAN(no_echo), NULL, NULL, 0, 0},
    {"plain", 0, OPTION_FLAG, false, PLAN(plain), NULL, NULL, 0, 0},
    {"pid", 0, OPTION_TEXT, false, AT(pids), NULL, NULL, 0, 0},
    {"json", 0, OPTION_FLAG, false, AT(json), NULL, NULL, 0, 0},
    {"html", 0, OPTION_PATH, false, AT(html), NULL, NULL, 0, 0},
    {"compare", 0, OPTION_PATH, false, AT(before), NULL, NULL, 0, 0},
    {"quiet", 'q', OPTION_FLAG, false, AT(quiet), NULL, NULL, 0, 0},
    {"version", 'V', OPTION_STOP, false, AT(version), NULL, NULL, 0, 0},
    {"help", 'h', OPTION_STOP, false, AT(help), NULL, NULL, 0, 0},
    {"explain", 0, OPTION_TEXT, false, AT(explain), NULL, NULL, 0, 0},
#undef PLAN
#undef WAY
#undef AT
};
/* clang-format on */

const size_t bench_row_count = sizeof bench_rows / sizeof bench_rows[0];

/* By hand: one row for each option would not fit a terminal. A test looks for every name. */
const char *bench_options_help(void)
{
    return "usage: secho-bench [options] MODE HOST PORT\n"
           "       secho-bench [--json] --compare A.json B.json\n"
           "Loads a TLS echo server, compares every byte that comes back, measures. MODE:\n"
           "  echo       messages there and back   stream  as many bytes as the path takes\n"
           "  handshake  connect, echo, close      idle    connect, echo once, hold\n"
           "  -n, --connections N  at a time (10)    -t, --threads N    of ours (1)\n"
           "  -d, --duration TIME  to measure (10s)  --warmup TIME      before that (1s)\n"
           "  -s, --size SIZE  of a message (64B,   --ramp TIME  to open connections (0s)\n"
           "      stream: 16KiB)                    --depth N  echo: messages under way (1)\n"
           "  --rate N         open loop: so many messages (handshakes) a second, in all\n"
           "  --resume RATIO   handshake: share that resumes a session, 0.5 or 50%\n"
           "  --no-echo        handshake: without its echo    --plain  TCP without TLS\n"
           "  --pid PID[,PID]  of the server, on this machine: what it costs there\n"
           "  --json           one object on stdout         --html FILE  a page with plots\n"
           "  -q, --quiet      only errors   -V, --version   -h, --help   --explain CODE\n"
           "As in secho-client: --ca FILE  --cert FILE  --key FILE  --server-name NAME\n"
           "  --insecure  -4, --ipv4  -6, --ipv6  --tls 1.2|1.3  --ciphers LIST\n"
           "  --ciphersuites LIST  --groups LIST  --alpn A,B  --timeout 10s\n"
           "exit: 0 all came back, 64 usage, 65 wrong or missing bytes, 66 file, 68 name,\n"
           "  69 unreachable, 71 system, 75 time, 76 TLS, 77 certificate, 78 configuration\n";
}

/* ---- MODE HOST PORT ---- */

static const char *const modes[] = {
    [PLAN_ECHO] = "echo",
    [PLAN_STREAM] = "stream",
    [PLAN_HANDSHAKE] = "handshake",
    [PLAN_IDLE] = "idle",
};

const char *bench_mode_name(enum plan_mode mode)
{
    return modes[mode];
}

static int take_mode(struct plan *plan, const char *word, struct secho_error *err)
{
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        if (strcmp(modes[i], word) == 0) {
            plan->mode = (enum plan_mode)i;
            return 0;
        }
    }
    return error_set(err, SECHO_ERR_USAGE,
                     "\"%.60s\" is no mode: MODE HOST PORT, with echo, stream, handshake or idle",
                     word);
}

static int take_words(struct bench_options *options, int count, char **words,
                      struct secho_error *err)
{
    if (count == 0) {
        return error_set(err, SECHO_ERR_USAGE, "MODE, HOST and PORT are missing");
    }
    if (take_mode(&options->plan, words[0], err) != 0) {
        return -1;
    }
    return options_take_target(&options->way, count - 1, words + 1, err);
}

/* ---- --pid ---- */

static int wrong_pid(const char *pids, struct secho_error *err)
{
    return error_set(err, SECHO_ERR_USAGE,
                     "--pid must be process numbers with commas between them, at most %d and none "
                     "twice, is \"%.60s\"",
                     PLAN_PIDS_MAX, pids);
}

static bool has_pid(const struct plan *plan, int pid)
{
    for (size_t i = 0; i < plan->pid_count; i++) {
        if (plan->pids[i] == pid) {
            return true;
        }
    }
    return false;
}

static int take_pids(struct plan *plan, const char *pids, struct secho_error *err)
{
    const char *at = pids;
    size_t digits;

    do {
        digits = strspn(at, "0123456789");
        long pid = strtol(at, NULL, 10);

        if (digits == 0 || digits > 9 || pid < 1 || has_pid(plan, (int)pid) ||
            plan->pid_count == PLAN_PIDS_MAX) {
            return wrong_pid(pids, err);
        }
        plan->pids[plan->pid_count++] = (int)pid;
        at += digits;
    } while (*at++ == ',');
    return at[-1] == '\0' ? 0 : wrong_pid(pids, err);
}

/* ---- all of it ---- */

static int parse_run(struct bench_options *options, const struct option_reader *reader, int count,
                     char **words, struct secho_error *err)
{
    struct plan *plan = &options->plan;

    if (take_words(options, count, words, err) != 0 || options_check_way(&options->way, err) != 0 ||
        (options->pids != NULL && take_pids(plan, options->pids, err) != 0)) {
        return -1;
    }
    if (plan->mode == PLAN_STREAM && !options_given(reader, "size")) {
        plan->size = 16384; /* the largest record of TLS */
    }
    options_way_settings(&options->way, &plan->way);
    plan->insecure = options->way.insecure;
    return bench_check_run(options, reader, err);
}

static int parse_compare(struct bench_options *options, const struct option_reader *reader,
                         int count, char **words, struct secho_error *err)
{
    options->task = BENCH_COMPARE;
    if (count != 1) {
        return error_set(err, SECHO_ERR_USAGE,
                         "--compare takes two files, A.json and B.json, and no MODE");
    }
    options->after = words[0];
    return bench_check_compare(reader, err);
}

int bench_options_parse(int argc, char **argv, struct bench_options *out, struct secho_error *err)
{
    struct option_reader reader = {bench_rows, bench_row_count, out, 0};

    *out = (struct bench_options){
        .plan = {.connections = 10, .threads = 1, .duration_ms = 10000, .warmup_ms = 1000},
    };
    out->plan.size = 64;
    out->plan.depth = 1;
    int first = options_read(&reader, argc, argv, err);

    if (first < 0) {
        return -1;
    }
    if (out->help || out->version || out->explain != NULL) { /* the rest does not matter */
        out->task = out->help ? BENCH_HELP : out->version ? BENCH_VERSION : BENCH_EXPLAIN;
        return 0;
    }
    if (out->before != NULL) {
        return parse_compare(out, &reader, argc - first, argv + first, err);
    }
    return parse_run(out, &reader, argc - first, argv + first, err);
}
