#include "bench/machine.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/crypto.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>

/* "model name	: Intel(R) ..." is what x86 says; others have "Model", "cpu model" or nothing. */
static void look_at_cpu(char *text, size_t size)
{
    static const char *const names[] = {"model name", "Model", "cpu model", "Hardware"};
    FILE *file = fopen("/proc/cpuinfo", "re");
    char line[256];

    (void)snprintf(text, size, "unknown");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        const char *value = strchr(line, ':');

        for (size_t i = 0; value != NULL && i < sizeof names / sizeof names[0]; i++) {
            if (strncmp(line, names[i], strlen(names[i])) == 0) {
                value += 1 + strspn(value + 1, " \t");
                (void)snprintf(text, size, "%.*s", (int)strcspn(value, "\n"), value);
                (void)fclose(file);
                return;
            }
        }
    }
    if (file != NULL) {
        (void)fclose(file);
    }
}

static int cpus(void)
{
    cpu_set_t set;

    return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

static void look_at_kernel(char *text, size_t size)
{
    struct utsname names;

    if (uname(&names) == 0) {
        (void)snprintf(text, size, "%.16s %.50s %.20s", names.sysname, names.release,
                       names.machine);
    } else {
        (void)snprintf(text, size, "unknown");
    }
}

/* Asked of a socket, not of /proc/sys: a container may not see that one. */
static void look_at_congestion(char *text, size_t size)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    char name[16 + 1] = ""; /* TCP_CA_NAME_MAX */
    socklen_t len = sizeof name - 1;

    if (fd != -1 && getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &len) == 0) {
        (void)snprintf(text, size, "%s", name);
    } else {
        (void)snprintf(text, size, "unknown");
    }
    if (fd != -1) {
        (void)close(fd);
    }
}

void machine_look(struct machine *machine)
{
    look_at_cpu(machine->cpu, sizeof machine->cpu);
    machine->cpus = cpus();
    look_at_kernel(machine->kernel, sizeof machine->kernel);
    (void)snprintf(machine->openssl, sizeof machine->openssl, "%s",
                   OpenSSL_version(OPENSSL_VERSION));
    look_at_congestion(machine->congestion, sizeof machine->congestion);
    clock_text(machine->time);
}
