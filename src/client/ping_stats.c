#include "client/ping_stats.h"

#include <math.h>

static const struct {
    const char *name, *key;
} stages[PING_STAGES] = {
    [PING_DNS] = {"dns", "dns"},
    [PING_TCP] = {"tcp", "tcp"},
    [PING_TLS] = {"tls", "tls"},
    [PING_TLS_RESUMED] = {"tls resumed", "tls_resumed"},
    [PING_FIRST] = {"first echo", "first_echo"},
    [PING_ECHO] = {"echo", "echo"},
    [PING_TOTAL] = {"total", "total"},
};

const char *ping_stage_name(enum ping_stage stage)
{
    return stages[stage].name;
}

const char *ping_stage_key(enum ping_stage stage)
{
    return stages[stage].key;
}

void ping_stat_add(struct ping_stat *stat, int64_t ns)
{
    double value = ns > 0 ? (double)ns : 0;

    histogram_add(&stat->histogram, ns > 0 ? (uint64_t)ns : 0);
    double before = value - stat->mean;

    stat->mean += before / (double)stat->histogram.count;
    stat->squares += before * (value - stat->mean);
}

double ping_stat_deviation(const struct ping_stat *stat)
{
    uint64_t count = stat->histogram.count;

    return count > 0 ? sqrt(stat->squares / (double)count) : 0;
}

uint64_t ping_stat_at(const struct ping_stat *stat, double share)
{
    uint64_t value = histogram_at(&stat->histogram, share);

    return value < stat->histogram.max ? value : stat->histogram.max;
}
