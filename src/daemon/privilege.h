/* privilege.h - a server that was started by root does its work as somebody else. */
#ifndef SECHO_PRIVILEGE_H
#define SECHO_PRIVILEGE_H

#include <stdbool.h>
#include <sys/types.h>

#include <secho/error.h>

#include "base/attributes.h"

struct privilege {
    bool change; /* false: stay who we are */
    uid_t user;
    gid_t group;
};

/*
 * Whom to become: `name`, or where it is empty "nobody" for root and no change for anybody else.
 * Fails with SECHO_ERR_CONFIG: no such user, or we are not root and asked to become another one.
 */
MUST_CHECK int privilege_resolve(const char *name, struct privilege *out, struct secho_error *err);

/* Becomes it, for good: groups, group, user. */
MUST_CHECK int privilege_drop(const struct privilege *privilege, struct secho_error *err);

#endif
