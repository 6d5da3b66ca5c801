#include "daemon/watch.h"

#include <errno.h>
#include <stddef.h>
#include <sys/stat.h>

/* FNV-1a: nobody has a reason to forge it, and a false one costs a reload. */
static uint64_t take_in(uint64_t hash, const void *bytes, size_t len)
{
    const unsigned char *at = bytes;

    for (size_t i = 0; i < len; i++) {
        hash = (hash ^ at[i]) * 0x100000001b3u;
    }
    return hash;
}

static uint64_t take_in_file(uint64_t hash, const char *path)
{
    struct stat facts;

    if (path[0] == '\0') {
        return hash;
    }
    if (stat(path, &facts) != 0) {
        return take_in(hash, &errno, sizeof errno);
    }
    hash = take_in(hash, &facts.st_dev, sizeof facts.st_dev);
    hash = take_in(hash, &facts.st_ino, sizeof facts.st_ino);
    hash = take_in(hash, &facts.st_size, sizeof facts.st_size);
    hash = take_in(hash, &facts.st_mtim.tv_sec, sizeof facts.st_mtim.tv_sec);
    return take_in(hash, &facts.st_mtim.tv_nsec, sizeof facts.st_mtim.tv_nsec);
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

uint64_t watch_files(const struct secho_config *config)
{
    uint64_t hash = 0xcbf29ce484222325u;

    for (size_t i = 0; i < config->listener_count; i++) {
        if (config->listeners[i].transport == TRANSPORT_TLS ||
            config->listeners[i].transport == TRANSPORT_DTLS) {
            hash = take_in_listener(hash, &config->listeners[i].tls);
        }
    }
    return config->admin.present ? take_in_file(hash, config->admin.token) : hash;
}

bool watch_look(struct watch *watch, const struct secho_config *config, int64_t now_ms)
{
    uint64_t now = watch_files(config);

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
