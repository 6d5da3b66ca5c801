#include "daemon/worker_birth.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/progress.h"
#include "daemon/generation.h"
#include "daemon/message.h"
#include "daemon/process.h"
#include "net/socket.h"

#define WORKER_TITLE "secho-server: worker"

static void take_name(char **argv)
{
    memcpy(argv[0], WORKER_TITLE, strlen(GENERATION_TITLE)); /* for ps(1) */
    (void)prctl(PR_SET_NAME, "secho-worker");
}

static int worker_main(struct prepared *own, size_t index, size_t threads, int channel)
{
    const struct process_settings settings = {
        .service = &own->load.service,
        .privilege = &own->load.privilege,
        .counters = own->counters,
        .generation = own->start.block,
        .first = index * threads,
        .threads = threads,
        .channel = channel,
        .lifeline = GENERATION_LIFELINE,
        .log_writer = GENERATION_LOG,
        .log_format = own->log.format,
    };
    sigset_t none;

    progress_to(NULL);            /* what we do is no step of our leader's */
    watch_done(&own->load.watch); /* its folders are the leader's */
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    return process_run(&settings);
}

pid_t worker_birth(char **argv, struct prepared *own, size_t index, size_t threads, int *channel)
{
    int ends[2];

    if (message_channel(ends) != 0) {
        return -1;
    }
    pid_t pid = fork();
    int os_errno = errno;

    if (pid == 0) {
        take_name(argv);
        exit(worker_main(own, index, threads, ends[1]));
    }
    socket_close(ends[1]);
    if (pid == -1) {
        socket_close(ends[0]);
        errno = os_errno;
    }
    *channel = ends[0];
    return pid;
}
