/* metrics_format.c - which of the two formats a client of HTTP gets. */
#include <stdlib.h>
#include <string.h>

#include "daemon/metrics.h"

const char *metrics_type(enum metrics_format format)
{
    return format == METRICS_OPENMETRICS
               ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
               : "text/plain; version=0.0.4; charset=utf-8";
}

/* Whoever can read OpenMetrics gets it: those who ask for both prefer it. RFC 9110 12.5.1 */
enum metrics_format metrics_wanted(const char *accept)
{
    const char *asked = accept != NULL ? strcasestr(accept, "application/openmetrics-text") : NULL;

    if (asked == NULL) {
        return METRICS_PROMETHEUS;
    }
    size_t len = strcspn(asked, ",");
    const char *weight = strcasestr(asked, ";q=");
    bool refused = weight != NULL && weight < asked + len && strtod(weight + 3, NULL) <= 0;

    return refused ? METRICS_PROMETHEUS : METRICS_OPENMETRICS;
}
