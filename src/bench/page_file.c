/* page_file.c - how a page becomes a file: whole or not at all. */
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "bench/page.h"

/* Where it goes: behind a symbolic link is the file that is meant. */
static int find_place(const char *path, char place[static PATH_MAX], struct secho_error *err)
{
    struct stat status;
    char real[PATH_MAX];
    const char *found = realpath(path, real) != NULL ? real : path;

    if (found == path && lstat(path, &status) == 0 && S_ISLNK(status.st_mode)) {
        return error_set(err, SECHO_ERR_SYSTEM,
                         "--html %s: is a symbolic link that leads nowhere; make its file, or name "
                         "another one",
                         path); /* renaming would replace the link */
    }
    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode)) {
        return error_set(err, SECHO_ERR_SYSTEM, "--html %s: is no regular file; name another one",
                         path);
    }
    if (snprintf(place, PATH_MAX, "%s", found) >= PATH_MAX) {
        return error_set(err, SECHO_ERR_SYSTEM, "--html: the path is too long");
    }
    return 0;
}

/* Opens a new file beside `place`: a name in the same folder can be renamed. `path` is as typed. */
static FILE *open_beside(const char *path, const char *place, char beside[static PATH_MAX],
                         struct secho_error *err)
{
    FILE *out = NULL;

    if (snprintf(beside, PATH_MAX, "%s.%ld.tmp", place, (long)getpid()) >= PATH_MAX) {
        (void)error_set(err, SECHO_ERR_SYSTEM, "--html: the path is too long");
        return NULL;
    }
    int fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

    if (fd >= 0 && (out = fdopen(fd, "w")) == NULL) {
        (void)close(fd);
        (void)unlink(beside);
    }
    if (out == NULL) {
        (void)error_errno(err, "--html %s", path);
    }
    return out;
}

int page_check(const char *path, struct secho_error *err)
{
    char place[PATH_MAX], beside[PATH_MAX];

    if (find_place(path, place, err) != 0) {
        return -1;
    }
    FILE *out = open_beside(path, place, beside, err);

    if (out == NULL) {
        return -1;
    }
    (void)fclose(out);
    (void)unlink(beside);
    return 0;
}

static int write_page(const struct result *result, FILE *out)
{
    page_print(result, out);
    int rc = ferror(out) != 0 ? -1 : 0;

    return fclose(out) == 0 ? rc : -1;
}

int page_save(const struct result *result, const char *path, struct secho_error *err)
{
    char place[PATH_MAX], beside[PATH_MAX];

    if (find_place(path, place, err) != 0) {
        return -1;
    }
    FILE *out = open_beside(path, place, beside, err);

    if (out == NULL) {
        return -1;
    }
    if (write_page(result, out) != 0 || rename(beside, place) != 0) {
        (void)error_errno(err, "--html %s", path);
        (void)unlink(beside);
        return -1;
    }
    return 0;
}
