#include "config/units.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

struct unit {
    const char *name; /* NULL ends a list; largest first */
    int64_t worth;
};

static const struct unit durations[] = {{"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}, {0}};
static const struct unit sizes[] = {
    {"GiB", 1073741824}, {"MiB", 1048576}, {"KiB", 1024}, {"B", 1}, {0}};

static bool read_with_unit(const char *text, const struct unit *units, int64_t *out)
{
    size_t digits = strspn(text, "0123456789");
    int64_t value = 0;

    if (digits == 0) {
        return false;
    }
    while (units->name != NULL && strcmp(units->name, text + digits) != 0) {
        units++;
    }
    if (units->name == NULL) {
        return false;
    }
    for (size_t i = 0; i < digits; i++) {
        bool fits = value <= (INT64_MAX - 9) / 10;

        value = fits ? value * 10 + (text[i] - '0') : INT64_MAX;
    }
    *out = value <= INT64_MAX / units->worth ? value * units->worth : INT64_MAX;
    return true;
}

bool units_read_duration(const char *text, int64_t *out)
{
    return read_with_unit(text, durations, out);
}

bool units_read_size(const char *text, int64_t *out)
{
    return read_with_unit(text, sizes, out);
}

static void print_with_unit(int64_t value, const struct unit *units, const char *zero,
                            char text[static UNITS_TEXT_SIZE])
{
    if (value == 0) {
        (void)snprintf(text, UNITS_TEXT_SIZE, "%s", zero);
        return;
    }
    while (value % units->worth != 0) {
        units++;
    }
    (void)snprintf(text, UNITS_TEXT_SIZE, "%" PRId64 "%s", value / units->worth, units->name);
}

void units_print_duration(int64_t ms, char text[static UNITS_TEXT_SIZE])
{
    print_with_unit(ms, durations, "0s", text);
}

void units_print_size(int64_t bytes, char text[static UNITS_TEXT_SIZE])
{
    print_with_unit(bytes, sizes, "0B", text);
}
