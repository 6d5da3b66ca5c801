/*
 * options.h - what a person asks secho-client for: command line and client.json.
 *
 * One table of options drives getopt_long(3), the help and the keys of the file.
 */
#ifndef SECHO_OPTIONS_H
#define SECHO_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include <secho/config.h>

#include "base/attributes.h"
#include "client/options_way.h"
#include "client/ping_plan.h"

enum options_mode {
    OPTIONS_TALK,
    OPTIONS_CHECK,
    OPTIONS_PING,
    OPTIONS_RESUME,
    OPTIONS_REPORT,
    OPTIONS_PATH,
    OPTIONS_HELP,
    OPTIONS_VERSION,
    OPTIONS_EXPLAIN,
};

#define OPTIONS_STRINGS_MAX 32 /* at least one for each text in the table */

struct options {
    enum options_mode mode;
    struct options_way way;
    int proxy_protocol; /* version of the header to send; 0: none */
    struct ping_plan ping;
    const char *sess_in, *sess_out;
    char **targets; /* of the mode resume: so many words of the command line */
    int target_count;
    int resume;      /* check, ping: so many connections more; 0: none */
    int64_t idle_ms; /* path: the longest silence to try; 0: none */
    bool early_data;
    bool json, verbose, quiet, help, version;
    const char *config; /* path, or NULL: the default one */
    const char *explain;

    uint64_t given; /* bit i: row i of the table was on the command line */
    char *owned[OPTIONS_STRINGS_MAX];
    size_t owned_count;
};

extern const struct option_row options_rows[];
extern const size_t options_row_count;

/*
 * options_parse - read the command line.
 *
 *   argv  stays in use: the texts point into it
 *
 * Does not read client.json: options_load() does. Fails with SECHO_ERR_USAGE.
 */
MUST_CHECK int options_parse(int argc, char **argv, struct options *out, struct secho_error *err);

/*
 * options_load - fill in from client.json what was not on the command line.
 *
 *   report  called once for each problem: "FILE:LINE:COLUMN: POINTER: words"
 *
 * Reads options->config, or the default file if it is there. Fails with SECHO_ERR_FILE when it
 * cannot be read, SECHO_ERR_CONFIG when there was a problem (err says only how many).
 */
MUST_CHECK int options_load(struct options *options, secho_problem_fn *report, void *context,
                            struct secho_error *err);

void options_free(struct options *options);

/* The help: at most 23 lines of 80 columns, each ending in a newline. */
void options_help(char *text, size_t size);

#endif
