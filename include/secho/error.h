/* error.h - one error value, filled at the point of failure, read at the top. */
#ifndef SECHO_ERROR_H
#define SECHO_ERROR_H

/* What the caller can do about it, not which line failed. */
enum secho_error_kind {
    SECHO_OK = 0,
    SECHO_ERR_USAGE,   /* the caller asked for something that cannot be */
    SECHO_ERR_CONFIG,  /* a person must edit a file */
    SECHO_ERR_FILE,    /* a file cannot be read; see os_errno */
    SECHO_ERR_SYSTEM,  /* the kernel said no; see os_errno */
    SECHO_ERR_RESOLVE, /* the name does not resolve */
    SECHO_ERR_CONNECT, /* nobody answers there: refused, no route, reset before TLS */
    SECHO_ERR_TLS,     /* TLS failed; see tls_code */
    SECHO_ERR_VERIFY,  /* a certificate was not accepted: theirs by us or ours by them */
    SECHO_ERR_PEER,    /* the other side broke a rule or left; not our fault */
    SECHO_ERR_TIMEOUT, /* a deadline passed */
    SECHO_ERR_LIMIT,   /* a configured limit was reached */
    SECHO_ERR_MEMORY,  /* no memory */
};

/*
 * Owns nothing, allocates nothing: lives on the caller's stack and can be
 * copied with "=". `text` is one line, outermost context first:
 *
 *   listener main: certs/server.key: the key does not match the certificate
 */
struct secho_error {
    enum secho_error_kind kind;
    int os_errno;           /* errno when it happened, or 0 */
    unsigned long tls_code; /* oldest entry of the OpenSSL queue, or 0 */
    char text[512];         /* always NUL-terminated, may be cut */
};

#endif
