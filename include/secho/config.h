/* config.h - a configuration, read and checked: secho.json(5). */
#ifndef SECHO_CONFIG_H
#define SECHO_CONFIG_H

#include <stddef.h>

#include <secho/export.h>

SECHO_BEGIN_DECLS

struct secho_config; /* never changes after it was made; may be shared by threads */

/*
 * Receives one problem: "FILE:LINE:COLUMN: POINTER: what is wrong; what to do". One of the file as
 * a whole (it cannot be read, no memory) has neither line nor pointer.
 *
 *   context  what was given with the function
 *   line     NUL-terminated, without a newline; valid during the call only
 */
typedef void secho_problem_fn(void *context, const char *line);

/*
 * secho_config_load - read and check a configuration file.
 *
 *   path     the file; relative paths in it are relative to its folder
 *   report   called once for each problem, in the order of the file, before the function returns
 *            (the first 50, then how many more); may be NULL
 *   context  handed to report
 *   out      set on success only; free it with secho_config_free()
 *
 * Returns 0, or -1 when there was at least one problem. Reads no certificate and no key:
 * secho_server_start() does.
 */
SECHO_API int secho_config_load(const char *path, secho_problem_fn *report, void *context,
                                struct secho_config **out);

/*
 * secho_config_parse - the same, from memory.
 *
 *   text, len  the JSON, at most 1 MiB; nothing of it is kept
 *   name       stands for the file in messages; its folder is the base of relative paths
 */
SECHO_API int secho_config_parse(const char *text, size_t len, const char *name,
                                 secho_problem_fn *report, void *context,
                                 struct secho_config **out);

/* Gives it back; a server that was started with it keeps its share. NULL is fine. */
SECHO_API void secho_config_free(struct secho_config *config);

SECHO_END_DECLS

#endif
