/* options_table.h - every option of secho-client once: for getopt, the help and client.json. */
#ifndef SECHO_OPTIONS_TABLE_H
#define SECHO_OPTIONS_TABLE_H

#include "client/options.h"

enum option_type {
    OPTION_FLAG,
    OPTION_TEXT,
    OPTION_PATH, /* in client.json: relative to its folder */
    OPTION_DURATION,
    OPTION_VERSION, /* of TLS */
};

struct option_row {
    const char *name; /* long option and key of client.json */
    int letter;       /* or 0 */
    enum option_type type;
    bool in_file;         /* a key of client.json */
    size_t at;            /* offset in struct options */
    const char *argument; /* for the help; NULL: told by its letter */
    const char *help;     /* NULL: told with the row before */
};

extern const struct option_row option_rows[];
extern const size_t option_row_count;

void *option_value(struct options *options, const struct option_row *row);

/*
 * option_set - check a value and put it into the options.
 *
 *   text     for a flag it does not matter
 *   problem  set to what `text` must be, when -1 is returned
 */
MUST_CHECK int option_set(struct options *options, const struct option_row *row, const char *text,
                          const char **problem);

#endif
