/* read.h - JSON to fields, by the table of keys. */
#ifndef SECHO_READ_H
#define SECHO_READ_H

#include "config/keys.h"
#include "config/problems.h"

struct reader {
    struct problems *problems;
    const char *folder; /* of the file with its slash: goes in front of relative paths */
    size_t folder_len;
    bool refused; /* inside of a group that was refused as a whole */
};

/* A value, its row, and the struct that its field is in. */
struct slot {
    const struct json_at *at;
    const struct config_key *key;
    void *base;
};

/* Reads a value that is no group and no list into its field. Was it right? */
bool read_value(struct reader *reader, const struct slot *slot);

/* Notes "must be WHAT, is the string "abc"; ADVICE". Returns false. */
bool read_wrong_type(struct reader *reader, const struct json_at *at, const char *what,
                     const char *advice);

/* Is it an array with as many items as the row allows? */
bool read_is_array(struct reader *reader, const struct slot *slot, size_t *count);

/*
 * Reads an object into the struct of its section, which has its defaults. A value that is wrong
 * becomes a problem and its field keeps the default.
 */
void read_section(struct reader *reader, const struct json_at *object, enum config_section section,
                  void *base);

/* Is it a string with this value? */
bool read_is(const struct json_at *at, const char *text);

/* Has this listener no TLS: is its transport tcp or udp? */
bool read_is_plain(const struct json_at *listener);

#endif
