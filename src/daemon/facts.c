#include "daemon/facts.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_SIZE 512

/* What stands behind "NAME:" in a file of /proc; -1: no such file, or no such line. */
static int find_line(const char *path, const char *name, char value[static LINE_SIZE])
{
    FILE *file = fopen(path, "re");
    size_t len = strlen(name);
    char line[LINE_SIZE];
    bool found = false;

    if (file == NULL) {
        return -1;
    }
    while (!found && fgets(line, sizeof line, file) != NULL) {
        found = strncmp(line, name, len) == 0;
    }
    (void)fclose(file);
    if (found) {
        (void)snprintf(value, LINE_SIZE, "%s", line + len);
    }
    return found ? 0 : -1;
}

static uint64_t number(const char *path, const char *name, int base)
{
    char value[LINE_SIZE];

    return find_line(path, name, value) == 0 ? strtoull(value, NULL, base) : 0;
}

static int read_ids(const char *path, const char *name, unsigned ids[4])
{
    char value[LINE_SIZE];

    if (find_line(path, name, value) != 0) {
        return -1;
    }
    return sscanf(value, "%u %u %u %u", &ids[0], &ids[1], &ids[2], &ids[3]) == 4 ? 0 : -1;
}

static bool has_others(const char *path, gid_t own)
{
    char value[LINE_SIZE], *at = value, *next = NULL;

    if (find_line(path, "Groups:", value) != 0) {
        return true;
    }
    for (unsigned long group = strtoul(at, &next, 10); next != at; group = strtoul(at, &next, 10)) {
        if (group != own) {
            return true;
        }
        at = next;
    }
    return false;
}

static uint64_t all_capabilities(const char *path)
{
    return number(path, "CapPrm:", 16) | number(path, "CapEff:", 16) | number(path, "CapInh:", 16) |
           number(path, "CapAmb:", 16);
}

/* A filter binds a thread, not a process. */
static void read_threads(pid_t pid, struct facts *out)
{
    char path[512];

    (void)snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *folder = opendir(path);
    const struct dirent *entry;

    out->is_filtered = folder != NULL;
    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] != '.') {
            (void)snprintf(path, sizeof path, "/proc/%d/task/%.20s/status", (int)pid,
                           entry->d_name);
            out->threads++;
            out->is_filtered = out->is_filtered && number(path, "Seccomp:", 10) == 2;
        }
    }
    if (folder != NULL) {
        (void)closedir(folder);
    }
}

int facts_read(pid_t pid, struct facts *out)
{
    char status[64], limits[64], value[LINE_SIZE];

    *out = (struct facts){0};
    (void)snprintf(status, sizeof status, "/proc/%d/status", (int)pid);
    (void)snprintf(limits, sizeof limits, "/proc/%d/limits", (int)pid);
    if (read_ids(status, "Uid:", out->users) != 0 || read_ids(status, "Gid:", out->groups) != 0) {
        return -1;
    }
    out->has_other_groups = has_others(status, out->groups[0]);
    out->capabilities = all_capabilities(status);
    out->bounding = number(status, "CapBnd:", 16);
    out->no_new_privileges = number(status, "NoNewPrivs:", 10) == 1;
    out->locked_kb = number(status, "VmLck:", 10);
    out->leaves_core = find_line(limits, "Max core file size", value) != 0 ||
                       strtoul(value, NULL, 10) != 0 || strstr(value, "unlimited") != NULL;
    read_threads(pid, out);
    return 0;
}
