/* session_file.c - a session in a file: PEM, and behind it the chain of the server. */
#include <limits.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fcntl.h>

#include "base/error.h"
#include "base/file.h"
#include "tls/session.h"

#define CHAIN_MAX 16 /* certificates behind the session; more are not read */

/* ---- read ---- */

/* What stands behind the session; nothing is as good as something. -1 without memory. */
static int read_chain(FILE *file, struct session *session)
{
    X509 *certificate;

    while (sk_X509_num(session->chain) < CHAIN_MAX &&
           (certificate = PEM_read_X509(file, NULL, NULL, NULL)) != NULL) {
        if (session->chain == NULL) {
            session->chain = sk_X509_new_null();
        }
        if (session->chain == NULL || sk_X509_push(session->chain, certificate) == 0) {
            X509_free(certificate);
            return -1;
        }
    }
    return 0;
}

int session_read(const char *path, struct session *out, struct secho_error *err)
{
    struct session session = {0};
    FILE *file = file_stream(path, err);
    int rc = 0;

    if (file == NULL) {
        return -1;
    }
    session.tls = PEM_read_SSL_SESSION(file, NULL, NULL, NULL);
    if (session.tls == NULL) {
        rc = error_set(err, SECHO_ERR_FILE,
                       "%s: no TLS session in PEM form (\"-----BEGIN SSL SESSION "
                       "PARAMETERS-----\") is in this file",
                       path);
    } else if (read_chain(file, &session) != 0) {
        rc = error_set(err, SECHO_ERR_MEMORY, "%s: no memory to read it", path);
    }
    error_forget_tls(); /* the end of a file is an error to PEM_read_X509(3) */
    (void)fclose(file);
    if (rc != 0) {
        session_done(&session);
        return -1;
    }
    *out = session;
    return 0;
}

/* ---- write ---- */

/* The file that is meant, also behind a symbolic link: renaming would replace the link. */
static int find_place(const char *path, char place[static PATH_MAX], struct secho_error *err)
{
    struct stat status;
    char real[PATH_MAX];
    const char *found = realpath(path, real) != NULL ? real : path;

    if (found == path && lstat(path, &status) == 0 && S_ISLNK(status.st_mode)) {
        return error_set(err, SECHO_ERR_SYSTEM, "%s: is a symbolic link that leads nowhere", path);
    }
    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode)) {
        return error_set(err, SECHO_ERR_SYSTEM, "%s: is no regular file; name another one", path);
    }
    if (snprintf(place, PATH_MAX, "%s", found) >= PATH_MAX) {
        return error_set(err, SECHO_ERR_SYSTEM, "%.60s...: the path is too long", path);
    }
    return 0;
}

/* A new file in the same folder, for us only: mkostemp(3) makes it 0600 and never follows a link.
 */
static int open_beside(const char *path, const char *place, char beside[static PATH_MAX],
                       struct secho_error *err)
{
    if (snprintf(beside, PATH_MAX, "%s.XXXXXX", place) >= PATH_MAX) {
        return error_set(err, SECHO_ERR_SYSTEM, "%.60s...: the path is too long", path);
    }
    int fd = mkostemp(beside, O_CLOEXEC);

    if (fd < 0) {
        return error_errno(err, "%s", path);
    }
    return fd;
}

int session_check(const char *path, struct secho_error *err)
{
    char place[PATH_MAX], beside[PATH_MAX];

    if (find_place(path, place, err) != 0) {
        return -1;
    }
    int fd = open_beside(path, place, beside, err);

    if (fd == -1) {
        return -1;
    }
    (void)close(fd);
    (void)unlink(beside);
    return 0;
}

static bool write_all(const struct session *session, int fd)
{
    FILE *file = fdopen(fd, "w");
    bool ok;

    if (file == NULL) {
        (void)close(fd);
        return false;
    }
    ok = PEM_write_SSL_SESSION(file, session->tls) == 1;
    for (int i = 0; ok && i < sk_X509_num(session->chain); i++) {
        ok = PEM_write_X509(file, sk_X509_value(session->chain, i)) == 1;
    }
    ok = fflush(file) == 0 && ok;
    return fclose(file) == 0 && ok;
}

int session_save(const struct session *session, const char *path, struct secho_error *err)
{
    char place[PATH_MAX], beside[PATH_MAX];

    if (find_place(path, place, err) != 0) {
        return -1;
    }
    int fd = open_beside(path, place, beside, err);

    if (fd == -1) {
        return -1;
    }
    if (!write_all(session, fd) || rename(beside, place) != 0) {
        error_forget_tls();
        (void)error_errno(err, "%s", path);
        (void)unlink(beside);
        return -1;
    }
    return 0;
}
