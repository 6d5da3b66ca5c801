/* admin_status.h - all that the server knows of itself, as JSON (config/secho-status.schema.json).
 */
#ifndef SECHO_ADMIN_STATUS_H
#define SECHO_ADMIN_STATUS_H

#include "daemon/admin_answer.h"

/* One line with its newline. NULL without memory; free() it. */
char *admin_status(const struct admin_view *view);

#endif
