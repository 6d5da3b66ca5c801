#include "tls/key_log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

/* ---- the file ---- */

static int cannot(const char *path, const char *what, struct secho_error *err)
{
    (void)error_errno(err, "%s: %s", path, what);
    if (err != NULL) {
        err->kind = SECHO_ERR_FILE;
    }
    return -1;
}

/* A file that somebody else has put there is his: he could read it whatever its mode. */
static int check_owner(const char *path, const struct stat *info, struct secho_error *err)
{
    if (!S_ISREG(info->st_mode)) {
        return error_set(err, SECHO_ERR_FILE, "%s: is no regular file; name another one", path);
    }
    if (info->st_uid != geteuid()) {
        return error_set(err, SECHO_ERR_FILE,
                         "%s: belongs to another user, who could decrypt every session; run: "
                         "chown %u %s",
                         path, (unsigned)geteuid(), path);
    }
    if ((info->st_mode & 077) != 0) {
        return error_set(err, SECHO_ERR_FILE,
                         "%s: others can read or write it (mode %04o), and could decrypt every "
                         "session; run: chmod 600 %s",
                         path, (unsigned)(info->st_mode & 07777), path);
    }
    return 0;
}

/* Can a file be made in the folder of `path`? */
static int check_folder(const char *path, struct secho_error *err)
{
    const char *slash = strrchr(path, '/');
    char folder[PATH_MAX];
    int len = slash == NULL ? 1 : slash == path ? 1 : (int)(slash - path);

    if (snprintf(folder, sizeof folder, "%.*s", len, slash == NULL ? "." : path) >= PATH_MAX) {
        return error_set(err, SECHO_ERR_FILE, "%.60s...: the path is too long", path);
    }
    return access(folder, W_OK | X_OK) == 0 ? 0 : cannot(path, "cannot be made", err);
}

int key_log_check(const char *path, struct secho_error *err)
{
    struct stat info;

    if (lstat(path, &info) != 0) {
        return errno == ENOENT ? check_folder(path, err) : cannot(path, "cannot be opened", err);
    }
    if (check_owner(path, &info, err) != 0) {
        return -1;
    }
    return access(path, W_OK) == 0 ? 0 : cannot(path, "cannot be written", err);
}

/* NOFOLLOW: a link could lead to a file that others read. NONBLOCK: a FIFO would wait (open(2)). */
#define OPEN_FLAGS (O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)

int key_log_open(const char *path, struct secho_error *err)
{
    struct stat info;
    int fd = open(path, OPEN_FLAGS | O_NOFOLLOW, 0600);

    if (fd < 0 || fstat(fd, &info) != 0) {
        (void)cannot(path, "cannot be opened", err);
    } else if (check_owner(path, &info, err) == 0) {
        return fd;
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    return -1;
}

/* ---- a line ---- */

#define LINE_MAX_BYTES 512 /* a label, a random and a secret are at most 240 */

static int index_in_context = -1;
static pthread_once_t index_once = PTHREAD_ONCE_INIT;

static void make_index(void)
{
    index_in_context = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, NULL);
}

static void note_trouble(struct key_log *log, int os_errno)
{
    int none = 0;

    (void)atomic_compare_exchange_strong(&log->trouble, &none, os_errno);
}

/* SSL_CTX_set_keylog_callback(3). One write: what two writes bring could stand apart. */
static void write_line(const SSL *tls, const char *line)
{
    struct key_log *log = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(tls), index_in_context);
    char text[LINE_MAX_BYTES];
    int kept_errno = errno; /* SSL_get_error(3) looks at it */
    bool torn = atomic_exchange(&log->torn, false);
    int len = snprintf(text, sizeof text, "%s%s\n", torn ? "\n" : "", line);

    if (len > 0 && (size_t)len < sizeof text) {
        ssize_t put = write(log->fd, text, (size_t)len);

        if (put != len) {
            note_trouble(log, put < 0 ? errno : ENOSPC);
            atomic_store(&log->torn, torn || put > 0);
        }
    }
    OPENSSL_cleanse(text, sizeof text);
    errno = kept_errno;
}

int key_log_use(SSL_CTX *context, struct key_log *log)
{
    (void)pthread_once(&index_once, make_index);
    if (SSL_CTX_set_ex_data(context, index_in_context, log) != 1) {
        error_forget_tls();
        return -1;
    }
    SSL_CTX_set_keylog_callback(context, write_line);
    return 0;
}

int key_log_trouble(const SSL_CTX *context)
{
    struct key_log *log =
        index_in_context != -1 ? SSL_CTX_get_ex_data(context, index_in_context) : NULL;
    int trouble = log != NULL ? atomic_load(&log->trouble) : 0;

    return trouble != 0 && !atomic_exchange(&log->told, true) ? trouble : 0;
}

/* ---- of a program ---- */

static struct key_log of_program = {.fd = -1};

int key_log_from_environment(const char **path, struct secho_error *err)
{
    const char *named = getenv("SSLKEYLOGFILE");

    *path = NULL;
    if (named == NULL || named[0] == '\0') {
        return 0;
    }
    of_program.fd = open(named, OPEN_FLAGS, 0600);
    if (of_program.fd < 0) {
        return cannot(named, "cannot be opened", err);
    }
    *path = named;
    return 0;
}

int key_log_of_program(SSL_CTX *context, struct secho_error *err)
{
    if (of_program.fd >= 0 && key_log_use(context, &of_program) != 0) {
        return error_set(err, SECHO_ERR_MEMORY, "no memory for a context");
    }
    return 0;
}
