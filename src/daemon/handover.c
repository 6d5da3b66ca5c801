#include "daemon/handover.h"

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

void handover_serving(int channel, const struct secho_config *config, enum log_format format)
{
    const struct message serving = {
        .type = MESSAGE_SERVING,
        .format = format,
        .drain_delay_ms = config->timeouts.drain_delay_ms,
    };
    int file = write_config(config);

    (void)message_send(channel, &serving, file);
    socket_close(file);
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
