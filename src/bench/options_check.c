/* options_check.c - wishes that contradict each other: refused in a sentence, never ignored. */
#include <string.h>

#include "base/error.h"
#include "bench/options.h"

/* Which modes an option means something in. */
static const struct {
    const char *name;
    unsigned modes; /* bits by enum plan_mode */
    const char *why;
} meant_for[] = {
#define IN(mode) (1u << PLAN_##mode)
    {"depth", IN(ECHO), "only echo has several messages under way: use -n for more connections"},
    {"rate", IN(ECHO) | IN(HANDSHAKE), "stream has no rate but the path's, and idle sends nothing"},
    {"resume", IN(HANDSHAKE), "only handshake has handshakes to measure"},
    {"no-echo", IN(HANDSHAKE), "the other modes have nothing to measure without an echo"},
#undef IN
};

static int check_mode(enum plan_mode mode, const struct option_reader *reader,
                      struct secho_error *err)
{
    for (size_t i = 0; i < sizeof meant_for / sizeof meant_for[0]; i++) {
        if (options_given(reader, meant_for[i].name) && (meant_for[i].modes & 1u << mode) == 0) {
            return error_set(err, SECHO_ERR_USAGE, "--%s is not for %s: %s", meant_for[i].name,
                             bench_mode_name(mode), meant_for[i].why);
        }
    }
    return 0;
}

static const char *const of_tls[] = {"ca",       "cert", "key",     "server-name",
                                     "insecure", "tls",  "ciphers", "ciphersuites",
                                     "groups",   "alpn", "resume"};

static int check_plain(const struct option_reader *reader, struct secho_error *err)
{
    for (size_t i = 0; i < sizeof of_tls / sizeof of_tls[0]; i++) {
        if (options_given(reader, of_tls[i])) {
            return error_set(err, SECHO_ERR_USAGE,
                             "--plain is TCP without TLS, and --%s is about TLS: leave one away",
                             of_tls[i]);
        }
    }
    return 0;
}

/* -1 also where OpenSSL would take it: it would have no part in the run. */
static int check_suites(const struct options_way *way, struct secho_error *err)
{
    bool is_old = way->tls != NULL && strcmp(way->tls, "1.2") == 0;
    bool is_new = way->tls != NULL && strcmp(way->tls, "1.3") == 0;

    if (is_new && way->ciphers != NULL) {
        return error_set(err, SECHO_ERR_USAGE,
                         "--ciphers is for TLS 1.2, and --tls 1.3 leaves that out: use "
                         "--ciphersuites");
    }
    if (is_old && way->ciphersuites != NULL) {
        return error_set(err, SECHO_ERR_USAGE,
                         "--ciphersuites is for TLS 1.3, and --tls 1.2 leaves that out: use "
                         "--ciphers");
    }
    return 0;
}

int bench_check_run(const struct bench_options *options, const struct option_reader *reader,
                    struct secho_error *err)
{
    const struct plan *plan = &options->plan;

    if (check_mode(plan->mode, reader, err) != 0 ||
        (plan->plain && check_plain(reader, err) != 0) || check_suites(&options->way, err) != 0) {
        return -1;
    }
    if (options->html != NULL && strcmp(options->html, "-") == 0) {
        return error_set(err, SECHO_ERR_USAGE,
                         "--html writes a file, never stdout: name one (./- is called -)");
    }
    if (plan->threads > plan->connections) {
        return error_set(err, SECHO_ERR_USAGE,
                         "-t %d is more than -n %d: a thread without a connection does nothing",
                         plan->threads, plan->connections);
    }
    if (plan->no_echo && options_given(reader, "size")) {
        return error_set(err, SECHO_ERR_USAGE, "--no-echo sends nothing, so -s has no meaning");
    }
    return 0;
}

int bench_check_compare(const struct option_reader *reader, struct secho_error *err)
{
    for (size_t i = 0; i < reader->count; i++) {
        const char *name = reader->rows[i].name;

        if ((reader->given & UINT64_C(1) << i) != 0 && strcmp(name, "compare") != 0 &&
            strcmp(name, "json") != 0 && strcmp(name, "quiet") != 0) {
            return error_set(err, SECHO_ERR_USAGE,
                             "--compare only reads two files, so --%s has no meaning", name);
        }
    }
    return 0;
}
