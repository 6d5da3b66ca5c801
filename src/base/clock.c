#include "base/clock.h"

#include <stdio.h>
#include <time.h>

int64_t clock_now_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t clock_now_us(void)
{
    return clock_now_ns() / 1000;
}

int64_t clock_now_ms(void)
{
    return clock_now_ns() / 1000000;
}

int64_t clock_boot_s(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_BOOTTIME, &now);
    return now.tv_sec;
}

int64_t clock_wall_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void clock_text_of(int64_t wall_ms, char text[static CLOCK_TEXT_SIZE])
{
    int64_t milliseconds = (wall_ms % 1000 + 1000) % 1000;
    time_t seconds = (time_t)((wall_ms - milliseconds) / 1000);
    struct tm utc = {.tm_mday = 1};
    char date[64] = "";

    (void)gmtime_r(&seconds, &utc);
    (void)strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &utc);
    (void)snprintf(text, CLOCK_TEXT_SIZE, "%.19s.%03dZ", date, (int)milliseconds);
}

void clock_text(char text[static CLOCK_TEXT_SIZE])
{
    clock_text_of(clock_wall_ms(), text);
}
