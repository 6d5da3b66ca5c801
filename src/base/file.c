#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/progress.h"

static const char *kind_of_file(mode_t mode)
{
    return S_ISDIR(mode)    ? "a folder"
           : S_ISFIFO(mode) ? "a pipe"
           : S_ISSOCK(mode) ? "a socket"
                            : "a device";
}

/* Keeps errno: it is the reason, where the system has given one. */
static int refuse(int fd, char *why, const char *what, const char *advice)
{
    int os_errno = errno;

    (void)snprintf(why, FILE_WHY_SIZE, "%s; %s", what, advice);
    if (fd >= 0) {
        (void)close(fd);
    }
    errno = os_errno;
    return -1;
}

/* Not the file's fault. */
static bool is_shortage(int os_errno)
{
    return os_errno == EMFILE || os_errno == ENFILE || os_errno == ENOMEM;
}

int file_open(const char *path, char why[static FILE_WHY_SIZE])
{
    char what[FILE_WHY_SIZE / 2];
    struct stat info;
    /* O_NONBLOCK: opening a FIFO would wait for a writer (open(2)); files do not care. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd < 0 || fstat(fd, &info) != 0) {
        (void)snprintf(what, sizeof what, "cannot be read: %s", strerror(errno));
        return refuse(fd, why, what,
                      is_shortage(errno) ? "raise the limit of open files (ulimit -n)"
                                         : "give the path of a file that can");
    }
    if (!S_ISREG(info.st_mode)) {
        (void)snprintf(what, sizeof what, "is %s", kind_of_file(info.st_mode));
        errno = S_ISDIR(info.st_mode) ? EISDIR : EINVAL;
        return refuse(fd, why, what, "give the path of a file");
    }
    progress_made();
    return fd;
}

FILE *file_stream(const char *path, struct secho_error *err)
{
    char why[FILE_WHY_SIZE];
    int fd = file_open(path, why);
    FILE *stream = fd != -1 ? fdopen(fd, "r") : NULL;

    if (fd == -1) {
        int os_errno = errno;

        error_set(err, is_shortage(os_errno) ? SECHO_ERR_SYSTEM : SECHO_ERR_FILE, "%s: %s", path,
                  why);
        if (err != NULL) {
            err->os_errno = os_errno;
        }
    } else if (stream == NULL) {
        error_set(err, SECHO_ERR_MEMORY, "%s: no memory to read it", path);
        (void)close(fd);
    }
    return stream;
}

void file_hold_standard(void)
{
    int fd;

    do {
        fd = open("/dev/null", O_RDONLY);
    } while (fd >= 0 && fd < STDERR_FILENO);
    if (fd > STDERR_FILENO) {
        (void)close(fd);
    }
}
