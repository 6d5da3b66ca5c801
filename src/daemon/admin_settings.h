/*
 * admin_settings.h - what the admin process needs to know. The token itself is not in it: whoever
 * looks into the memory of supervisor or admin finds its SHA-256 only.
 */
#ifndef SECHO_ADMIN_SETTINGS_H
#define SECHO_ADMIN_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include <secho/config.h>

#include "base/attributes.h"
#include "daemon/privilege.h"

#define ADMIN_TOKEN_MIN   16   /* characters */
#define ADMIN_TOKEN_MAX   1024 /* characters */
#define ADMIN_DIGEST_SIZE 32

struct admin_settings {
    bool is_there;  /* false: nothing is served, and all else is zero */
    bool is_path;   /* a Unix socket: who may open it is decided by its mode */
    bool is_local;  /* only this machine can reach it */
    bool has_token; /* requests must show it */
    unsigned char token[ADMIN_DIGEST_SIZE];
    struct privilege privilege; /* whom to become */
};

/*
 * Reads the file of the token, and looks whether the folder of a Unix socket is there. What is
 * wrong is reported.
 *
 *   privilege  of the server
 *
 * 0, or -1 when there was a problem.
 */
MUST_CHECK int admin_settings_load(const struct secho_config *config,
                                   const struct privilege *privilege, secho_problem_fn *report,
                                   void *context, struct admin_settings *out);

/*
 * Reads a token: the first line of a file that no other user can read. It is a secret: erase it.
 *
 *   token  NUL-terminated on success
 *
 * Fails with SECHO_ERR_FILE or SECHO_ERR_CONFIG.
 */
MUST_CHECK int admin_token_read(const char *path, char token[static ADMIN_TOKEN_MAX + 1],
                                struct secho_error *err);

/* SHA-256 of `len` bytes. -1: OpenSSL has no memory. */
MUST_CHECK int admin_digest(const char *token, size_t len,
                            unsigned char digest[static ADMIN_DIGEST_SIZE]);

#endif
