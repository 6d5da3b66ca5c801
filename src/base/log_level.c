#include "base/log_level.h"

#include <string.h>

#define LEVELS (SECHO_LEVEL_DEBUG + 1)

static const char *const names[LEVELS] = {
    [SECHO_LEVEL_ERROR] = "error",
    [SECHO_LEVEL_WARN] = "warn",
    [SECHO_LEVEL_INFO] = "info",
    [SECHO_LEVEL_DEBUG] = "debug",
};

const char *log_level_name(int level)
{
    return names[level >= 0 && level < LEVELS ? level : SECHO_LEVEL_DEBUG];
}

int log_level_find(const char *name)
{
    for (int level = 0; level < LEVELS; level++) {
        if (strcmp(name, names[level]) == 0) {
            return level;
        }
    }
    return -1;
}

void log_level_begin(struct log_level *shared, enum secho_level file)
{
    atomic_store(&shared->file, (int)file);
    atomic_store(&shared->now, (int)file);
}

int log_level_follow(struct log_level *shared, enum secho_level file)
{
    int before = log_level_now(shared);

    if (atomic_exchange(&shared->file, (int)file) != (int)file) {
        atomic_store(&shared->now, (int)file);
    }
    return before;
}

int log_level_set(struct log_level *shared, enum secho_level level)
{
    int before = log_level_now(shared);

    atomic_store(&shared->now, (int)level);
    return before;
}
