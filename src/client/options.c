#include "client/options.h"

#include <assert.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "client/options_table.h"

#define FIRST_LONG 256 /* what getopt_long() gives for row 0: no letter is as big */
#define ROWS_MAX   32  /* bits of `given` */

/* ---- the words: [MODE] HOST PORT ---- */

static const char *const modes[] = {"talk", "check", "ping", "report", "path", "resume"};

#define MODES_NOW 2 /* talk and check; the others come later */

static int mode_number(const char *word)
{
    for (int i = 0; i < (int)(sizeof modes / sizeof modes[0]); i++) {
        if (strcmp(modes[i], word) == 0) {
            return i;
        }
    }
    return -1;
}

static bool is_port(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    long port = strtol(text, NULL, 10);

    return digits > 0 && digits <= 5 && text[digits] == '\0' && port >= 1 && port <= 65535;
}

static int take_port(struct options *options, const char *text, struct secho_error *err)
{
    if (!is_port(text)) {
        return error_set(err, SECHO_ERR_USAGE, "PORT must be a number 1..65535, is \"%.60s\"",
                         text);
    }
    options->port = text;
    return 0;
}

static int wrong_words(int count, char **words, struct secho_error *err)
{
    if (count == 0) {
        return error_set(err, SECHO_ERR_USAGE, "HOST and PORT are missing");
    }
    if (count == 1) {
        return error_set(err, SECHO_ERR_USAGE,
                         "PORT is missing (HOST and PORT are two words), there is only \"%.60s\"",
                         words[0]);
    }
    return error_set(err, SECHO_ERR_USAGE, "too many words: \"%.60s\" is one after PORT", words[2]);
}

static int take_mode(struct options *options, int mode, struct secho_error *err)
{
    if (mode >= MODES_NOW) {
        return error_set(err, SECHO_ERR_USAGE, "the mode %s is not in this version", modes[mode]);
    }
    options->mode = mode == 1 ? OPTIONS_CHECK : OPTIONS_TALK;
    return 0;
}

static int take_words(struct options *options, int count, char **words, struct secho_error *err)
{
    int mode = count > 0 ? mode_number(words[0]) : -1;

    if (count == 3 && mode == -1 && is_port(words[2])) {
        return error_set(err, SECHO_ERR_USAGE, "\"%.60s\" is no mode: talk or check", words[0]);
    }
    if (mode != -1 && count > 2 && mode_number(words[1]) != -1 &&
        !(count == 3 && is_port(words[2]))) {
        return error_set(err, SECHO_ERR_USAGE, "two modes: %s and %s; one at a time", words[0],
                         words[1]);
    }
    if (mode != -1) {
        if (take_mode(options, mode, err) != 0) {
            return -1;
        }
        words++;
        count--;
    }
    if (count != 2) {
        return wrong_words(count, words, err);
    }
    options->host = words[0];
    if (words[0][0] == '\0') {
        return error_set(err, SECHO_ERR_USAGE, "HOST is empty");
    }
    return take_port(options, words[1], err);
}

/* ---- the options ---- */

static const struct option_row *row_of(int found)
{
    if (found >= FIRST_LONG) {
        return &option_rows[found - FIRST_LONG];
    }
    for (size_t i = 0; i < option_row_count; i++) {
        if (option_rows[i].letter == found) {
            return &option_rows[i];
        }
    }
    return NULL;
}

static int no_option(char **argv, bool value_missing, struct secho_error *err)
{
    const char *word = argv[optind - 1];

    if (value_missing) {
        return error_set(err, SECHO_ERR_USAGE, "%.60s needs a value", word);
    }
    if (optopt > 0 && optopt < FIRST_LONG) {
        return error_set(err, SECHO_ERR_USAGE, "unknown option -%c", optopt);
    }
    if (optopt >= FIRST_LONG) { /* a known one: with "=value" where none belongs */
        return error_set(err, SECHO_ERR_USAGE, "--%s takes no value",
                         option_rows[optopt - FIRST_LONG].name);
    }
    return error_set(err, SECHO_ERR_USAGE, "unknown option %.60s", word);
}

static int take_option(struct options *options, int found, const char *value,
                       struct secho_error *err)
{
    const struct option_row *row = row_of(found);
    const char *problem = "";

    if (row->letter == 'h' || row->letter == 'V') {
        options->mode = row->letter == 'h' ? OPTIONS_HELP : OPTIONS_VERSION;
        return 0;
    }
    options->given |= 1u << (row - option_rows);
    if (option_set(options, row, value, &problem) != 0) {
        return error_set(err, SECHO_ERR_USAGE, "--%s must %s, is \"%.60s\"", row->name, problem,
                         value);
    }
    return 0;
}

/* What getopt_long(3) wants, from the table. */
static void for_getopt(struct option longs[static ROWS_MAX + 1], char shorts[static 32])
{
    size_t n = 0;

    assert(option_row_count <= ROWS_MAX);
    shorts[n++] = ':'; /* tell a missing value from an unknown option */
    for (size_t i = 0; i < option_row_count; i++) {
        int has_value = option_rows[i].type == OPTION_FLAG ? no_argument : required_argument;

        longs[i] = (struct option){option_rows[i].name, has_value, NULL, FIRST_LONG + (int)i};
        if (option_rows[i].letter != 0) {
            shorts[n++] = (char)option_rows[i].letter;
        }
    }
    longs[option_row_count] = (struct option){0};
    shorts[n] = '\0';
}

static int check_pairs(const struct options *options, struct secho_error *err)
{
    if (options->ipv4 && options->ipv6) {
        return error_set(err, SECHO_ERR_USAGE, "-4 and -6 leave no address");
    }
    if (options->verbose && options->quiet) {
        return error_set(err, SECHO_ERR_USAGE, "-v and -q contradict each other");
    }
    if (options->json && options->mode == OPTIONS_TALK) {
        return error_set(err, SECHO_ERR_USAGE,
                         "--json is for check: stdout of talk is what comes back");
    }
    return 0;
}

int options_parse(int argc, char **argv, struct options *out, struct secho_error *err)
{
    struct option longs[ROWS_MAX + 1];
    char shorts[32];
    int found;

    *out = (struct options){.mode = OPTIONS_TALK};
    for_getopt(longs, shorts);
    optind = 0; /* glibc: start anew */
    opterr = 0;
    while ((found = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
        if (found == '?' || found == ':') {
            return no_option(argv, found == ':', err);
        }
        if (take_option(out, found, optarg, err) != 0) {
            return -1;
        }
        if (out->mode != OPTIONS_TALK) { /* -h and -V: the rest does not matter */
            return 0;
        }
    }
    if (out->explain != NULL) {
        out->mode = OPTIONS_EXPLAIN;
        return 0;
    }
    if (take_words(out, argc - optind, argv + optind, err) != 0) {
        return -1;
    }
    return check_pairs(out, err);
}

void options_free(struct options *options)
{
    for (size_t i = 0; i < options->owned_count; i++) {
        free(options->owned[i]);
    }
    options->owned_count = 0;
}

void options_settings(const struct options *options, struct secho_client_settings *out)
{
    *out = (struct secho_client_settings){
        .host = options->host,
        .port = options->port,
        .server_name = options->server_name,
        .ca_file = options->ca,
        .cert_file = options->cert,
        .key_file = options->key,
        .min_version = options->tls,
        .max_version = options->tls,
        .ciphers = options->ciphers,
        .ciphersuites = options->ciphersuites,
        .groups = options->groups,
        .alpn = options->alpn,
        .family = options->ipv4   ? 4
                  : options->ipv6 ? 6
                                  : 0,
        .timeout_ms = options->timeout_ms,
    };
}
