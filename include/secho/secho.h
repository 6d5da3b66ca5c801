/*
 * secho.h - libsecho: a TLS echo server in a thread of your program, and a client.
 *
 *   header     | what it has
 *   -----------+------------------------------------------------
 *   error.h    | struct secho_error: what went wrong
 *   event.h    | events of a server: opened, closed and why
 *   config.h   | a configuration, from a file or from memory
 *   server.h   | an echo server in threads of your program
 *   client.h   | a connection to any TLS echo server
 *
 * Conventions, said once:
 * - Pointers are not NULL unless the comment says so. Lengths are bytes, durations are int64_t
 *   and end in _ms, _us or _ns.
 * - 0 is success and -1 is failure. Outputs are written on success only. `err` comes last and may
 *   be NULL: then nothing is recorded.
 * - What _new, _start, _load or _connect made is given back with the _free or _stop of the same
 *   noun; NULL is fine there.
 * - The library never forks, never touches signals (a write to a closed socket raises none),
 *   users, or stderr.
 */
#ifndef SECHO_SECHO_H
#define SECHO_SECHO_H

#include <secho/client.h>
#include <secho/config.h>
#include <secho/error.h>
#include <secho/event.h>
#include <secho/export.h>
#include <secho/server.h>

#define SECHO_VERSION "0.1.0"

SECHO_BEGIN_DECLS

/* The version of the library in use, for example "0.1.0"; SECHO_VERSION is that of the header. */
SECHO_API const char *secho_version(void);

SECHO_END_DECLS

#endif
