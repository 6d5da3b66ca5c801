/* replay.c - feeds a fuzzer every file of the folders that are named: a test without a fuzzer. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz.h"

static void feed(const char *path, size_t len)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(len + 1); /* malloc(0) may be NULL */

    if (file == NULL || data == NULL || fread(data, 1, len, file) != len) {
        perror(path);
        exit(1);
    }
    (void)fclose(file);
    /* An input of its own exact size lets the address sanitizer see one byte too far. */
    uint8_t *exact = len > 0 ? realloc(data, len) : data;

    (void)LLVMFuzzerTestOneInput(exact, len);
    free(exact);
}

/* Returns how many files there were. A folder that is not there has none: no bug was found yet. */
static unsigned feed_folder(const char *folder)
{
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    unsigned count = 0;

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        char path[4096];
        struct stat facts;

        (void)snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (stat(path, &facts) == 0 && S_ISREG(facts.st_mode)) {
            feed(path, (size_t)facts.st_size);
            count++;
        }
    }
    if (dir != NULL) {
        (void)closedir(dir);
    }
    return count;
}

int main(int argc, char **argv)
{
    unsigned count = 0;

    for (int i = 1; i < argc; i++) {
        count += feed_folder(argv[i]);
    }
    (void)printf("%u inputs\n", count);
    return count > 0 ? 0 : 1; /* a replay of nothing proves nothing */
}
