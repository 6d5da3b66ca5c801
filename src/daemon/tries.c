#include "daemon/tries.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "net/socket.h"

int tries_prepare(struct tries_means *out, int log, struct secho_error *err)
{
    *out = (struct tries_means){
        .listener = -1, .log = log, .tcp = -1, .spare = -1, .parent = getppid()};
    if (address_parse("127.0.0.1", 0, &out->address) != 0) {
        return error_set(err, SECHO_ERR_SYSTEM, "no loopback");
    }
    out->tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    out->spare = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (out->tcp == -1 || out->spare == -1) {
        return error_errno(err, "socket");
    }
    return socket_listen(&out->address, 8, false, &out->listener, err);
}

void tries_done(struct tries_means *means)
{
    socket_close(means->listener);
    socket_close(means->tcp);
    socket_close(means->spare);
}

/* By number: the names have one door each, and nobody is to go through it by way of this file. */
static int ask(long number, uintptr_t a, uintptr_t b, uintptr_t c)
{
    return syscall(number, a, b, c, (uintptr_t)0, (uintptr_t)0, (uintptr_t)0) == -1 ? errno : 0;
}

static int read_a_file(const struct tries_means *means)
{
    (void)means;
    return open("/etc/passwd", O_RDONLY | O_CLOEXEC) == -1 ? errno : 0;
}

static int write_a_file(const struct tries_means *means)
{
    (void)means;
    return open("/dev/null", O_WRONLY | O_CLOEXEC) == -1 ? errno : 0;
}

/* The program that runs already, which then only tells its version, to nobody. */
static int execute(const struct tries_means *means)
{
    char *const argv[] = {(char[]){"secho"}, (char[]){"-V"}, NULL}, *const environment[] = {NULL};

    (void)means;
    (void)close(STDOUT_FILENO);
    (void)execve("/proc/self/exe", argv, environment);
    return errno;
}

static int start_a_process(const struct tries_means *means)
{
    long pid = syscall(SYS_clone, (unsigned long)SIGCHLD, NULL, NULL, NULL, NULL);

    (void)means;
    if (pid == 0) {
        _exit(0);
    }
    return pid == -1 ? errno : 0;
}

static int open_a_socket(const struct tries_means *means)
{
    (void)means;
    return socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0) == -1 ? errno : 0;
}

static int connect_by_tcp(const struct tries_means *means)
{
    return ask(SYS_connect, (uintptr_t)means->tcp, (uintptr_t)&means->address.ipv4,
               sizeof means->address.ipv4);
}

static int bind_a_tcp_port(const struct tries_means *means)
{
    struct sockaddr_in any = means->address.ipv4;

    any.sin_port = 0;
    return ask(SYS_bind, (uintptr_t)means->spare, (uintptr_t)&any, sizeof any);
}

static int signal_another_process(const struct tries_means *means)
{
    return kill(means->parent, 0) == -1 ? errno : 0;
}

static int become_root(const struct tries_means *means)
{
    (void)means;
    return ask(SYS_setuid, 0, 0, 0);
}

static int enter_a_user_namespace(const struct tries_means *means)
{
    (void)means;
    return unshare(CLONE_NEWUSER) == -1 ? errno : 0;
}

static int be_traced(const struct tries_means *means)
{
    (void)means;
    return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == -1 ? errno : 0;
}

static int get_memory_to_execute(const struct tries_means *means)
{
    void *memory =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    (void)means;
    return memory == MAP_FAILED ? errno : 0;
}

static int make_memory_executable(const struct tries_means *means)
{
    void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    (void)means;
    if (memory == MAP_FAILED) {
        return 0; /* not what is asked for here */
    }
    return mprotect(memory, 4096, PROT_READ | PROT_EXEC) == -1 ? errno : 0;
}

static int get_a_ring(const struct tries_means *means)
{
    struct io_uring_params parameters = {0};

    (void)means;
    return ask(SYS_io_uring_setup, 4, (uintptr_t)&parameters, 0);
}

/* For all processes; also by a number of which the kernel looks at the lower half only. */
static int silence_the_log(const struct tries_means *means)
{
    const uintptr_t fd = (uintptr_t)means->log;
    int refused = ask(SYS_shutdown, fd, SHUT_RDWR, 0);

    return refused == 0 ? 0 : ask(SYS_shutdown, fd | (uintptr_t)1 << 32, SHUT_RDWR, 0);
}

/* Whoever could do that would have the log under a number at which nobody looks. */
static int copy_a_descriptor(const struct tries_means *means)
{
    const uintptr_t fd = (uintptr_t)means->log, to = (uintptr_t)means->spare;
    int refused = ask(SYS_dup, fd, 0, 0);

    refused = refused == 0 ? 0 : ask(SYS_dup3, fd, to, 0);
    refused = refused == 0 ? 0 : ask(SYS_fcntl, fd, F_DUPFD, 0);
    refused = refused == 0 ? 0 : ask(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 0);
#ifdef SYS_dup2
    refused = refused == 0 ? 0 : ask(SYS_dup2, fd, to, 0);
#endif
    return refused;
}

/* Not a byte, which would stand in somebody's log: whether it may be written tells that, too. */
static int write_past_the_log(const struct tries_means *means)
{
    (void)means;
    return ask(SYS_write, STDERR_FILENO, (uintptr_t) "", 0);
}

/* Harmless, and nothing that serving an echo needs. */
static int make_an_unknown_call(const struct tries_means *means)
{
    (void)means;
    return ask(SYS_umask, 077, 0, 0);
}

const struct try tries_all[] = {
    {"read a file", true, read_a_file},
    {"write a file", true, write_a_file},
    {"execute a program", true, execute},
    {"connect by TCP", true, connect_by_tcp},
    {"bind a TCP port", true, bind_a_tcp_port},
    {"signal another process", true, signal_another_process},
    {"become root", true, become_root},
    {"start a process", false, start_a_process},
    {"open a socket", false, open_a_socket},
    {"enter a user namespace", false, enter_a_user_namespace},
    {"call ptrace", false, be_traced},
    {"get memory to execute", false, get_memory_to_execute},
    {"make memory executable", false, make_memory_executable},
    {"get an io_uring", false, get_a_ring},
    {"silence the log", false, silence_the_log},
    {"copy a descriptor", false, copy_a_descriptor},
    {"write past the log", false, write_past_the_log},
    {"make an unknown call", false, make_an_unknown_call},
};

const size_t tries_count = sizeof tries_all / sizeof tries_all[0];

void tries_end_with(const struct try *one, const struct tries_means *means)
{
    _exit(one->go(means));
}
