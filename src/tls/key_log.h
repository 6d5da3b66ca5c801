/*
 * key_log.h - the secrets of sessions to a file, for Wireshark: whoever reads it can decrypt them.
 *
 * The format is that of NSS ("CLIENT_RANDOM ...", draft-ietf-tls-keylogfile). Each line is one
 * write(2) to a file that was opened with O_APPEND, so that processes and threads never mix theirs.
 */
#ifndef SECHO_KEY_LOG_H
#define SECHO_KEY_LOG_H

#include <openssl/ssl.h>
#include <stdatomic.h>
#include <stdbool.h>

#include <secho/error.h>

#include "base/attributes.h"

/*
 * key_log_check - could key_log_open() open it? Nothing is made.
 *
 * It could not when the file is there and is no regular file, is not ours or can be read or written
 * by others; or when it is not there and cannot be made. Fails with SECHO_ERR_FILE.
 */
MUST_CHECK int key_log_check(const char *path, struct secho_error *err);

/*
 * key_log_open - opens it to append; makes it, 0600, where there is none.
 *
 * Returns the descriptor, or -1 with SECHO_ERR_FILE: as above.
 */
MUST_CHECK int key_log_open(const char *path, struct secho_error *err);

struct key_log {
    int fd;
    _Atomic int trouble; /* errno of the first line that could not be written; 0: none, or told */
    _Atomic bool told;
    _Atomic bool torn; /* a line was cut off: the next one begins on a line of its own */
};

/*
 * From now on the secrets of all sessions of `context` go to `log`, which lives as long as they do.
 * A line that cannot be written is lost and noted; the session goes on.
 */
MUST_CHECK int key_log_use(SSL_CTX *context, struct key_log *log);

/* errno of the first line that could not be written, once for each process; else 0. */
int key_log_trouble(const SSL_CTX *context);

/*
 * key_log_from_environment - for programs: what SSLKEYLOGFILE names, as curl(1) and browsers do,
 * for each context that key_log_of_program() is called for.
 *
 *   path  set to what it names; NULL: to nothing
 *
 * Once, before there are threads. Fails with SECHO_ERR_FILE, then nothing is logged.
 */
MUST_CHECK int key_log_from_environment(const char **path, struct secho_error *err);

/* key_log_use() with that file, where there is one. Fails without memory. */
MUST_CHECK int key_log_of_program(SSL_CTX *context, struct secho_error *err);

#endif
