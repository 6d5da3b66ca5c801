#include "daemon/watchdog.h"

int64_t watchdog_wait_ms(const struct watchdog *watchdog, int64_t now_ms)
{
    int64_t left_ms = watchdog->looked_ms + WATCHDOG_LOOK_MS - now_ms;

    return left_ms > 0 ? left_ms : 0;
}

bool watchdog_looks(struct watchdog *watchdog, int64_t now_ms)
{
    int64_t since_ms = now_ms - watchdog->looked_ms;

    if (watchdog->looked_ms != 0 && since_ms < WATCHDOG_LOOK_MS) {
        return false;
    }
    watchdog->step_ms = watchdog->looked_ms == 0          ? 0
                        : since_ms < 2 * WATCHDOG_LOOK_MS ? since_ms
                                                          : 2 * WATCHDOG_LOOK_MS;
    watchdog->looked_ms = now_ms;
    return true;
}

bool watchdog_sees_stuck(struct watchdog *watchdog, size_t index, int64_t turned_ms)
{
    bool same = turned_ms != 0 && watchdog->of[index].turned_ms == turned_ms;

    watchdog->of[index].turned_ms = turned_ms;
    watchdog->of[index].still_ms = same ? watchdog->of[index].still_ms + watchdog->step_ms : 0;
    if (watchdog->of[index].still_ms < watchdog->stuck_ms) {
        return false;
    }
    watchdog->of[index].still_ms = 0;
    return true;
}
