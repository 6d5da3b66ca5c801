#include "daemon/filter.h"

#include "base/error.h"

#ifdef SECHO_HAVE_SECCOMP

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BOTH ((unsigned)FILTER_WORKER | (unsigned)FILTER_ADMIN)

/* One way to make a call. `argument` -1: whatever the arguments are. */
struct rule {
    int call;
    unsigned who; /* bits of enum filter_for */
    int argument;
    scmp_datum_t mask, value; /* it must have this value in these bits */
};

#define ANY(name, for_whom)                                                                        \
    {                                                                                              \
        SCMP_SYS(name), (for_whom), -1, 0, 0                                                       \
    }

/* What serves an echo, and what a page of the admin. Found with strace, and by what was denied. */
static const struct rule allowed[] = {
    /* a turn: the loop, one recv, one send */
    ANY(epoll_wait, BOTH),
    ANY(epoll_pwait, BOTH),
    ANY(epoll_pwait2, BOTH),
    ANY(recvfrom, BOTH),
    ANY(sendto, BOTH),
    ANY(epoll_ctl, BOTH),
    ANY(accept4, BOTH),
    ANY(accept, FILTER_ADMIN),
    ANY(close, BOTH),
    ANY(getpid, BOTH), /* OpenSSL, libuv: are we a child by now? */
    {SCMP_SYS(ioctl), BOTH, 1, ~(scmp_datum_t)0, FIONBIO},
    ANY(getsockname, BOTH),
    ANY(getpeername, BOTH),
    ANY(getsockopt, BOTH),
    {SCMP_SYS(setsockopt), FILTER_ADMIN, 1, ~(scmp_datum_t)0, IPPROTO_TCP},
    /* other threads, the leader, the log, a file of key_log; abort() says why */
    ANY(futex, BOTH),
    ANY(read, BOTH),
    ANY(write, BOTH),
    ANY(readv, BOTH),
    ANY(writev, BOTH),
    ANY(recvmsg, BOTH),
    ANY(sendmsg, BOTH),
    ANY(poll, BOTH),
    ANY(ppoll, BOTH),
    ANY(select, FILTER_ADMIN),
    ANY(pselect6, FILTER_ADMIN),
    ANY(fstat, BOTH),
    /* malloc: pages that cannot be executed */
    ANY(madvise, BOTH),
    ANY(munmap, BOTH),
    ANY(brk, BOTH),
    ANY(mremap, BOTH),
    {SCMP_SYS(mmap), BOTH, 2, PROT_EXEC, 0},
    {SCMP_SYS(mprotect), BOTH, 2, PROT_EXEC, 0},
    ANY(sched_getaffinity, BOTH), /* how many arenas */
    ANY(sysinfo, BOTH),           /* qsort(): how much memory */
    /* what time it is, where the vDSO does not know */
    ANY(clock_gettime, BOTH),
    ANY(gettimeofday, BOTH),
    ANY(time, BOTH),
    ANY(nanosleep, BOTH),
    ANY(clock_nanosleep, BOTH),
    ANY(restart_syscall, BOTH), /* of a wait, after SIGSTOP */
    ANY(getrandom, BOTH),
    ANY(sched_yield, BOTH),
    ANY(getcpu, BOTH),
    ANY(uname, BOTH), /* gethostname(): reports name their host */
    /* signals that come, and the end of a thread and of the process */
    ANY(rt_sigprocmask, BOTH),
    ANY(rt_sigreturn, BOTH),
    ANY(set_robust_list, BOTH),
    ANY(rseq, BOTH),
    ANY(gettid, BOTH),
    ANY(exit, BOTH),
    ANY(exit_group, BOTH),
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A call that this kind of machine does not have has a negative number. */
static int add(scmp_filter_ctx filter, uint32_t action, const struct rule *rule)
{
    if (rule->call < 0) {
        return 0;
    }
    if (rule->argument == -1) {
        return seccomp_rule_add(filter, action, rule->call, 0);
    }
    const struct scmp_arg_cmp wanted =
        SCMP_CMP((unsigned)rule->argument, SCMP_CMP_MASKED_EQ, rule->mask, rule->value);

    return seccomp_rule_add(filter, action, rule->call, 1, wanted);
}

#define FD_BITS 32

/*
 * Any descriptor but the log's. The kernel looks at the lower half of the register, a comparison at
 * all of it: "is not 4" would be true of 2^32 + 4, and shut down 4. Hence: in the lower half some
 * bit is another one.
 */
static int add_shutdown(scmp_filter_ctx filter, int log_writer)
{
    int rc = 0;

    for (unsigned bit = 0; rc == 0 && bit < FD_BITS; bit++) {
        scmp_datum_t mask = (scmp_datum_t)1 << bit;
        const struct rule rule = {SCMP_SYS(shutdown), BOTH, 0, mask,
                                  ~(scmp_datum_t)(unsigned)log_writer & mask};

        rc = add(filter, SCMP_ACT_ALLOW, &rule);
    }
    return rc;
}

/* abort() and raise(): a signal to ourselves. */
static int add_own_signals(scmp_filter_ctx filter)
{
    const struct rule rule = {SCMP_SYS(tgkill), BOTH, 0, ~(scmp_datum_t)0, (scmp_datum_t)getpid()};

    return add(filter, SCMP_ACT_ALLOW, &rule);
}

#define TO_WRITE (O_ACCMODE | O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY))

/*
 * malloc asks for /proc/sys/vm/overcommit_memory, strftime() for /etc/localtime, each once; both
 * take "no" for an answer. Nobody counts it, or an alarm for denied calls would be a false one.
 */
static int add_harmless_opens(scmp_filter_ctx filter)
{
    const struct rule modern = {SCMP_SYS(openat), BOTH, 2, TO_WRITE, 0};
    const struct rule old = {SCMP_SYS(open), BOTH, 1, TO_WRITE, 0};
    int rc = add(filter, SCMP_ACT_ERRNO(EACCES), &modern);

    return rc != 0 ? rc : add(filter, SCMP_ACT_ERRNO(EACCES), &old);
}

static int add_all(scmp_filter_ctx filter, enum filter_for who, int log_writer)
{
    /* How trap.c ends the process: a call that nobody can turn into anything else. */
    const struct rule end = ANY(reboot, BOTH);
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < COUNT(allowed); i++) {
        rc = (allowed[i].who & (unsigned)who) != 0 ? add(filter, SCMP_ACT_ALLOW, &allowed[i]) : 0;
    }
    rc = rc != 0 ? rc : add_shutdown(filter, log_writer);
    rc = rc != 0 ? rc : add_own_signals(filter);
    rc = rc != 0 ? rc : add_harmless_opens(filter);
    return rc != 0 ? rc : add(filter, SCMP_ACT_KILL_PROCESS, &end);
}

/*
 * BADARCH: calls of 32-bit programs have other numbers, nobody makes them here. TSYNC: all threads,
 * or none. OPTIMIZE: a tree in place of a list; calls that are always allowed cost nothing since
 * Linux 5.11, which remembers them.
 */
static int set_attributes(scmp_filter_ctx filter)
{
    int rc = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);

    rc = rc != 0 ? rc : seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
    return rc != 0 ? rc : seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
}

static int no_filter(int rc, const char *what, struct secho_error *err)
{
    return error_set(err, SECHO_ERR_SYSTEM, "%s: %s", what, strerror(-rc));
}

bool filter_is_possible(void)
{
    const uint32_t trap = SECCOMP_RET_TRAP, kill = SECCOMP_RET_KILL_PROCESS;

    return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &trap) == 0 &&
           syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &kill) == 0;
}

const char *filter_version(void)
{
    static char text[48];
    const struct scmp_version *version = seccomp_version();

    (void)snprintf(text, sizeof text, "libseccomp %u.%u.%u", version->major, version->minor,
                   version->micro);
    return text;
}

int filter_refuse_rings(struct secho_error *err)
{
    const struct rule ring = ANY(io_uring_setup, BOTH);

    if (!filter_is_possible()) {
        return 0;
    }
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    int rc = filter == NULL ? -ENOMEM : add(filter, SCMP_ACT_ERRNO(ENOSYS), &ring);

    rc = rc != 0 ? rc : seccomp_load(filter);
    seccomp_release(filter);
    return rc == 0 ? 0 : no_filter(rc, "refusing io_uring", err);
}

int filter_enter(enum filter_for who, int log_writer, struct secho_error *err)
{
    if (!filter_is_possible()) {
        return 0;
    }
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_TRAP);
    int rc = filter == NULL ? -ENOMEM : add_all(filter, who, log_writer);

    rc = rc != 0 ? rc : set_attributes(filter);
    rc = rc != 0 ? rc : seccomp_load(filter);
    seccomp_release(filter);
    return rc == 0 ? 0 : no_filter(rc, "the filter of system calls", err);
}

#else

bool filter_is_possible(void)
{
    return false;
}

const char *filter_version(void)
{
    return "no libseccomp";
}

int filter_refuse_rings(struct secho_error *err)
{
    (void)err;
    return 0;
}

int filter_enter(enum filter_for who, int log_writer, struct secho_error *err)
{
    (void)who, (void)log_writer, (void)err;
    return 0;
}

#endif
