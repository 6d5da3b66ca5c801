#include "bench/pace.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"

/* The loop is awake: that is all. Arming the timer anew makes it unreadable again. */
static void on_timer(uv_poll_t *poll, int status, int events)
{
    (void)poll, (void)status, (void)events;
}

static void on_check(uv_check_t *check)
{
    struct pace *pace = check->data;
    int64_t now_ns = clock_now_ns();

    if (pace->next(pace->context) <= now_ns) {
        pace->due(pace->context, now_ns);
    }
}

/* The last thing before the loop waits. */
static void on_prepare(uv_prepare_t *prepare)
{
    struct pace *pace = prepare->data;
    int64_t next_ns = pace->next(pace->context);
    struct itimerspec when = {0}; /* all zero: never */

    if (next_ns == pace->armed_ns) {
        return;
    }
    if (next_ns != INT64_MAX) {
        when.it_value.tv_sec = next_ns / 1000000000;
        when.it_value.tv_nsec = next_ns % 1000000000;
    }
    (void)timerfd_settime(pace->timer, TFD_TIMER_ABSTIME, &when, NULL);
    pace->armed_ns = next_ns;
}

int pace_start(struct pace *pace, uv_loop_t *loop)
{
    pace->armed_ns = INT64_MAX;
    pace->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (pace->timer == -1) {
        return -1;
    }
    if (uv_poll_init(loop, &pace->poll, pace->timer) != 0) {
        return -1;
    }
    (void)uv_prepare_init(loop, &pace->prepare);
    (void)uv_check_init(loop, &pace->check);
    pace->prepare.data = pace->check.data = pace;
    (void)uv_poll_start(&pace->poll, UV_READABLE, on_timer);
    (void)uv_prepare_start(&pace->prepare, on_prepare);
    (void)uv_check_start(&pace->check, on_check);
    return 0;
}

void pace_done(struct pace *pace)
{
    if (pace->timer != -1) {
        (void)close(pace->timer);
        pace->timer = -1;
    }
}
