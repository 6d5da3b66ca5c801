/* file.h - open a file that somebody has named: never hang, say what is wrong with it. */
#ifndef SECHO_FILE_H
#define SECHO_FILE_H

#include <stdio.h>

#include <secho/error.h>

#include "base/attributes.h"

#define FILE_WHY_SIZE 160

/*
 * file_open - open a regular file to read it.
 *
 *   why  on failure: "cannot be read: No such file or directory; ..." or "is a folder; ...",
 *        without the path
 *
 * Returns a descriptor (close-on-exec), or -1 and errno. A pipe or a device is refused: reading it
 * could wait for ever.
 */
MUST_CHECK int file_open(const char *path, char why[static FILE_WHY_SIZE]);

/* The same as a stream; NULL, and SECHO_ERR_FILE with "PATH: " before the reason. */
MUST_CHECK FILE *file_stream(const char *path, struct secho_error *err);

/*
 * Holds 0, 1 and 2 where a program was started without them. Else they would be given to what is
 * opened next: then stdout would be the network. Writing to one that is held fails, as it should.
 */
void file_hold_standard(void);

#endif
