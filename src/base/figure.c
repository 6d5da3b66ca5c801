#include "base/figure.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Three digits that count: "1.35", "12.4", "812". */
static void three_digits(double value, const char *unit, struct figure *out)
{
    int places = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;

    (void)snprintf(out->text, sizeof out->text, "%.*f %s", places, value, unit);
}

/* `value` in the largest of the units, each 1000 times the one before, in which it is at least 1.
 */
static struct figure in_units(double value, const char *const *units, size_t count)
{
    struct figure out;
    size_t i = 0;

    if (value < 999.5) { /* the smallest unit has no parts, but 0.5 ns may be a mean */
        (void)snprintf(out.text, sizeof out.text, "%.0f %s", value, units[0]);
        return out;
    }
    while (i + 1 < count && value >= 999.5) {
        value /= 1000;
        i++;
    }
    three_digits(value, units[i], &out);
    return out;
}

struct figure figure_time(double ns)
{
    static const char *const units[] = {"ns", "us", "ms", "s"};

    return in_units(ns, units, 4);
}

struct figure figure_bytes(double bytes)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB"};

    if (bytes < 0) {
        struct figure minus = {"-"}, rest = in_units(-bytes, units, 6);

        (void)memcpy(minus.text + 1, rest.text, sizeof rest.text - 1);
        return minus;
    }
    return in_units(bytes, units, 6);
}

struct figure figure_count(double count)
{
    struct figure out;
    char digits[FIGURE_SIZE];
    int len = snprintf(digits, sizeof digits, "%.0f", fmin(count, 1e18));
    size_t n = 0;

    for (int i = 0; i < len && n + 2 < sizeof out.text; i++) {
        if (i > 0 && (len - i) % 3 == 0) {
            out.text[n++] = ',';
        }
        out.text[n++] = digits[i];
    }
    out.text[n] = '\0';
    return out;
}

struct figure figure_rate(double per_s)
{
    struct figure out;

    if (per_s >= 99.95 || per_s == 0) {
        return figure_count(per_s);
    }
    if (per_s < 0.0995) { /* two digits that count, not 0.00 */
        (void)snprintf(out.text, sizeof out.text, "%.2g", per_s);
        return out;
    }
    (void)snprintf(out.text, sizeof out.text, "%.*f", per_s < 9.995 ? 2 : 1, per_s);
    return out;
}

struct figure figure_seconds(double s)
{
    struct figure out;

    (void)snprintf(out.text, sizeof out.text, "%.3g s", s);
    if (s >= 100) {
        (void)snprintf(out.text, sizeof out.text, "%.0f s", fmin(s, 1e9));
    }
    return out;
}

struct figure figure_percent(double share)
{
    struct figure out;

    (void)snprintf(out.text, sizeof out.text, "%.*f %%", share < 0.001 && share > 0 ? 3 : 1,
                   share * 100);
    return out;
}
