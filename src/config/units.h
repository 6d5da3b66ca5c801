/* units.h - durations ("10s") and sizes ("64KiB"): read and print. */
#ifndef SECHO_UNITS_H
#define SECHO_UNITS_H

#include <stdbool.h>
#include <stdint.h>

#define UNITS_TEXT_SIZE 32

/*
 * Reads digits with a unit behind them: ms, s, m, h; B, KiB, MiB, GiB. Nothing else: no sign, no
 * space, no fraction. `*out` gets milliseconds or bytes; more than an int64_t holds is INT64_MAX.
 */
bool units_read_duration(const char *text, int64_t *out);
bool units_read_size(const char *text, int64_t *out);

/* Writes the shortest form that reads back as the same value: "90s", "5m", "0s", "1MiB", "0B". */
void units_print_duration(int64_t ms, char text[static UNITS_TEXT_SIZE]);
void units_print_size(int64_t bytes, char text[static UNITS_TEXT_SIZE]);

#endif
