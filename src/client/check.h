/* check.h - the mode "check": connect, verify, send a nonce, compare the echo, close. */
#ifndef SECHO_CHECK_H
#define SECHO_CHECK_H

#include <cjson/cJSON.h>

#include "client/client.h"

#define CHECK_BYTES      32
#define CHECK_GOODBYE_MS 1000 /* the echo is proven: so long may the server's close_notify take */

/*
 * Does all of it with a client that was made and not opened. 0 when the echo is proven; else -1
 * and client->failure says why.
 *
 *   echo_us  set on success: from the first byte sent to the last one back
 */
int check_run(struct secho_client *client, int64_t *echo_us);

/*
 * The same with a message of one's own: `len` bytes, at most 16 KiB, so that it goes out at once;
 * with 0 the handshake is all that is proven, and what the server says unasked is skipped.
 */
int check_message(struct secho_client *client, const unsigned char *message, size_t len,
                  int64_t *echo_us);

/*
 * Sends `message` on an open client and compares what comes back; at most 16 KiB. 0, or -1 and
 * client->failure. client->alike says how much of it did come back.
 */
int check_echo(struct secho_client *client, const unsigned char *message, size_t len);

/* "ok: 127.0.0.1:8443 echoed 32 bytes over TLSv1.3 ... in 3.1 ms (dns 0.2, ...)" */
void check_line(const struct secho_client *client, int64_t echo_us, char *line, size_t size);

/* The same, or why it failed, as one JSON object; cJSON_Delete() it. */
cJSON *check_json(const struct secho_client *client, int64_t echo_us);

#endif
