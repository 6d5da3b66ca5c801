#include "daemon/handover.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/place.h"
#include "daemon/message.h"
#include "net/socket.h"

/* The descriptor of a file with it, close-on-exec; -1: no memory. */
static int write_config(const struct secho_config *config)
{
    char *text = config_print(config);
    int fd = text != NULL ? memfd_create("secho-configuration", MFD_CLOEXEC) : -1;

    if (fd != -1 && write(fd, text, strlen(text)) != (ssize_t)strlen(text)) {
        socket_close(fd);
        fd = -1;
    }
    free(text);
    return fd;
}

static enum handed_up hear_answer(int channel)
{
    struct pollfd control = {.fd = channel, .events = POLLIN};
    struct message message;
    enum heard heard;
    int fd = -1;

    while ((heard = message_receive(channel, &message, &fd)) == HEARD_NOTHING) {
        (void)poll(&control, 1, -1);
    }
    if (heard == HEARD_END) {
        return HANDED_UP_IN_VAIN;
    }
    socket_close(fd);
    return message.type == MESSAGE_TAKEN     ? HANDED_UP
           : message.type == MESSAGE_NO_ROOM ? HANDED_UP_NO_ROOM
                                             : HANDED_UP_IN_VAIN;
}

enum handed_up handover_bound(int channel, const struct secho_config *config)
{
    const struct message bound = {.type = MESSAGE_BOUND};
    int file = write_config(config);
    int rc = file != -1 ? message_send(channel, &bound, file) : -1;

    socket_close(file);
    return rc == 0 ? hear_answer(channel) : HANDED_UP_IN_VAIN;
}

void handover_serving(int channel, const struct secho_config *config, enum log_format format)
{
    const struct message serving = {
        .type = MESSAGE_SERVING,
        .format = format,
        .drain_delay_ms = config->timeouts.drain_delay_ms,
    };

    (void)message_send(channel, &serving, -1);
}

char *handover_read(int fd)
{
    struct stat facts = {.st_size = 0};

    if (fd == -1 || fstat(fd, &facts) != 0) {
        return strdup("{}");
    }
    char *text = calloc((size_t)facts.st_size + 1, 1);

    if (text != NULL && pread(fd, text, (size_t)facts.st_size, 0) != facts.st_size) {
        text[0] = '\0';
    }
    return text;
}

void handover_compare(int before, const struct secho_config *after, config_change_fn *tell,
                      void *context)
{
    char *old = handover_read(before), *now = config_print(after);

    if (before != -1 && old != NULL && now != NULL) {
        config_changes(old, now, tell, context);
    }
    free(old);
    free(now);
}

/* ---- what needs a restart ---- */

struct check {
    const struct secho_config *config;
    secho_problem_fn *report;
    void *context;
    int problems;
};

static void check_change(void *context, const char *pointer, const char *before, const char *after)
{
    static const char *const fixed[] = {"/workers/processes", "/workers/threads"};
    struct check *check = context;

    (void)before, (void)after;
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++) {
        if (strcmp(pointer, fixed[i]) == 0) {
            check->problems++;
            config_report(check->config, pointer,
                          "cannot change while the server runs, since the queues of its listeners "
                          "are bound to its threads; restart it for that",
                          check->report, check->context);
        }
    }
}

int handover_check(int before, const struct secho_config *after, secho_problem_fn *report,
                   void *context)
{
    struct check check = {.config = after, .report = report, .context = context};

    handover_compare(before, after, check_change, &check);
    return check.problems == 0 ? 0 : -1;
}
