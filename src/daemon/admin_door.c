#include "daemon/admin_door.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "daemon/message.h"
#include "net/socket.h"

#define BACKLOG 64

/* Is it where the configuration wants it? Port 0 stays what it has become. */
static bool fits(const struct admin_door *door, const struct secho_config *config, int before)
{
    char ours[ADDRESS_TEXT_SIZE], theirs[ADDRESS_TEXT_SIZE];
    struct address bound;

    if (before == -1 || door->settings.is_path) {
        return before != -1 && socket_is_path(before, door->path);
    }
    if (socket_address(before, &bound) != 0 || bound.any.sa_family != door->address.any.sa_family) {
        return false;
    }
    address_print_host(&door->address, ours);
    address_print_host(&bound, theirs);
    return strcmp(ours, theirs) == 0 &&
           (config->admin.port == 0 || address_port(&bound) == (unsigned)config->admin.port);
}

static int listen_anew(struct admin_door *door, struct secho_error *err)
{
    if (door->settings.is_path) {
        return socket_listen_path(door->path, BACKLOG, &door->fd, err);
    }
    return socket_listen(&door->address, BACKLOG, false, &door->fd, err);
}

static const char *advice(const struct secho_error *err)
{
    return err == NULL                   ? ""
           : err->os_errno == EADDRINUSE ? "; choose another /admin/port, or stop the other program"
           : err->os_errno == EADDRNOTAVAIL ? "; this machine does not have that address"
                                            : "";
}

int admin_door_open(struct admin_door *door, const struct secho_config *config,
                    const struct admin_settings *settings, int *before, struct secho_error *err)
{
    *door = (struct admin_door){.settings = *settings, .path = config->admin.socket, .fd = -1};
    if (!settings->is_there) {
        return 0;
    }
    if (!settings->is_path &&
        address_parse(config->admin.address, (unsigned)config->admin.port, &door->address) != 0) {
        return error_set(err, SECHO_ERR_CONFIG, "admin: %s is no IPv4 or IPv6 address",
                         config->admin.address);
    }
    if (fits(door, config, *before)) {
        door->fd = *before;
        *before = -1; /* the door owns it now */
        door->is_kept = true;
        return settings->is_path ? 0 : socket_address(door->fd, &door->address);
    }
    if (listen_anew(door, err) != 0) {
        error_context(err, "admin");
        return error_append(err, "%s", advice(err));
    }
    return 0;
}

void admin_door_hand_up(struct admin_door *door, int channel)
{
    struct message message = {
        .type = MESSAGE_ADMIN, .admin = door->settings, .is_kept = door->is_kept};

    (void)snprintf(message.listener, sizeof message.listener, "%s",
                   door->settings.is_path ? door->path : "");
    (void)message_send(channel, &message, door->fd);
    socket_close(door->fd);
    door->fd = -1;
}

void admin_door_announce(const struct log *log, const struct admin_door *door)
{
    char host[ADDRESS_TEXT_SIZE];

    if (!door->settings.is_there) {
        return;
    }
    if (door->settings.is_path) {
        log_event(log, SECHO_LEVEL_INFO, "admin", log_text("socket", door->path));
        return;
    }
    address_print_host(&door->address, host);
    log_event(log, SECHO_LEVEL_INFO, "admin", log_text("address", host),
              log_number("port", address_port(&door->address)));
}
