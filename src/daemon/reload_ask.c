/* reload_ask.c - in order of time: where is it, connect, ask, hear, tell. */
#include "daemon/reload_ask.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/error.h"
#include "config/config.h"
#include "daemon/admin_settings.h"
#include "net/socket.h"

#define CONNECT_MS 10000
#define ANSWER_MS  60000 /* a server that loads for longer is told of, not waited for */
#define REPLY_SIZE (64 * 1024)

static int tell(int status, const char *path, const char *why)
{
    (void)fprintf(stderr, "secho-server: %s: %s\n", path, why);
    return status;
}

/* ---- where is it? ---- */

static void print_problem(void *ignored, const char *line)
{
    (void)ignored;
    (void)fprintf(stderr, "%s\n", line);
}

/* A problem elsewhere in the file is what the server will tell; `config` NULL: it is no JSON. */
static int read_place(const char *path, struct secho_config **config)
{
    (void)config_read(path, NULL, NULL, config);
    if (*config == NULL) {
        struct secho_config *ignored = NULL;

        (void)config_read(path, print_problem, NULL, &ignored);
        secho_config_free(ignored);
        return EX_CONFIG;
    }
    if (!(*config)->admin.present) {
        return tell(EX_UNAVAILABLE, path,
                    "has no \"admin\" section, so nobody can be asked; add one, for example "
                    "\"admin\": { \"socket\": \"secho.sock\" }, or send SIGHUP to the server");
    }
    if ((*config)->admin.socket[0] == '\0' && (*config)->admin.port == 0) {
        return tell(EX_UNAVAILABLE, path,
                    "/admin/port is 0, so only the server's log knows the real one; choose one, or "
                    "a \"socket\", or send SIGHUP to the server");
    }
    return EX_OK;
}

/* ---- connect ---- */

/* Who listens everywhere is here, too. */
static int connect_to_address(const struct secho_config *config, int *fd, struct secho_error *err)
{
    const char *text = config->admin.address;
    struct address address;

    text = strcmp(text, "::") == 0 ? "::1" : strcmp(text, "0.0.0.0") == 0 ? "127.0.0.1" : text;
    if (address_parse(text, (unsigned)config->admin.port, &address) != 0) {
        return error_set(err, SECHO_ERR_CONFIG, "%s is no IPv4 or IPv6 address", text);
    }
    return socket_connect(&address, fd, err);
}

static int wait_for_connection(int fd, struct secho_error *err)
{
    struct pollfd at = {.fd = fd, .events = POLLOUT};

    if (poll(&at, 1, CONNECT_MS) != 1) {
        return error_set(err, SECHO_ERR_TIMEOUT, "connecting: no answer");
    }
    return socket_connect_result(fd) == 0 ? 0 : error_errno(err, "connecting");
}

static int connect_to(const struct secho_config *config, int *fd)
{
    struct secho_error err;
    int rc = config->admin.socket[0] != '\0' ? socket_connect_path(config->admin.socket, fd, &err)
                                             : connect_to_address(config, fd, &err);

    if (rc == 0 && wait_for_connection(*fd, &err) == 0) {
        return EX_OK;
    }
    (void)fprintf(
        stderr,
        "secho-server: %s\nDoes the server run, with this \"admin\" section? One that was "
        "added or moved since it was started needs SIGHUP, once.\n",
        err.text);
    return EX_UNAVAILABLE;
}

/* ---- ask ---- */

static int send_all(int fd, const char *text, size_t len)
{
    struct pollfd at = {.fd = fd, .events = POLLOUT};

    while (len > 0) {
        size_t count = 0;
        enum moved moved = socket_send(fd, text, len, &count);

        if (moved == MOVED_FAILED || (moved == MOVED_NOTHING && poll(&at, 1, CONNECT_MS) != 1)) {
            return -1;
        }
        text += count;
        len -= count;
    }
    return 0;
}

static int ask(int fd, const struct secho_config *config)
{
    char token[ADMIN_TOKEN_MAX + 1] = "", request[ADMIN_TOKEN_MAX + 256];
    struct secho_error err;
    bool has_token = config->admin.token[0] != '\0';

    if (has_token && admin_token_read(config->admin.token, token, &err) != 0) {
        return tell(EX_NOPERM, "the token", err.text);
    }
    int len = snprintf(request, sizeof request,
                       "POST /reload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n"
                       "Connection: close\r\n%s%s%s\r\n",
                       has_token ? "Authorization: Bearer " : "", token, has_token ? "\r\n" : "");
    int rc = send_all(fd, request, (size_t)len);

    OPENSSL_cleanse(token, sizeof token);
    OPENSSL_cleanse(request, sizeof request);
    return rc == 0 ? EX_OK : tell(EX_UNAVAILABLE, "the admin listener", strerror(errno));
}

/* ---- hear ---- */

/* All up to the end of the connection. */
static int hear(int fd, char reply[static REPLY_SIZE])
{
    struct pollfd at = {.fd = fd, .events = POLLIN};
    size_t len = 0, count = 0;

    while (len < REPLY_SIZE - 1) {
        if (poll(&at, 1, ANSWER_MS) != 1) {
            return tell(EX_TEMPFAIL, "the server",
                        "no answer for a minute; its log says what becomes of the reload");
        }
        enum moved moved = socket_receive(fd, reply + len, REPLY_SIZE - 1 - len, &count);

        if (moved == MOVED_END || moved == MOVED_FAILED) {
            break;
        }
        len += moved == MOVED ? count : 0;
    }
    reply[len] = '\0';
    return EX_OK;
}

static int status_of(int http)
{
    return http == 200                  ? EX_OK
           : http == 422                ? EX_CONFIG
           : http == 401 || http == 403 ? EX_NOPERM
           : http == 503                ? EX_UNAVAILABLE
           : http == 500                ? EX_OSERR
                                        : EX_PROTOCOL;
}

/* Its token is the one that it has loaded, whatever the file has now. */
static void advise(int http)
{
    if (http == 401) {
        (void)fputs("The server may still have the token from before the file of /admin/token "
                    "changed: SIGHUP to it, or \"watch\": true, loads the new one.\n",
                    stderr);
    }
}

static int tell_reply(const char *reply)
{
    const char *body = strstr(reply, "\r\n\r\n");
    int status = 0;

    if (body == NULL || sscanf(reply, "HTTP/1.%*1[01] %3d", &status) != 1) {
        return reply[0] == '\0'
                   ? tell(EX_UNAVAILABLE, "the server", "it ended the connection without a word")
                   : tell(EX_PROTOCOL, "the admin listener", "what answers there is no HTTP");
    }
    (void)fputs(body + 4, status == 200 ? stdout : stderr);
    advise(status);
    return status_of(status);
}

int reload_ask(const char *config_path)
{
    struct secho_config *config = NULL;
    char *reply = calloc(1, REPLY_SIZE);
    int fd = -1, status = reply != NULL ? read_place(config_path, &config) : EX_OSERR;

    if (status == EX_OK) {
        status = connect_to(config, &fd);
    }
    if (status == EX_OK) {
        status = ask(fd, config);
    }
    if (status == EX_OK) {
        status = hear(fd, reply);
    }
    if (status == EX_OK) {
        status = tell_reply(reply);
    }
    socket_close(fd);
    secho_config_free(config);
    free(reply);
    return status;
}
