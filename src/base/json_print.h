/* json_print.h - a tree of cJSON as text that every reader of JSON takes. */
#ifndef SECHO_JSON_PRINT_H
#define SECHO_JSON_PRINT_H

#include <cjson/cJSON.h>

/*
 * json_print - one line without its newline, as cJSON_PrintUnformatted() makes it, but always in
 * UTF-8 (RFC 8259 8.1): cJSON passes on whatever bytes a string has, and a name from a command
 * line may have any.
 *
 *   tree  values with such bytes are changed in it: each becomes \xff, four characters
 *
 * Returns a text to free(), NULL without memory.
 */
char *json_print(cJSON *tree);

#endif
