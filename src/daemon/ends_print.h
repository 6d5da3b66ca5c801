/* ends_print.h - the latest ends as JSON: a part of /status. */
#ifndef SECHO_ENDS_PRINT_H
#define SECHO_ENDS_PRINT_H

#include <cjson/cJSON.h>

#include "server/ends.h"

/* Adds "ends" to the object: at most ENDS_LATEST, newest first. Without memory some are missing. */
void ends_print(cJSON *root, const struct ends *ends);

#endif
