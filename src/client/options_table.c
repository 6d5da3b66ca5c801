#include "client/options_table.h"

#include <assert.h>
#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "client/ping_plan.h"
#include "config/units.h"

#define FIRST_LONG 256 /* what getopt_long() gives for row 0: no letter is as big */

void *option_value(void *into, const struct option_row *row)
{
    return (char *)into + row->at;
}

size_t option_size(const struct option_row *row)
{
    switch (row->type) {
    case OPTION_FLAG:
    case OPTION_STOP:
        return sizeof(bool);
    case OPTION_TIMEOUT:
    case OPTION_DURATION:
    case OPTION_SECONDS:
        return sizeof(int64_t);
    case OPTION_SIZE:
        return sizeof(size_t);
    case OPTION_PROXY:
    case OPTION_WHOLE:
    case OPTION_FRESH:
        return sizeof(int);
    case OPTION_REAL:
    case OPTION_SHARE:
        return sizeof(double);
    case OPTION_TEXT:
    case OPTION_PATH:
    case OPTION_VERSION:
    default:
        return sizeof(char *);
    }
}

/* ---- values ---- */

int options_duration(const char *text, int64_t *ms)
{
    int64_t value = 0;

    if (!units_read_duration(text, &value) || value > INT32_MAX) {
        return -1; /* 24 days: poll(2) counts no further */
    }
    *ms = value > 0 ? value : -1;
    return 0;
}

static bool is_digits(const char *text)
{
    return text[0] != '\0' && text[strspn(text, "0123456789")] == '\0';
}

static int set_text(void *value, const struct option_row *row, const char *text, char *problem)
{
    bool fits = row->type == OPTION_VERSION ? strcmp(text, "1.2") == 0 || strcmp(text, "1.3") == 0
                                            : text[0] != '\0';

    (void)snprintf(problem, OPTION_PROBLEM_SIZE, "%s",
                   row->type == OPTION_VERSION ? "be 1.2 or 1.3" : "not be empty");
    if (fits) {
        *(const char **)value = text;
    }
    return fits ? 0 : -1;
}

static int set_proxy(void *value, const char *text, char *problem)
{
    bool fits = strcmp(text, "v1") == 0 || strcmp(text, "v2") == 0;

    (void)snprintf(problem, OPTION_PROBLEM_SIZE, "be v1 or v2");
    if (fits) {
        *(int *)value = text[1] - '0';
    }
    return fits ? 0 : -1;
}

static int set_duration(void *value, const struct option_row *row, const char *text, char *problem)
{
    char low[UNITS_TEXT_SIZE], high[UNITS_TEXT_SIZE];
    int64_t ms = 0;

    units_print_duration(row->low, low);
    units_print_duration(row->high, high);
    (void)snprintf(problem, OPTION_PROBLEM_SIZE,
                   "be a duration with its unit (500ms, 10s, 5m), %s to %s", low, high);
    if (!units_read_duration(text, &ms) || ms < row->low || ms > row->high) {
        return -1;
    }
    *(int64_t *)value = ms;
    return 0;
}

static int set_size(void *value, const struct option_row *row, const char *text, char *problem)
{
    char low[UNITS_TEXT_SIZE], high[UNITS_TEXT_SIZE], with_unit[32];
    int64_t bytes = 0;

    units_print_size(row->low, low);
    units_print_size(row->high, high);
    (void)snprintf(problem, OPTION_PROBLEM_SIZE, "be a size (64, 64B, 16KiB, 1MiB), %s to %s", low,
                   high);
    (void)snprintf(with_unit, sizeof with_unit, "%.24s%s", text, is_digits(text) ? "B" : "");
    if (strlen(text) > 24 || !units_read_size(with_unit, &bytes) || bytes < row->low ||
        bytes > row->high) {
        return -1;
    }
    *(size_t *)value = (size_t)bytes;
    return 0;
}

static int set_whole(void *value, const struct option_row *row, const char *text, char *problem)
{
    long number = strtol(text, NULL, 10);

    (void)snprintf(problem, OPTION_PROBLEM_SIZE, "be %" PRId64 "..%" PRId64, row->low, row->high);
    if (!is_digits(text) || strlen(text) > 18 || number < row->low || number > row->high) {
        return -1;
    }
    *(int *)value = (int)number;
    return 0;
}

/* Digits with one point at most: what strtod(3) knows besides (hex, "inf") is nobody's wish. */
static bool read_real(const char *text, size_t len, double *out)
{
    size_t whole = strspn(text, "0123456789");
    size_t part = text[whole] == '.' ? strspn(text + whole + 1, "0123456789") : 0;

    if (whole == 0 || whole + (text[whole] == '.' ? 1 + part : 0) != len) {
        return false;
    }
    *out = strtod(text, NULL);
    return isfinite(*out);
}

static int set_real(void *value, const struct option_row *row, const char *text, char *problem)
{
    double number = 0;

    (void)snprintf(problem, OPTION_PROBLEM_SIZE,
                   "be a number above 0, such as 1000 or 0.5, and at most %" PRId64, row->high);
    if (!read_real(text, strlen(text), &number) || number <= 0 || number > (double)row->high) {
        return -1;
    }
    *(double *)value = number;
    return 0;
}

/* "0.2" is 0.2 s, as ping(8) has it; with a unit a duration like all others. */
static int set_seconds(void *value, const struct option_row *row, const char *text, char *problem)
{
    double seconds = 0;

    if (!read_real(text, strlen(text), &seconds)) {
        return set_duration(value, row, text, problem);
    }
    if (seconds * 1000 < (double)row->low || seconds * 1000 > (double)row->high) {
        (void)set_duration(value, row, "", problem);
        return -1;
    }
    *(int64_t *)value = (int64_t)(seconds * 1000 + 0.5);
    return 0;
}

static int set_fresh(void *value, const char *text, char *problem)
{
    bool resume = text != NULL && strcmp(text, "resume") == 0;

    (void)snprintf(problem, OPTION_PROBLEM_SIZE, "be full or resume");
    if (text != NULL && !resume && strcmp(text, "full") != 0) {
        return -1;
    }
    *(int *)value = resume ? PING_RESUME : PING_FULL;
    return 0;
}

static int set_share(void *value, const char *text, char *problem)
{
    size_t len = strlen(text);
    bool percent = len > 0 && text[len - 1] == '%';
    double number = 0;

    (void)snprintf(problem, OPTION_PROBLEM_SIZE, "be a share of 0..1, such as 0.5 or 50%%");
    if (!read_real(text, percent ? len - 1 : len, &number) || number > (percent ? 100 : 1)) {
        return -1;
    }
    *(double *)value = percent ? number / 100 : number;
    return 0;
}

int option_set(void *into, const struct option_row *row, const char *text,
               char problem[static OPTION_PROBLEM_SIZE])
{
    void *value = option_value(into, row);

    switch (row->type) {
    case OPTION_FLAG:
    case OPTION_STOP:
        *(bool *)value = true;
        return 0;
    case OPTION_PROXY:
        return set_proxy(value, text, problem);
    case OPTION_TIMEOUT:
        (void)snprintf(problem, OPTION_PROBLEM_SIZE,
                       "be a duration with its unit (500ms, 10s, 5m; 0s is never)");
        return options_duration(text, value);
    case OPTION_DURATION:
        return set_duration(value, row, text, problem);
    case OPTION_SECONDS:
        return set_seconds(value, row, text, problem);
    case OPTION_FRESH:
        return set_fresh(value, text, problem);
    case OPTION_SIZE:
        return set_size(value, row, text, problem);
    case OPTION_WHOLE:
        return set_whole(value, row, text, problem);
    case OPTION_REAL:
        return set_real(value, row, text, problem);
    case OPTION_SHARE:
        return set_share(value, text, problem);
    case OPTION_TEXT:
    case OPTION_PATH:
    case OPTION_VERSION:
    default:
        return set_text(value, row, text, problem);
    }
}

/* ---- the command line ---- */

static const struct option_row *row_of(const struct option_reader *reader, int found)
{
    if (found >= FIRST_LONG) {
        return &reader->rows[found - FIRST_LONG];
    }
    for (size_t i = 0; i < reader->count; i++) {
        if (reader->rows[i].letter == found) {
            return &reader->rows[i];
        }
    }
    return NULL;
}

static int no_option(const struct option_reader *reader, char **argv, bool value_missing,
                     struct secho_error *err)
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
                         reader->rows[optopt - FIRST_LONG].name);
    }
    return error_set(err, SECHO_ERR_USAGE, "unknown option %.60s", word);
}

static int take_option(struct option_reader *reader, const struct option_row *row,
                       const char *value, struct secho_error *err)
{
    char problem[OPTION_PROBLEM_SIZE] = "";

    reader->given |= UINT64_C(1) << (row - reader->rows);
    if (option_set(reader->into, row, value, problem) != 0) {
        return error_set(err, SECHO_ERR_USAGE, "--%s must %s, is \"%.60s\"", row->name, problem,
                         value);
    }
    return 0;
}

/* What getopt_long(3) wants, from the table. */
static void for_getopt(const struct option_reader *reader,
                       struct option longs[static OPTION_ROWS_MAX + 1],
                       char shorts[static 2 * OPTION_ROWS_MAX + 2])
{
    size_t n = 0;

    assert(reader->count <= OPTION_ROWS_MAX);
    shorts[n++] = ':'; /* tell a missing value from an unknown option */
    for (size_t i = 0; i < reader->count; i++) {
        const struct option_row *row = &reader->rows[i];
        bool alone = row->type == OPTION_FLAG || row->type == OPTION_STOP;

        longs[i] = (struct option){row->name,
                                   alone                       ? no_argument
                                   : row->type == OPTION_FRESH ? optional_argument
                                                               : required_argument,
                                   NULL, FIRST_LONG + (int)i};
        if (row->letter != 0) {
            shorts[n++] = (char)row->letter;
        }
        if (row->letter != 0 && !alone) {
            shorts[n++] = ':';
        }
    }
    longs[reader->count] = (struct option){0};
    shorts[n] = '\0';
}

int options_read(struct option_reader *reader, int argc, char **argv, struct secho_error *err)
{
    struct option longs[OPTION_ROWS_MAX + 1];
    char shorts[2 * OPTION_ROWS_MAX + 2];
    int found;

    for_getopt(reader, longs, shorts);
    optind = 0; /* glibc: start anew */
    opterr = 0;
    while ((found = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
        if (found == '?' || found == ':') {
            return no_option(reader, argv, found == ':', err);
        }
        const struct option_row *row = row_of(reader, found);

        if (take_option(reader, row, optarg, err) != 0) {
            return -1;
        }
        if (row->type == OPTION_STOP) {
            break;
        }
    }
    return optind;
}

bool options_given(const struct option_reader *reader, const char *name)
{
    for (size_t i = 0; i < reader->count; i++) {
        if (strcmp(reader->rows[i].name, name) == 0) {
            return (reader->given & UINT64_C(1) << i) != 0;
        }
    }
    return false;
}
