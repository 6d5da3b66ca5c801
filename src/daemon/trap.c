#include "daemon/trap.h"

#ifdef SECHO_HAVE_SECCOMP

#include <errno.h>
#include <seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

/*
 * Nobody who serves asks for these, unless somebody else thinks for him: to run something, to reach
 * something new, to look into others, to become another one. (Files to be written and memory to be
 * executed: the filter lets the other kinds of these calls pass.)
 */
static const int forbidden[] = {
    SCMP_SYS(execve),
    SCMP_SYS(execveat),
    SCMP_SYS(fork),
    SCMP_SYS(vfork),
    SCMP_SYS(clone),
    SCMP_SYS(clone3),
    SCMP_SYS(socket),
    SCMP_SYS(bind),
    SCMP_SYS(listen),
    SCMP_SYS(connect),
    SCMP_SYS(open),
    SCMP_SYS(openat),
    SCMP_SYS(openat2),
    SCMP_SYS(creat),
    SCMP_SYS(open_by_handle_at),
    SCMP_SYS(mmap),
    SCMP_SYS(mprotect),
    SCMP_SYS(pkey_mprotect),
    SCMP_SYS(memfd_create),
    SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(pidfd_getfd),
    SCMP_SYS(kill),
    SCMP_SYS(tkill),
    SCMP_SYS(tgkill),
    SCMP_SYS(rt_sigqueueinfo),
    SCMP_SYS(rt_tgsigqueueinfo),
    SCMP_SYS(pidfd_send_signal),
    SCMP_SYS(setuid),
    SCMP_SYS(setgid),
    SCMP_SYS(setreuid),
    SCMP_SYS(setregid),
    SCMP_SYS(setresuid),
    SCMP_SYS(setresgid),
    SCMP_SYS(setfsuid),
    SCMP_SYS(setfsgid),
    SCMP_SYS(setgroups),
    SCMP_SYS(capset),
    SCMP_SYS(chroot),
    SCMP_SYS(pivot_root),
    SCMP_SYS(mount),
    SCMP_SYS(umount2),
    SCMP_SYS(unshare),
    SCMP_SYS(setns),
    SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(io_uring_enter),
    SCMP_SYS(io_uring_register),
    SCMP_SYS(add_key),
    SCMP_SYS(request_key),
    SCMP_SYS(keyctl),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(delete_module),
    SCMP_SYS(kexec_load),
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define CALLS_MAX    512 /* Linux has some 470 */

bool trap_forbids(int call)
{
    for (size_t i = 0; i < COUNT(forbidden); i++) {
        if (call >= 0 && forbidden[i] == call) {
            return true;
        }
    }
    return false;
}

/* A signal handler has no argument of ours. Written before there are threads. */
static struct {
    struct trap trap;
    struct log log;
    bool knows_names;
    const char *names[CALLS_MAX]; /* owned, for as long as the process lives; NULL: nobody knows */
    _Atomic bool told[CALLS_MAX];
} own;

void trap_learn_names(void)
{
    for (int call = 0; call < CALLS_MAX && !own.knows_names; call++) {
        own.names[call] = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, call);
    }
    own.knows_names = true;
}

/* ---- tell ---- */

static void send_line(void *ignored, const char *line, size_t len)
{
    (void)ignored;
    (void)send(own.trap.log_writer, line, len, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void tell(int call, enum secho_level level, const char *event, const char *why)
{
    const char *name = call >= 0 && call < CALLS_MAX ? own.names[call] : NULL;

    if (own.trap.log_writer != -1) {
        log_event(&own.log, level, event, log_text("process", own.trap.process),
                  log_number("pid", (uint64_t)getpid()),
                  log_text("call", name != NULL ? name : "unknown"),
                  log_number("number", (uint64_t)(unsigned)call), log_text("why", why));
    }
}

static bool is_first(int call)
{
    return call >= 0 && call < CALLS_MAX && !atomic_exchange(&own.told[call], true);
}

/* ---- answer ---- */

/* What the call returns: signal(7) does not say where, the calling convention does (syscall(2)). */
static void answer(ucontext_t *context, int result)
{
#if defined(__x86_64__)
    context->uc_mcontext.gregs[REG_RAX] = result;
#elif defined(__aarch64__)
    context->uc_mcontext.regs[0] = (unsigned long long)result;
#else
#error                                                                                             \
    "where does a system call of this machine return its result? Else build with -DSECHO_SANDBOX=OFF"
#endif
}

/* The filter kills the process for this one, whatever became of us: it has no other meaning here.
 */
static void end(void)
{
    (void)syscall(SYS_reboot, 0, 0, 0, NULL);
    _exit(128 + SIGSYS);
}

static void on_trap(int number, siginfo_t *info, void *context)
{
    int os_errno = errno, call = info->si_syscall;

    (void)number;
    if (trap_forbids(call)) {
        tell(call, SECHO_LEVEL_ERROR, "call_forbidden",
             "who serves echoes never asks the kernel for this: the process ends, and is replaced");
        end();
    }
    if (own.trap.denied != NULL) {
        atomic_fetch_add(own.trap.denied, 1);
    }
    if (is_first(call)) {
        tell(call, SECHO_LEVEL_WARN, "call_denied",
             "the sandbox does not know this system call: it answers EPERM, and counts");
    }
    answer(context, -EPERM);
    errno = os_errno;
}

void trap_arrange(const struct trap *trap)
{
    struct sigaction action = {.sa_sigaction = on_trap, .sa_flags = SA_SIGINFO};

    own.trap = *trap;
    own.log = (struct log){.level = trap->log->level,
                           .shared = trap->log->shared,
                           .format = trap->log->format,
                           .sink = send_line};
    trap_learn_names();
    (void)sigaction(SIGSYS, &action, NULL);
}

#else

void trap_learn_names(void)
{
}

void trap_arrange(const struct trap *trap)
{
    (void)trap;
}

bool trap_forbids(int call)
{
    (void)call;
    return false;
}

#endif
