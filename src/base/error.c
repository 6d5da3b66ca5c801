#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>

static void append(char *text, size_t size, const char *fmt, ...) PRINTF_LIKE(3, 4);

static void append(char *text, size_t size, const char *fmt, ...)
{
    size_t used = strlen(text);
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(text + used, size - used, fmt, ap);
    va_end(ap);
}

/* Empties this thread's OpenSSL queue into `text`, oldest (the cause) first. */
static unsigned long drain_openssl_queue(char *text, size_t size)
{
    unsigned long first = 0, code;
    const char *data;
    int flags;

    while ((code = ERR_get_error_all(NULL, NULL, NULL, &data, &flags)) != 0) {
        const char *library = ERR_lib_error_string(code);
        const char *reason = ERR_reason_error_string(code);

        append(text, size, "%s%s: %s", first == 0 ? "" : "; ",
               library != NULL ? library : "OpenSSL",
               ERR_SYSTEM_ERROR(code) ? strerror(ERR_GET_REASON(code))
               : reason != NULL       ? reason
                                      : "no reason given");
        if ((flags & ERR_TXT_STRING) != 0 && data[0] != '\0') {
            append(text, size, " [%s]", data);
        }
        if (first == 0) {
            first = code;
        }
    }
    return first;
}

/* Begins an error with the words of its caller. */
static void begin(struct secho_error *err, enum secho_error_kind kind, const char *fmt, va_list ap)
    PRINTF_LIKE(3, 0);

static void begin(struct secho_error *err, enum secho_error_kind kind, const char *fmt, va_list ap)
{
    *err = (struct secho_error){.kind = kind};
    (void)vsnprintf(err->text, sizeof err->text, fmt, ap);
}

int error_set(struct secho_error *err, enum secho_error_kind kind, const char *fmt, ...)
{
    va_list ap;

    if (err != NULL) {
        va_start(ap, fmt);
        begin(err, kind, fmt, ap);
        va_end(ap);
    }
    return -1;
}

int error_errno(struct secho_error *err, const char *fmt, ...)
{
    int saved = errno; /* before anything else can change it */
    va_list ap;

    if (err != NULL) {
        va_start(ap, fmt);
        begin(err, SECHO_ERR_SYSTEM, fmt, ap);
        va_end(ap);
        err->os_errno = saved;
        append(err->text, sizeof err->text, ": %s", strerror(saved));
    }
    return -1;
}

int error_tls(struct secho_error *err, const char *fmt, ...)
{
    char cause[256] = "";
    unsigned long code = drain_openssl_queue(cause, sizeof cause);
    va_list ap;

    if (err != NULL) {
        va_start(ap, fmt);
        begin(err, SECHO_ERR_TLS, fmt, ap);
        va_end(ap);
        err->tls_code = code;
        if (cause[0] != '\0') {
            append(err->text, sizeof err->text, " (%s)", cause);
        }
    }
    return -1;
}

int error_append(struct secho_error *err, const char *fmt, ...)
{
    va_list ap;

    if (err != NULL) {
        size_t used = strlen(err->text);

        va_start(ap, fmt);
        (void)vsnprintf(err->text + used, sizeof err->text - used, fmt, ap);
        va_end(ap);
    }
    return -1;
}

int error_context(struct secho_error *err, const char *fmt, ...)
{
    char inner[sizeof err->text];
    va_list ap;

    if (err == NULL) {
        return -1;
    }
    memcpy(inner, err->text, sizeof inner);
    va_start(ap, fmt);
    (void)vsnprintf(err->text, sizeof err->text, fmt, ap);
    va_end(ap);
    append(err->text, sizeof err->text, ": %s", inner);
    return -1;
}

void error_forget_tls(void)
{
    if (ERR_peek_error() != 0) { /* nearly never; to look costs a sixth of clearing */
        ERR_clear_error();
    }
}

unsigned long error_peek_tls(void)
{
    return ERR_peek_error();
}

unsigned long error_peek_last_tls(void)
{
    return ERR_peek_last_error();
}
