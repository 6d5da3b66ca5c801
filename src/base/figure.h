/* figure.h - figures as people read them: three digits that count, and a unit. Pure. */
#ifndef SECHO_FIGURE_H
#define SECHO_FIGURE_H

#define FIGURE_SIZE 32

struct figure {
    char text[FIGURE_SIZE];
};

struct figure figure_time(double ns);       /* "812 ns", "1.35 us", "12.4 ms", "3.02 s" */
struct figure figure_count(double count);   /* "1,234,567" */
struct figure figure_rate(double per_s);    /* "12,345", "12.3", "0.12", "0.001": no unit */
struct figure figure_bytes(double bytes);   /* "813 B", "12.4 MB": powers of 1000 */
struct figure figure_seconds(double s);     /* "10 s", "0.2 s" */
struct figure figure_percent(double share); /* "12.3 %" */

#endif
