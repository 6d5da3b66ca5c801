/* error.h - fill a struct secho_error; the only place that reads the OpenSSL queue. */
#ifndef SECHO_BASE_ERROR_H
#define SECHO_BASE_ERROR_H

#include <secho/error.h>

#include "base/attributes.h"

/*
 * Each of these returns -1, so a failing function ends in one line:
 *
 *     return error_errno(err, "bind %s", address_text);
 *
 * `err` may be NULL: then nothing is recorded and -1 is still returned.
 */
int error_set(struct secho_error *err, enum secho_error_kind kind, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* Adds ": " and the words for errno; the kind is SECHO_ERR_SYSTEM. */
int error_errno(struct secho_error *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Adds the whole OpenSSL queue in brackets, oldest first, and empties it; SECHO_ERR_TLS. */
int error_tls(struct secho_error *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Adds to the end of what is already there. */
int error_append(struct secho_error *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Puts "fmt: " in front of what is already there. */
int error_context(struct secho_error *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* The oldest code in this thread's OpenSSL queue, or 0; it stays there. */
unsigned long error_peek_tls(void);

/* The youngest one: who failed because something below it has failed. */
unsigned long error_peek_last_tls(void);

/* Forgets what is in this thread's OpenSSL queue: SSL_get_error looks at it. */
void error_forget_tls(void);

#endif
