#include "daemon/systemd.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool systemd_journal_is_stderr(void)
{
    /* "DEVICE:INODE" of the stream; it is inherited, so stderr may be another one by now. */
    const char *stream = getenv("JOURNAL_STREAM");
    struct stat info;
    char ours[64];

    if (stream == NULL || fstat(STDERR_FILENO, &info) != 0) {
        return false;
    }
    (void)snprintf(ours, sizeof ours, "%ju:%ju", (uintmax_t)info.st_dev, (uintmax_t)info.st_ino);
    return strcmp(ours, stream) == 0;
}

void systemd_complain(const char *format, ...)
{
    va_list args;

    /* sd-daemon(3): the priority of an error. */
    (void)fputs(systemd_journal_is_stderr() ? "<3>" : "", stderr);
    va_start(args, format);
    (void)vfprintf(stderr, format, args);
    va_end(args);
    (void)fputc('\n', stderr);
}
