#include "daemon/watch.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tls/authorities.h"

#define HASH_BEGIN 0xcbf29ce484222325u

static bool is_tls(const struct config_listener *listener)
{
    return listener->transport == TRANSPORT_TLS || listener->transport == TRANSPORT_DTLS;
}

/* ---- begin ---- */

static bool has_earlier_one(const struct secho_config *config, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (is_tls(&config->listeners[i]) &&
            strcmp(config->listeners[i].tls.client_auth.ca,
                   config->listeners[index].tls.client_auth.ca) == 0) {
            return true;
        }
    }
    return false;
}

static void open_folders(struct watch *watch, const struct secho_config *config)
{
    watch->folders = calloc(config->listener_count, sizeof(DIR *));
    watch->folder_count = watch->folders != NULL ? config->listener_count : 0;
    for (size_t i = 0; i < watch->folder_count; i++) {
        const char *ca = config->listeners[i].tls.client_auth.ca;

        if (is_tls(&config->listeners[i]) && ca[0] != '\0' && !has_earlier_one(config, i)) {
            watch->folders[i] = opendir(ca);
        }
    }
}

/* ---- look ---- */

/* FNV-1a: nobody has a reason to forge it, and a false one costs a reload. */
static uint64_t take_in(uint64_t hash, const void *bytes, size_t len)
{
    const unsigned char *at = bytes;

    for (size_t i = 0; i < len; i++) {
        hash = (hash ^ at[i]) * 0x100000001b3u;
    }
    return hash;
}

static uint64_t take_in_facts(uint64_t hash, int stat_result, const struct stat *facts)
{
    if (stat_result != 0) {
        return take_in(hash, &errno, sizeof errno);
    }
    hash = take_in(hash, &facts->st_dev, sizeof facts->st_dev);
    hash = take_in(hash, &facts->st_ino, sizeof facts->st_ino);
    if (S_ISDIR(facts->st_mode)) {
        return hash; /* what happens in it to files that do not count is nothing */
    }
    hash = take_in(hash, &facts->st_size, sizeof facts->st_size);
    hash = take_in(hash, &facts->st_mtim.tv_sec, sizeof facts->st_mtim.tv_sec);
    return take_in(hash, &facts->st_mtim.tv_nsec, sizeof facts->st_mtim.tv_nsec);
}

static uint64_t take_in_file(uint64_t hash, const char *path)
{
    struct stat facts;

    return path[0] != '\0' ? take_in_facts(hash, stat(path, &facts), &facts) : hash;
}

static uint64_t take_in_listener(uint64_t hash, const struct config_tls *tls)
{
    for (size_t i = 0; i < tls->certificate_count; i++) {
        hash = take_in_file(hash, tls->certificates[i].chain);
        hash = take_in_file(hash, tls->certificates[i].key);
        hash = take_in_file(hash, tls->certificates[i].ocsp);
    }
    hash = take_in_file(hash, tls->client_auth.ca);
    hash = take_in_file(hash, tls->client_auth.crl);
    return take_in_file(hash, tls->tickets.keys);
}

/* A sum: the order in which they are found is nobody's promise. */
static uint64_t sum_of_entries(DIR *folder)
{
    const struct dirent *entry;
    uint64_t sum = 0;
    struct stat facts;

    rewinddir(folder);
    for (int i = 0; i < WATCH_ENTRIES_MAX && (entry = readdir(folder)) != NULL; i++) {
        if (authorities_counts(entry->d_name)) {
            sum += take_in_facts(take_in(HASH_BEGIN, entry->d_name, strlen(entry->d_name)),
                                 fstatat(dirfd(folder), entry->d_name, &facts, 0), &facts);
        }
    }
    return sum;
}

static uint64_t look(const struct watch *watch, const struct secho_config *config)
{
    uint64_t hash = HASH_BEGIN;

    for (size_t i = 0; i < config->listener_count; i++) {
        hash = is_tls(&config->listeners[i]) ? take_in_listener(hash, &config->listeners[i].tls)
                                             : hash;
    }
    for (size_t i = 0; i < watch->folder_count; i++) {
        uint64_t sum = watch->folders[i] != NULL ? sum_of_entries(watch->folders[i]) : 0;

        hash = take_in(hash, &sum, sizeof sum);
    }
    return config->admin.present ? take_in_file(hash, config->admin.token) : hash;
}

void watch_begin(struct watch *watch, const struct secho_config *config)
{
    *watch = (struct watch){0};
    open_folders(watch, config);
    watch->known = look(watch, config);
}

bool watch_look(struct watch *watch, const struct secho_config *config, int64_t now_ms)
{
    uint64_t now = look(watch, config);

    if (now != watch->seen) {
        watch->seen = now;
        watch->seen_ms = now_ms;
    }
    if (now == watch->known || now_ms - watch->seen_ms < WATCH_STILL_MS) {
        return false;
    }
    watch->known = now;
    return true;
}

void watch_done(struct watch *watch)
{
    for (size_t i = 0; i < watch->folder_count; i++) {
        if (watch->folders[i] != NULL) {
            (void)closedir(watch->folders[i]);
        }
    }
    free(watch->folders);
    *watch = (struct watch){0};
}
