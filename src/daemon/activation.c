#include "daemon/activation.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "daemon/systemd.h"
#include "net/socket.h"

#define FIRST 3 /* SD_LISTEN_FDS_START */
#define MOST  256

#define REFUSED "secho-server: socket activation: "

static int refuse(const char *why)
{
    systemd_complain(REFUSED "%s", why);
    return -1;
}

/* The whole text as a number from 0 to `most`; -1: it is none. */
static int64_t number(const char *text, int64_t most)
{
    char *end = NULL;
    intmax_t value = strtoimax(text, &end, 10);

    return end == text || *end != '\0' || value < 0 || value > most ? -1 : value;
}

/* The next of the names that stand between colons. False: there is none any more. */
static bool next_name(const char **names, char *name, size_t size)
{
    if (*names == NULL) {
        return false;
    }
    const char *end = strchr(*names, ':');
    size_t len = end != NULL ? (size_t)(end - *names) : strlen(*names);

    (void)snprintf(name, size, "%.*s", (int)len, *names);
    *names = end != NULL ? end + 1 : NULL;
    return true;
}

static int take_one(struct shelf *shelf, int fd, const char *name)
{
    struct message message = {.type = MESSAGE_SOCKET, .lent = true};
    struct address address;
    struct secho_error err;

    if (socket_adopt(fd, &address, &err) != 0) {
        systemd_complain(REFUSED "descriptor %d (\"%s\") %s", fd, name, err.text);
        return -1;
    }
    (void)snprintf(message.listener, sizeof message.listener, "%s", name);
    shelf_lend(shelf, &message, fd);
    return 0;
}

static int take_all(struct shelf *shelf, int64_t count, const char *names)
{
    bool named = names != NULL;

    for (int64_t i = 0; i < count; i++) {
        char name[MESSAGE_NAME_SIZE] = "unknown"; /* as sd_listen_fds_with_names(3) says */

        if (named && !next_name(&names, name, sizeof name)) {
            return refuse("LISTEN_FDNAMES has fewer names than LISTEN_FDS says");
        }
        if (take_one(shelf, FIRST + (int)i, name) != 0) {
            return -1;
        }
    }
    return count > 0 && names != NULL ? refuse("LISTEN_FDNAMES has more names than LISTEN_FDS says")
                                      : 0;
}

int activation_take(struct shelf *shelf)
{
    const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
    int rc = 0;

    if (pid != NULL && fds != NULL && number(pid, INT32_MAX) == getpid()) {
        int64_t count = number(fds, MOST);

        rc = count == -1 ? refuse("LISTEN_FDS is no number from 0 to 256")
                         : take_all(shelf, count, getenv("LISTEN_FDNAMES"));
    }
    if (rc != 0) {
        shelf_done(shelf); /* those before the wrong one */
    }
    (void)unsetenv("LISTEN_PID");
    (void)unsetenv("LISTEN_FDS");
    (void)unsetenv("LISTEN_FDNAMES");
    return rc;
}
