/*
 * options_table.h - a command line as a table: one row for each option, for getopt_long(3), for
 * checking values, and for files with the same names. Knows no program: each has its own table.
 */
#ifndef SECHO_OPTIONS_TABLE_H
#define SECHO_OPTIONS_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <secho/error.h>

#include "base/attributes.h"

enum option_type {
    OPTION_FLAG,     /* bool */
    OPTION_STOP,     /* bool; what follows on the command line does not matter: -h */
    OPTION_TEXT,     /* const char *, not empty */
    OPTION_PATH,     /* the same; in a file: relative to its folder */
    OPTION_VERSION,  /* const char *: "1.2" or "1.3" */
    OPTION_PROXY,    /* int: "v1" or "v2" */
    OPTION_TIMEOUT,  /* int64_t, ms; "0s" is never, -1 */
    OPTION_DURATION, /* int64_t, ms: low..high */
    OPTION_SECONDS,  /* the same; a number without a unit is seconds, as ping(8) has it */
    OPTION_FRESH,    /* int, enum ping_connection: nothing or "full" is 1, "resume" is 2 */
    OPTION_SIZE,     /* size_t, bytes, with a unit or without: low..high */
    OPTION_WHOLE,    /* int: low..high */
    OPTION_REAL,     /* double: above 0, at most `high` */
    OPTION_SHARE,    /* double: 0..1, or "0%".."100%" */
};

struct option_row {
    const char *name; /* long option, and key of client.json */
    int letter;       /* or 0 */
    enum option_type type;
    bool in_file;         /* a key of client.json */
    size_t at;            /* offset of the value in what the table fills */
    const char *argument; /* for the help; NULL: told by its letter */
    const char *help;     /* NULL: told with the row before */
    int64_t low, high;    /* of numbers */
};

#define OPTION_ROWS_MAX 64 /* bits of `given` */

/* A table, and what it fills. */
struct option_reader {
    const struct option_row *rows;
    size_t count;   /* at most OPTION_ROWS_MAX */
    void *into;     /* the struct that the offsets of the rows count from */
    uint64_t given; /* bit i: row i was on the command line */
};

/*
 * options_read - read all options of a command line; the other words move to its end.
 *
 *   argv  stays in use: the texts point into it
 *
 * Returns the index of the first word that is no option (of no use after an OPTION_STOP), or -1
 * with SECHO_ERR_USAGE.
 */
MUST_CHECK int options_read(struct option_reader *reader, int argc, char **argv,
                            struct secho_error *err);

/* Was this option on the command line? `name` is that of a row. */
bool options_given(const struct option_reader *reader, const char *name);

void *option_value(void *into, const struct option_row *row);
size_t option_size(const struct option_row *row); /* bytes of the value */

#define OPTION_PROBLEM_SIZE 160

/*
 * option_set - check a value and put it into the options.
 *
 *   into     what the offset of the row counts from
 *   text     for a flag it does not matter
 *   problem  on failure: "be 1..64", what `text` must do
 */
MUST_CHECK int option_set(void *into, const struct option_row *row, const char *text,
                          char problem[static OPTION_PROBLEM_SIZE]);

/* "500ms", "10s", "5m", "1h"; "0s" is never (-1). 0, or -1 when it is no duration. */
MUST_CHECK int options_duration(const char *text, int64_t *ms);

#endif
