#include "bench/sampler.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"

#define PROCESSES_MAX 4096 /* of one machine that are looked at to find descendants */

struct process {
    pid_t pid, parent;
    bool ours;
};

/* ---- files of /proc ---- */

/* A directory entry that is a number; -1 for any other. */
static pid_t number_of(const char *name)
{
    char *end;
    long number = strtol(name, &end, 10);

    return end != name && *end == '\0' && number > 0 ? (pid_t)number : -1;
}

/* Reads up to size - 1 bytes. 0, or -1 and errno. */
static int read_text(const char *path, char *text, size_t size)
{
    FILE *file = fopen(path, "re");
    size_t len;

    if (file == NULL) {
        return -1;
    }
    len = fread(text, 1, size - 1, file);
    text[len] = '\0';
    (void)fclose(file);
    return 0;
}

/* proc(5): the name stands in brackets and may hold anything; the state and the parent follow. */
static pid_t parent_of(pid_t pid)
{
    char path[64], text[512];
    int parent = -1;

    (void)snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    if (read_text(path, text, sizeof text) != 0) {
        return -1;
    }
    const char *at = strrchr(text, ')');

    return at != NULL && sscanf(at, ") %*c %d", &parent) == 1 ? parent : -1;
}

/* ---- who belongs to it ---- */

static size_t list_processes(struct process *all)
{
    DIR *folder = opendir("/proc");
    size_t count = 0;

    for (struct dirent *entry; folder != NULL && count < PROCESSES_MAX;) {
        entry = readdir(folder);
        if (entry == NULL) {
            break;
        }
        pid_t pid = number_of(entry->d_name);

        if (pid != -1) {
            all[count++] = (struct process){.pid = pid, .parent = parent_of(pid)};
        }
    }
    if (folder != NULL) {
        (void)closedir(folder);
    }
    return count;
}

static bool is_ours(const struct process *all, size_t count, pid_t pid)
{
    for (size_t i = 0; i < count; i++) {
        if (all[i].pid == pid) {
            return all[i].ours;
        }
    }
    return false;
}

static bool is_named(const struct sampler *sampler, pid_t pid)
{
    for (size_t i = 0; i < sampler->pid_count; i++) {
        if (sampler->pids[i] == pid) {
            return true;
        }
    }
    return false;
}

/* Children may have smaller numbers than their parents: as often as something changes. */
static void mark_ours(const struct sampler *sampler, struct process *all, size_t count)
{
    bool changed = true;

    for (size_t i = 0; i < count; i++) {
        all[i].ours = is_named(sampler, all[i].pid);
    }
    while (changed) {
        changed = false;
        for (size_t i = 0; i < count; i++) {
            if (!all[i].ours && is_ours(all, count, all[i].parent)) {
                all[i].ours = changed = true;
            }
        }
    }
}

/* ---- CPU time ---- */

/* Of all its threads, those that have ended too; 0 when the process has gone. */
static uint64_t own_cpu_ns(pid_t pid)
{
    struct timespec spent;
    clockid_t id;

    if (clock_getcpuclockid(pid, &id) != 0 || clock_gettime(id, &spent) != 0) {
        return 0;
    }
    return (uint64_t)spent.tv_sec * 1000000000 + (uint64_t)spent.tv_nsec;
}

/* Of its children that have ended and were waited for, theirs included: proc(5), cutime and cstime.
 */
static uint64_t ended_children_cpu_ns(pid_t pid)
{
    char path[64], text[512];
    uint64_t user, kernel;

    (void)snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    if (read_text(path, text, sizeof text) != 0) {
        return 0;
    }
    const char *at = strrchr(text, ')');

    if (at == NULL ||
        sscanf(at, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %" SCNu64 " %" SCNu64,
               &user, &kernel) != 2) {
        return 0;
    }
    return (user + kernel) * (1000000000 / (uint64_t)sysconf(_SC_CLK_TCK));
}

/* ---- memory ---- */

static uint64_t pss_of(pid_t pid)
{
    char path[64], text[2048];
    uint64_t kib;

    (void)snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)pid);
    if (read_text(path, text, sizeof text) != 0) {
        return 0;
    }
    const char *at = strstr(text, "\nPss:");

    return at != NULL && sscanf(at, "\nPss: %" SCNu64, &kib) == 1 ? kib * 1024 : 0;
}

/* ---- both ---- */

void sampler_look(const struct sampler *sampler, struct sample *out)
{
    struct process *all = calloc(PROCESSES_MAX, sizeof *all);
    size_t count = all != NULL ? list_processes(all) : 0;

    *out = (struct sample){0};
    mark_ours(sampler, all, count);
    for (size_t i = 0; i < count; i++) {
        if (all[i].ours) {
            out->cpu_ns += own_cpu_ns(all[i].pid) + ended_children_cpu_ns(all[i].pid);
            out->processes++;
        }
    }
    for (size_t i = 0; i < count; i++) { /* after the clocks: it takes its time */
        if (all[i].ours) {
            out->pss += pss_of(all[i].pid);
        }
    }
    free(all);
}

static int check(int pid, struct secho_error *err)
{
    static const char *const files[] = {"stat", "smaps_rollup"};
    char path[64], text[2048];

    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        (void)snprintf(path, sizeof path, "/proc/%d/%s", pid, files[i]);
        if (read_text(path, text, sizeof text) == 0 && text[0] != '\0') {
            continue;
        }
        if (errno == ENOENT) {
            return error_set(err, SECHO_ERR_FILE, "--pid %d: there is no such process", pid);
        }
        (void)error_errno(err, "--pid %d: %s", pid, path);
        if (err != NULL) {
            err->kind = SECHO_ERR_FILE;
        }
        return -1;
    }
    return 0;
}

int sampler_init(struct sampler *sampler, const struct plan *plan, struct secho_error *err)
{
    *sampler = (struct sampler){.pid_count = plan->pid_count};
    for (size_t i = 0; i < plan->pid_count; i++) {
        sampler->pids[i] = plan->pids[i];
        errno = 0;
        if (check(plan->pids[i], err) != 0) {
            return -1;
        }
    }
    return 0;
}
