#include "daemon/birth.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/uio.h>
#include <sysexits.h>
#include <unistd.h>

#include "daemon/admin.h"
#include "daemon/descriptors.h"
#include "daemon/generation.h"
#include "net/socket.h"

/*
 * In the child: does not return. Nothing but what signal-safety(7) allows: another thread of the
 * supervisor, the scribe, may have held any lock when it was forked.
 */
static void become(char *title, char *config_path, const int *fds, size_t count)
{
    char *const argv[] = {title, (char[]){"-c"}, config_path, NULL};

    /* Our signals stay blocked until the other one has said what it does about them. */
    if (descriptors_hand_over(fds, count) == 0) {
        (void)execv("/proc/self/exe", argv);
    }
    char *why = strerror(errno); /* glibc looks into a table */
    struct iovec words[] = {{title, strlen(title)},
                            {(char[]){": cannot be started: "}, 21},
                            {why, strlen(why)},
                            {(char[]){"\n"}, 1}};

    (void)!writev(STDERR_FILENO, words, sizeof words / sizeof words[0]);
    _exit(EX_OSERR);
}

/* ---- a leader ---- */

static void become_leader(const struct supervisor *supervisor, int control, int lifeline)
{
    const int fds[GENERATION_FDS] = {control, supervisor->log_writer, supervisor->counters_fd,
                                     lifeline, supervisor->board_fd};

    become((char[]){GENERATION_TITLE}, supervisor->config_path, fds, GENERATION_FDS);
}

pid_t birth_leader(struct supervisor *supervisor, struct generation *generation)
{
    int ends[2] = {-1, -1}, line[2] = {-1, -1};
    pid_t pid = -1;

    if (message_channel(ends) == 0 && pipe2(line, O_CLOEXEC) == 0) {
        pid = fork();
        if (pid == 0) {
            become_leader(supervisor, ends[1], line[1]);
        }
    }
    int os_errno = errno;

    socket_close(ends[1]);
    socket_close(line[1]);
    if (pid == -1) {
        socket_close(ends[0]);
        socket_close(line[0]);
        errno = os_errno;
        return -1;
    }
    generation->control = ends[0];
    generation->lifeline = line[0];
    generation->leader = pid;
    return pid;
}

/* ---- the admin process ---- */

static void become_admin(const struct supervisor *supervisor, int control)
{
    const int fds[ADMIN_FDS] = {control, supervisor->log_writer, supervisor->counters_fd,
                                supervisor->board_fd, supervisor->steward.fd};

    become((char[]){ADMIN_TITLE}, supervisor->config_path, fds, ADMIN_FDS);
}

void birth_admin(struct supervisor *supervisor)
{
    int ends[2] = {-1, -1};
    pid_t pid = message_channel(ends) == 0 ? fork() : -1;

    if (pid == 0) {
        become_admin(supervisor, ends[1]);
    }
    int os_errno = errno;

    socket_close(ends[1]);
    if (pid == -1) {
        socket_close(ends[0]);
        ends[0] = -1;
    }
    errno = os_errno;
    steward_born(supervisor, pid, ends[0]);
}
