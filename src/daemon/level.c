#include "daemon/level.h"

static void tell(const struct log *log, int before, int now, const char *why)
{
    struct log always = *log;

    if (now == before) {
        return;
    }
    always.shared = NULL;
    always.level = SECHO_LEVEL_INFO;
    log_event(&always, SECHO_LEVEL_INFO, "log_level", log_text("from", log_level_name(before)),
              log_text("to", log_level_name(now)), log_text("why", why));
}

void level_change(const struct log *log, struct log_level *shared, enum secho_level level)
{
    int before = log_level_set(shared, level);

    tell(log, before, (int)level, "it was changed at run time");
}

void level_follow(struct log *log, struct log_level *shared, enum secho_level file)
{
    int before = log_level_follow(shared, file);

    log->shared = shared;
    tell(log, before, log_level_now(shared), "the new configuration says so");
}
