#include "client/announce.h"

#include <errno.h>

#include "net/proxy_protocol.h"
#include "net/socket.h"

/* Nothing was sent before: the kernel has room for all of it. */
static void send_header(struct secho_client *client, const unsigned char *bytes, size_t len)
{
    size_t sent = 0;
    enum moved moved = socket_send(client->fd, bytes, len, &sent);

    if (moved != MOVED || sent < len) { /* the kernel tells why only once: to us */
        client->wire.failed = moved == MOVED_FAILED ? errno : ENOBUFS;
    }
}

void announce(struct secho_client *client)
{
    int version = client->settings.proxy_protocol;
    const struct address *to = &client->race.list.addresses[client->race.winner];
    struct address from;
    char text[ADDRESS_TEXT_SIZE];
    unsigned char bytes[PROXY_V1_MAX];

    if (version == 0) {
        return;
    }
    if (socket_address(client->fd, &from) != 0) {
        client->wire.failed = errno;
        return;
    }
    address_print(&from, text);
    client_say(client, "PROXY protocol: version %d, from %s to %s", version, text, client->address);
    send_header(client, bytes, proxy_protocol_write(version, &from, to, bytes));
}
