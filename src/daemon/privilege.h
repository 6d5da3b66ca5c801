/* privilege.h - a server that was started by root does its work as somebody else. */
#ifndef SECHO_PRIVILEGE_H
#define SECHO_PRIVILEGE_H

#include <stdbool.h>
#include <stdint.h>
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

/*
 * Becomes it, for good: groups, group, user; and no capability but `kept` (capabilities.h) remains,
 * nor does anybody get one by executing something. Call it before there are threads. Who has done
 * it may do it again.
 *
 * In a build without a sandbox user and groups are all that changes. Who is not root keeps his
 * supplementary groups: the system does not let him give them away.
 */
MUST_CHECK int privilege_drop(const struct privilege *privilege, uint64_t kept,
                              struct secho_error *err);

#endif
