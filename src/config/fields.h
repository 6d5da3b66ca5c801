/* fields.h - the fields that the table of keys describes: defaults, texts, and giving back. */
#ifndef SECHO_FIELDS_H
#define SECHO_FIELDS_H

#include <stdbool.h>

#include "base/attributes.h"
#include "config/config.h"
#include "config/keys.h"

/* The field of a key, in the struct of its section. */
void *fields_at(const struct config_key *key, void *base);
const void *fields_in(const struct config_key *key, const void *base);

/* Fills every field of a zeroed section, groups in it too. -1: no memory. */
MUST_CHECK int fields_default(enum config_section section, void *base);

/* Puts a copy of `prefix` (of `prefix_len` bytes) and `text` into a text. -1: no memory. */
MUST_CHECK int fields_set_text(char **field, const char *prefix, size_t prefix_len,
                               const char *text);

/* The value of an integer, boolean, choice, duration or size; and the other way. */
int64_t fields_number(const struct config_key *key, const void *base);
void fields_set_number(const struct config_key *key, void *base, int64_t value);

/* Is it what it would be without the key? Groups and lists never are. */
bool fields_is_default(const struct config_key *key, const void *base);

/* Frees what the section owns. */
void fields_clear(enum config_section section, void *base);

#endif
