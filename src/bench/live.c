#include "bench/live.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "bench/figures.h"

#define CLEAR_LINE "\r\033[K"

bool live_is_possible(void)
{
    const char *term = getenv("TERM");

    return isatty(STDERR_FILENO) == 1 && term != NULL && strcmp(term, "dumb") != 0;
}

static size_t columns(void)
{
    struct winsize size;

    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 20) {
        return 80;
    }
    return size.ws_col;
}

/* What happened since the last time, for a second. */
static double per_s(uint64_t now, uint64_t before, double seconds)
{
    return seconds > 0 && now > before ? (double)(now - before) / seconds : 0;
}

/* The clock starts anew with each phase. */
static double seconds_since(const struct load_progress *before, const struct load_progress *now)
{
    return now->phase == before->phase ? now->elapsed_s - before->elapsed_s : now->elapsed_s;
}

static void say_rate(const struct live *live, const struct load_progress *now, char *text,
                     size_t size)
{
    const struct load_progress *before = &live->before;
    double seconds = seconds_since(before, now);

    if (live->plan->mode == PLAN_HANDSHAKE || now->phase == LOAD_OPEN) {
        (void)snprintf(text, size, "%s handshakes/s",
                       figure_rate(per_s(now->handshakes, before->handshakes, seconds)).text);
    } else if (live->plan->mode == PLAN_ECHO) {
        (void)snprintf(text, size, "%s messages/s, %s/s",
                       figure_rate(per_s(now->messages, before->messages, seconds)).text,
                       figure_bytes(per_s(now->bytes, before->bytes, seconds)).text);
    } else if (live->plan->mode == PLAN_STREAM) {
        (void)snprintf(text, size, "%s/s each way",
                       figure_bytes(per_s(now->bytes, before->bytes, seconds)).text);
    }
}

static void say_phase(const struct plan *plan, const struct load_progress *now, char *text,
                      size_t size)
{
    static const char *const words[] = {"connecting", "opening", "warm-up", "measuring",
                                        "finishing"};
    int64_t whole_ms = now->phase == LOAD_WINDOW   ? plan->duration_ms
                       : now->phase == LOAD_WARMUP ? plan->warmup_ms
                                                   : 0;

    if (whole_ms > 0) {
        (void)snprintf(text, size, "%s %.0f of %.3g s", words[now->phase], now->elapsed_s,
                       (double)whole_ms / 1000);
    } else {
        (void)snprintf(text, size, "%s", words[now->phase]);
    }
}

void live_tell(void *context, const struct load_progress *now)
{
    struct live *live = context;
    char phase[64], rate[96] = "", failed[64] = "", line[320];

    if (!live->watched) {
        return;
    }
    say_phase(live->plan, now, phase, sizeof phase);
    say_rate(live, now, rate, sizeof rate);
    if (now->failed > 0) {
        (void)snprintf(failed, sizeof failed, ", %s failed",
                       figure_count((double)now->failed).text);
    }
    (void)snprintf(line, sizeof line, "%s: %s open%s%s%s", phase,
                   figure_count((double)now->open).text, failed, rate[0] != '\0' ? ", " : "", rate);
    (void)fprintf(stderr, CLEAR_LINE "%.*s", (int)columns() - 1, line);
    live->shown = true;
    live->before = *now;
}

void live_clear(struct live *live)
{
    if (live->shown) {
        (void)fputs(CLEAR_LINE, stderr);
        live->shown = false;
    }
}
