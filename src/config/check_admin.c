#include "config/check_admin.h"

#include <string.h>
#include <sys/un.h>

#include "net/prefix.h"

static bool is_loopback(const char *text)
{
    static const char *const loopback[] = {"127.0.0.0/8", "::1"};
    struct address address;

    if (address_parse(text, 0, &address) != 0) {
        return false;
    }
    for (size_t i = 0; i < sizeof loopback / sizeof loopback[0]; i++) {
        struct prefix prefix;
        const char *why;

        if (prefix_parse(loopback[i], &prefix, &why) == 0 && prefix_has(&prefix, &address)) {
            return true;
        }
    }
    return false;
}

bool check_admin_is_local(const struct secho_config *config)
{
    return config->admin.socket[0] != '\0' || is_loopback(config->admin.address);
}

static void check_reach(struct reader *reader, const struct json_at *admin,
                        const struct secho_config *config)
{
    struct json_at address = json_key(admin, "address"), token = json_key(admin, "token");

    if (!config->admin.expose) {
        problems_add(reader->problems, &address,
                     "others can reach %s; use \"127.0.0.1\", or set \"expose\" to true and name "
                     "the file of a \"token\"",
                     config->admin.address);
    } else if (config->admin.token[0] == '\0') {
        problems_add(reader->problems, &token,
                     "is needed where others can reach the admin listener; name a file whose first "
                     "line is a secret of at least 16 characters");
    }
}

void check_admin(struct reader *reader, const struct json_at *root,
                 const struct secho_config *config)
{
    struct json_at admin = json_key(root, "admin"), path = json_key(&admin, "socket");
    size_t most = sizeof((struct sockaddr_un *)NULL)->sun_path - 1;

    if (!config->admin.present) {
        return;
    }
    if (strlen(config->admin.socket) > most) {
        problems_add(reader->problems, &path,
                     "is longer than the %zu bytes that a Unix socket's path may have; choose a "
                     "shorter one",
                     most);
    }
    if (config->admin.address[0] != '\0' && !check_admin_is_local(config)) { /* "": told already */
        check_reach(reader, &admin, config);
    }
}
