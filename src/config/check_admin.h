/* check_admin.h - what must fit together in "admin": who can reach it, and what it asks of them. */
#ifndef SECHO_CHECK_ADMIN_H
#define SECHO_CHECK_ADMIN_H

#include "config/config.h"
#include "config/read.h"

void check_admin(struct reader *reader, const struct json_at *root,
                 const struct secho_config *config);

/* Can only this machine reach it: is it a Unix socket, or at a loopback address? */
bool check_admin_is_local(const struct secho_config *config);

#endif
