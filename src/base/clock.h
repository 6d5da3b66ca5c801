/* clock.h - the clocks: to measure with, to count days with, to print. */
#ifndef SECHO_CLOCK_H
#define SECHO_CLOCK_H

#include <stdint.h>

/* CLOCK_MONOTONIC: only differences mean something. Any thread. */
int64_t clock_now_us(void);
int64_t clock_now_ms(void);
int64_t clock_now_ns(void);

/* CLOCK_BOOTTIME in seconds: the same for all processes, never set, goes on while asleep. */
int64_t clock_boot_s(void);

/* CLOCK_REALTIME, since 1970: it jumps when somebody sets it. Any thread. */
int64_t clock_wall_ms(void);

#define CLOCK_TEXT_SIZE 25 /* "2026-11-22T18:42:15.123Z" and NUL */

/* The wall clock in UTC, as RFC 3339 with milliseconds. Opens no file (gmtime_r). */
void clock_text(char text[static CLOCK_TEXT_SIZE]);

/* The same for a time of clock_wall_ms(); any number, but years have four digits. */
void clock_text_of(int64_t wall_ms, char text[static CLOCK_TEXT_SIZE]);

#endif
