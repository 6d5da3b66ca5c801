#include "config/check.h"

#include <arpa/inet.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "config/check_admin.h"
#include "config/check_tls.h"
#include "config/fields.h"
#include "net/prefix.h"

/* The CPUs that this process may use; a container may have fewer than the machine. */
static int cpus(void)
{
    cpu_set_t set;
    int count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;

    return count > 0 ? count : 1;
}

static void check_workers(struct reader *reader, const struct json_at *root,
                          struct secho_config *config)
{
    struct json_at workers = json_key(root, "workers");
    int most = CONFIG_THREADS_MAX / config->workers.threads;

    if (config->workers.processes == 0) { /* "auto" */
        config->workers.processes = cpus() < most ? cpus() : most;
    }
    if (config->workers.processes > most) {
        problems_add(reader->problems, &workers,
                     "processes x threads must be at most %d, is %d x %d; lower one of them",
                     CONFIG_THREADS_MAX, config->workers.processes, config->workers.threads);
    }
}

static void name_listener(struct reader *reader, struct config_listener *listener, size_t index)
{
    char name[32];

    (void)snprintf(listener->pointer, sizeof listener->pointer, "/listeners/%zu", index);
    (void)snprintf(name, sizeof name, "listener-%zu", index);
    if (listener->name[0] == '\0' && fields_set_text(&listener->name, "", 0, name) != 0) {
        reader->problems->no_memory = true;
    }
}

/* Each of proxy_protocol_from is an address or a prefix, also where it is of no use yet. */
static void check_senders(struct reader *reader, const struct json_at *at,
                          struct config_listener *listener)
{
    struct json_at from = json_key(at, "proxy_protocol_from");
    const cJSON *value = cJSON_IsArray(from.value) ? from.value->child : NULL;

    for (size_t i = 0; value != NULL; i++, value = value->next) {
        struct json_at item = json_item(&from, value, i);
        struct prefix prefix;
        const char *why;

        if (cJSON_IsString(value) && prefix_parse(value->valuestring, &prefix, &why) != 0) {
            char shown[JSON_SHOWN_SIZE] = "";

            if (!problems_is_full(reader->problems)) { /* finding it in the text takes time */
                json_show(&item, shown);
            }
            problems_add(reader->problems, &item, "%s, is %s", why, shown);
            listener->faulty = true;
        }
    }
}

static bool is_datagram(const struct config_listener *listener)
{
    return listener->transport == TRANSPORT_DTLS || listener->transport == TRANSPORT_UDP;
}

/* The address as IPv6 has it (RFC 4291 2.5.5.2), so that two of them can be compared. */
static void address_bytes(const char *text, struct in6_addr *out)
{
    char host[INET6_ADDRSTRLEN] = "";

    memcpy(host, text, strcspn(text, "%") < sizeof host ? strcspn(text, "%") : 0);
    *out = (struct in6_addr){.s6_addr = {[10] = 0xff, [11] = 0xff}};
    if (inet_pton(AF_INET, host, &out->s6_addr[12]) != 1) {
        (void)inet_pton(AF_INET6, host, out);
    }
}

static const char *zone_of(const char *text)
{
    return text + strcspn(text, "%");
}

/*
 * Why the second bind(2) would fail, or NULL: Linux gives a port of one address to one socket, also
 * when the other asks for all addresses.
 */
static const char *collision(const struct config_listener *a, const struct config_listener *b,
                             char *why, size_t size)
{
    struct in6_addr x, y;

    if (a->port != b->port || a->port == 0 || is_datagram(a) != is_datagram(b) ||
        a->address[0] == '\0' || b->address[0] == '\0') { /* the last: was refused already */
        return NULL;
    }
    address_bytes(a->address, &x);
    address_bytes(b->address, &y);
    bool same = memcmp(&x, &y, sizeof x) == 0;
    bool a_covers = address_covers(&x, &y);

    if (!same && (a_covers || address_covers(&y, &x))) {
        (void)snprintf(why, size, "already, and \"%s\" includes \"%s\"",
                       a_covers ? a->address : b->address, a_covers ? b->address : a->address);
        return why;
    }
    return same && strcmp(zone_of(a->address), zone_of(b->address)) == 0 ? "of this address already"
                                                                         : NULL;
}

/* Compares listener `index` with those before it. */
static void check_twins(struct reader *reader, const struct json_at *at,
                        const struct config_listener *all, size_t index)
{
    struct json_at name = json_key(at, "name"), port = json_key(at, "port");
    const struct config_listener *listener = &all[index];

    for (size_t i = 0; i < index; i++) {
        if (strcmp(all[i].name, listener->name) == 0) {
            problems_add(reader->problems, &name,
                         "the name \"%s\" is taken by /listeners/%zu; choose another",
                         listener->name, i);
        }
        char words[160];
        const char *why = collision(&all[i], listener, words, sizeof words);

        if (why != NULL) {
            problems_add(reader->problems, &port,
                         "/listeners/%zu listens on port %d %s; choose another port", i,
                         listener->port, why);
            return; /* the first is enough */
        }
    }
}

/* Early data is echoed before anybody counts it. */
static void check_bytes(struct reader *reader, const struct json_at *at,
                        const struct config_listener *listener, int64_t most)
{
    struct json_at tls = json_key(at, "tls"), early_data = json_key(&tls, "early_data");

    if (most > 0 && (int64_t)listener->tls.early_data_bytes > most) {
        problems_add(reader->problems, &early_data,
                     "is more than /limits/bytes_per_connection; make it smaller, or raise that");
    }
}

static void check_listeners(struct reader *reader, const struct json_at *root,
                            struct secho_config *config)
{
    struct json_at list = json_key(root, "listeners");
    const cJSON *value = config->listener_count > 0 ? list.value->child : NULL;

    for (size_t i = 0; i < config->listener_count; i++, value = value->next) {
        struct json_at at = json_item(&list, value, i);

        name_listener(reader, &config->listeners[i], i);
        if (reader->problems->no_memory) {
            return;
        }
        if (cJSON_IsObject(value)) {
            check_tls(reader, &at, &config->listeners[i]);
            check_senders(reader, &at, &config->listeners[i]);
            check_twins(reader, &at, config->listeners, i);
            check_bytes(reader, &at, &config->listeners[i], config->limits.bytes_per_connection);
        }
    }
}

/* Its port is as much a port as those of the listeners. */
static void check_admin_port(struct reader *reader, const struct json_at *root,
                             const struct secho_config *config)
{
    struct json_at admin = json_key(root, "admin"), port = json_key(&admin, "port");
    const struct config_listener ours = {.address = config->admin.address,
                                         .port = config->admin.port};

    for (size_t i = 0; i < config->listener_count; i++) {
        char words[160];
        const char *why = collision(&config->listeners[i], &ours, words, sizeof words);

        if (why != NULL) {
            problems_add(reader->problems, &port,
                         "/listeners/%zu listens on port %d %s; choose another port", i, ours.port,
                         why);
            return;
        }
    }
}

void check_config(struct reader *reader, const struct json_at *root, struct secho_config *config)
{
    check_workers(reader, root, config);
    check_listeners(reader, root, config);
    check_admin(reader, root, config);
    if (config->admin.present && config->admin.socket[0] == '\0') {
        check_admin_port(reader, root, config);
    }
}
