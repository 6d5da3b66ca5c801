/*
 * admin_library.h - libmicrohttpd, loaded by the admin process alone.
 *
 * Linked, it would be in every process of ours, those with private keys too, and bring GnuTLS and
 * ten more libraries along. The functions have the library's names, and its promises.
 */
#ifndef SECHO_ADMIN_LIBRARY_H
#define SECHO_ADMIN_LIBRARY_H

#include <microhttpd.h>

#include "base/attributes.h"

#define ADMIN_LIBRARY(ONE)                                                                         \
    ONE(add_response_header)                                                                       \
    ONE(create_response_from_buffer)                                                               \
    ONE(destroy_response)                                                                          \
    ONE(get_connection_info)                                                                       \
    ONE(get_connection_values)                                                                     \
    ONE(get_daemon_info)                                                                           \
    ONE(get_timeout)                                                                               \
    ONE(get_version)                                                                               \
    ONE(lookup_connection_value)                                                                   \
    ONE(queue_response)                                                                            \
    ONE(quiesce_daemon)                                                                            \
    ONE(resume_connection)                                                                         \
    ONE(run)                                                                                       \
    ONE(run_wait)                                                                                  \
    ONE(start_daemon)                                                                              \
    ONE(stop_daemon)                                                                               \
    ONE(suspend_connection)

struct admin_library {
#define ADMIN_LIBRARY_MEMBER(name) __typeof__(MHD_##name) *(name);
    ADMIN_LIBRARY(ADMIN_LIBRARY_MEMBER)
};

extern struct admin_library mhd; /* all NULL until it is loaded */

/* 0, or -1 and *why (static, of dlerror(3)). In a process with one thread. */
MUST_CHECK int admin_library_load(const char **why);

#endif
