#include "daemon/admin_read.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemon/admin_library.h"

static const char *header(struct MHD_Connection *connection, const char *name)
{
    return mhd.lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static const char *parameter(struct MHD_Connection *connection, const char *name)
{
    return mhd.lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, name);
}

/* MHD_KeyValueIterator */
static enum MHD_Result count_host(void *count, enum MHD_ValueKind kind, const char *name,
                                  const char *value)
{
    (void)kind, (void)value;
    *(unsigned *)count += strcasecmp(name, "Host") == 0;
    return MHD_YES;
}

/* A whole URL names the host, whatever the header says: RFC 9112 3.2.2. */
static void take_target(struct admin_request *out, const char *target)
{
    static const char scheme[] = "http://";

    out->path = target;
    if (strncasecmp(target, scheme, strlen(scheme)) == 0) {
        const char *authority = target + strlen(scheme);
        size_t len = strcspn(authority, "/");

        (void)snprintf(out->authority, sizeof out->authority, "%.*s", (int)len, authority);
        out->claim.host = out->authority;
        out->path = authority[len] != '\0' ? authority + len : "/";
    }
}

void admin_read(struct MHD_Connection *connection, const char *target, const char *method,
                struct admin_request *out)
{
    *out = (struct admin_request){
        .method = method,
        .accept = header(connection, "Accept"),
        .level = parameter(connection, "level"),
        .since = parameter(connection, "since"),
        .claim = {.host = header(connection, "Host"),
                  .origin = header(connection, "Origin"),
                  .authorization = header(connection, "Authorization"),
                  .changes = strcmp(method, "POST") == 0},
    };
    (void)mhd.get_connection_values(connection, MHD_HEADER_KIND, count_host, &out->hosts);
    take_target(out, target);
}

size_t admin_read_length(struct MHD_Connection *connection)
{
    const char *text = header(connection, "Content-Length");
    unsigned long long length = text != NULL ? strtoull(text, NULL, 10) : 0;

    return length < SIZE_MAX ? (size_t)length : SIZE_MAX;
}
