#include "client/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

/* ---- the table ---- */

enum type {
    FLAG,
    TEXT,
    PATH, /* in client.json: relative to its folder */
    DURATION,
    VERSION,
    ONLY_COMMAND_LINE = 16, /* not in client.json */
};

static const struct row {
    const char *name; /* long option and key of client.json */
    int letter;       /* or 0 */
    enum type type;
    size_t at;            /* offset in struct options */
    const char *argument; /* for the help */
    const char *help;     /* NULL: told with the row before */
} table[] = {
#define AT(member) offsetof(struct options, member)
    {"ca", 0, PATH, AT(ca), " FILE", "trust these certificates (PEM), not the system's"},
    {"cert", 0, PATH, AT(cert), " FILE", "our certificate and its chain (PEM)"},
    {"key", 0, PATH, AT(key), " FILE", "its key (PEM); default: in the file of --cert"},
    {"server-name", 0, TEXT, AT(server_name), " NAME", "for SNI and certificate; default: HOST"},
    {"insecure", 0, FLAG, AT(insecure), "", "verify nothing: anybody may answer"},
    {"ipv4", '4', FLAG, AT(ipv4), NULL, "IPv4 only; IPv6 only"},
    {"ipv6", '6', FLAG, AT(ipv6), NULL, NULL},
    {"tls", 0, VERSION, AT(tls), " 1.2|1.3", "this version only"},
    {"ciphers", 0, TEXT, AT(ciphers), " LIST", "suites of TLS 1.2, OpenSSL's names"},
    {"ciphersuites", 0, TEXT, AT(ciphersuites), " LIST", "suites of TLS 1.3"},
    {"groups", 0, TEXT, AT(groups), " LIST", "for the key exchange, best first"},
    {"alpn", 0, TEXT, AT(alpn), " A,B", "application protocols to offer"},
    {"timeout", 0, DURATION, AT(timeout_ms), " 10s", "for each: resolve, connect, TLS, echo"},
    {"json", 0, FLAG, AT(json), "", "check: one JSON object on stdout"},
    {"verbose", 'v', FLAG, AT(verbose), NULL, "tell every stage; say nothing but errors"},
    {"quiet", 'q', FLAG, AT(quiet), NULL, NULL},
    {"config", 0, TEXT | ONLY_COMMAND_LINE, AT(config), " FILE",
     "JSON with the same names as the options"},
    {"version", 'V', FLAG | ONLY_COMMAND_LINE, 0, NULL, "version and parts; this help"},
    {"help", 'h', FLAG | ONLY_COMMAND_LINE, 0, NULL, NULL},
    {"explain", 0, TEXT | ONLY_COMMAND_LINE, AT(explain), " CODE",
     "what a code means and what to do"},
#undef AT
};

#define ROW_COUNT  (sizeof table / sizeof table[0])
#define FIRST_LONG 256 /* what getopt_long() gives for row 0: no letter is as big */

static enum type type_of(const struct row *row)
{
    return row->type & ~(unsigned)ONLY_COMMAND_LINE;
}

static void *value_at(struct options *options, const struct row *row)
{
    return (char *)options + row->at;
}

/* ---- values ---- */

int options_duration(const char *text, int64_t *ms)
{
    static const struct {
        const char *name;
        int64_t ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}};
    size_t digits = strspn(text, "0123456789");

    if (digits == 0 || digits > 9) {
        return -1;
    }
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(text + digits, units[i].name) == 0) {
            int64_t total = (int64_t)strtol(text, NULL, 10) * units[i].ms;

            if (total > INT32_MAX) { /* 24 days: poll(2) counts no further */
                return -1;
            }
            *ms = total > 0 ? total : -1;
            return 0;
        }
    }
    return -1;
}

/* `name` stands for the option in messages: "--timeout" or a pointer in a file. */
static int set_value(struct options *options, const struct row *row, const char *name,
                     const char *text, struct secho_error *err)
{
    switch (type_of(row)) {
    case FLAG:
        *(bool *)value_at(options, row) = true;
        return 0;
    case DURATION:
        if (options_duration(text, value_at(options, row)) != 0) {
            return error_set(err, SECHO_ERR_USAGE,
                             "%s must be a duration with its unit (\"500ms\", \"10s\", \"5m\"; "
                             "\"0s\" is never), is \"%.60s\"",
                             name, text);
        }
        return 0;
    case VERSION:
        if (strcmp(text, "1.2") != 0 && strcmp(text, "1.3") != 0) {
            return error_set(err, SECHO_ERR_USAGE, "%s must be 1.2 or 1.3, is \"%.60s\"", name,
                             text);
        }
        break;
    case TEXT:
    case PATH:
    case ONLY_COMMAND_LINE:
    default:
        break;
    }
    if (text[0] == '\0') {
        return error_set(err, SECHO_ERR_USAGE, "%s is empty", name);
    }
    *(const char **)value_at(options, row) = text;
    return 0;
}

/* ---- the command line ---- */

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

/* [MODE] HOST PORT */
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

static const struct row *row_of(int found)
{
    if (found >= FIRST_LONG) {
        return &table[found - FIRST_LONG];
    }
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (table[i].letter == found) {
            return &table[i];
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
                         table[optopt - FIRST_LONG].name);
    }
    return error_set(err, SECHO_ERR_USAGE, "unknown option %.60s", word);
}

static int take_option(struct options *options, int found, const char *value,
                       struct secho_error *err)
{
    const struct row *row = row_of(found);
    char name[32];

    if (row->letter == 'h' || row->letter == 'V') {
        options->mode = row->letter == 'h' ? OPTIONS_HELP : OPTIONS_VERSION;
        return 0;
    }
    (void)snprintf(name, sizeof name, "--%s", row->name);
    options->given |= 1u << (row - table);
    return set_value(options, row, name, value, err);
}

/* What getopt_long(3) wants, from the table. */
static void for_getopt(struct option longs[static ROW_COUNT + 1], char shorts[static 32])
{
    size_t n = 0;

    shorts[n++] = ':'; /* tell a missing value from an unknown option */
    for (size_t i = 0; i < ROW_COUNT; i++) {
        int has_value = type_of(&table[i]) == FLAG ? no_argument : required_argument;

        longs[i] = (struct option){table[i].name, has_value, NULL, FIRST_LONG + (int)i};
        if (table[i].letter != 0) {
            shorts[n++] = (char)table[i].letter;
        }
    }
    longs[ROW_COUNT] = (struct option){0};
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
    struct option longs[ROW_COUNT + 1];
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

int options_load(struct options *options, struct secho_error *err)
{
    if (options->config != NULL) {
        return error_set(err, SECHO_ERR_USAGE, "--config is not in this version");
    }
    return 0;
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

/* ---- the help ---- */

static const char help_head[] =
    "usage: secho-client [options] [MODE] HOST PORT\n"
    "Proves that bytes come back from a TLS echo server. MODE:\n"
    "  talk    the default: a prompt on a terminal (q quits), a filter in a pipe\n"
    "  check   random bytes there and back: one line and an exit code\n";

static const char help_tail[] =
    "exit: 0 proven, 64 usage, 65 wrong or missing bytes, 66 file, 68 name,\n"
    "  69 unreachable, 71 system, 75 time, 76 TLS, 77 certificate, 78 configuration\n";

/* "-v, -q" for rows that are told together, else "--ca FILE". */
static void option_words(const struct row *row, char *text, size_t size)
{
    const struct row *next = row + 1;

    if (row->argument != NULL) {
        (void)snprintf(text, size, "--%s%s", row->name, row->argument);
    } else if (next < table + ROW_COUNT && next->help == NULL) {
        (void)snprintf(text, size, "-%c, -%c", row->letter, next->letter);
    }
}

void options_help(char *text, size_t size)
{
    size_t used = (size_t)snprintf(text, size, "%s", help_head);

    for (size_t i = 0; i < ROW_COUNT && used < size; i++) {
        char words[40] = "";

        if (table[i].help != NULL) {
            option_words(&table[i], words, sizeof words);
            used +=
                (size_t)snprintf(text + used, size - used, "  %-20s %s\n", words, table[i].help);
        }
    }
    if (used < size) {
        (void)snprintf(text + used, size - used, "%s", help_tail);
    }
}
