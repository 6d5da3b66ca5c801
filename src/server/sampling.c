#include "server/sampling.h"

#define SECOND_NS INT64_C(1000000000)

static const struct {
    const char *name;
    uint64_t all;
    int64_t some;
    enum secho_level level;
} kinds[SAMPLING_KINDS] = {
    [SAMPLING_OK] = {"ok", SAMPLING_ALL, SAMPLING_SOME, SECHO_LEVEL_INFO},
    [SAMPLING_HEALTH_CHECK] = {"health_check", SAMPLING_ALL, SAMPLING_SOME, SECHO_LEVEL_DEBUG},
    [SAMPLING_FAILURE] = {"failures", SAMPLING_FAILURES_ALL, SAMPLING_FAILURES_SOME,
                          SECHO_LEVEL_INFO},
};

static void begin(struct sampling_of *of, size_t kind, const struct log *log)
{
    of->on = true;
    of->lines = (struct bucket){0};
    of->skipped = of->left_out = 0;
    log_event(log, kinds[kind].level, "sampling", log_text("of", kinds[kind].name),
              log_text("state", "begin"), log_number("limit", kinds[kind].all),
              log_text("why", "more than that ended in a second: from now on few of their lines "
                              "are written, each with the number that it stands for (sampled)"));
}

static void end(struct sampling_of *of, size_t kind, const struct log *log)
{
    of->on = false;
    log_event(log, kinds[kind].level, "sampling", log_text("of", kinds[kind].name),
              log_text("state", "end"), log_number("left_out", of->left_out),
              log_number("rest", of->skipped),
              log_text("why", "each connection has its line again; the rest ended after the last "
                              "line that was written, and no other stands for them"));
}

/* The second is over: was it a quiet one? */
static void turn_second(struct sampling_of *of, size_t kind, int64_t now_ns, const struct log *log)
{
    if (now_ns - of->second_ns < SECOND_NS) {
        return;
    }
    if (of->on && of->in_second <= kinds[kind].all) {
        end(of, kind, log);
    }
    of->second_ns = now_ns;
    of->in_second = 0;
}

uint64_t sampling_take(struct sampling *sampling, enum sampling_kind kind, int64_t now_ns,
                       const struct log *log)
{
    struct sampling_of *of = &sampling->of[kind];

    turn_second(of, kind, now_ns, log);
    of->in_second++;
    if (!of->on && of->in_second > kinds[kind].all) {
        begin(of, kind, log);
    }
    if (!of->on) {
        return 1;
    }
    if (!bucket_take(&of->lines, kinds[kind].some, now_ns)) {
        of->skipped++;
        of->left_out++;
        return 0;
    }
    uint64_t stands_for = of->skipped + 1;

    of->skipped = 0;
    return stands_for;
}

void sampling_look(struct sampling *sampling, int64_t now_ns, const struct log *log, bool last)
{
    for (size_t kind = 0; kind < SAMPLING_KINDS; kind++) {
        struct sampling_of *of = &sampling->of[kind];

        turn_second(of, kind, now_ns, log);
        if (last && of->on) {
            end(of, kind, log);
        }
    }
}
