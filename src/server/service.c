#include "server/service.h"

#include <assert.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/progress.h"
#include "config/place.h"
#include "net/socket.h"
#include "server/counters.h"
#include "tls/chain.h"
#include "tls/context.h"
#include "tls/key_log.h"
#include "tls/staple.h"

/* Where a problem goes. */
struct reporter {
    secho_problem_fn *report;
    void *context;
    const struct secho_config *config;
    int count;
};

static void report(struct reporter *reporter, const char *pointer, const char *words)
{
    reporter->count++;
    config_report(reporter->config, pointer, words, reporter->report, reporter->context);
}

/* ---- certificates and contexts ---- */

/* The JSON pointer of a setting that OpenSSL refused. */
static void point_at(const struct config_listener *listener, const struct context_problem *problem,
                     char *out, size_t size)
{
    static const char *const names[] = {
        [CONTEXT_OTHER] = "",
        [CONTEXT_CIPHERS] = "/ciphers",
        [CONTEXT_CIPHERSUITES] = "/ciphersuites",
        [CONTEXT_GROUPS] = "/groups",
        [CONTEXT_SIGNATURE_ALGORITHMS] = "/signature_algorithms",
        [CONTEXT_CLIENT_CA] = "/client_auth/ca",
        [CONTEXT_CLIENT_CRL] = "/client_auth/crl",
        [CONTEXT_TICKET_KEYS] = "/tickets/keys",
        [CONTEXT_KEY_LOG] = "/key_log",
    };
    static const char *const of_pair[CONTEXT_SETTINGS] = {
        [CONTEXT_CHAIN] = "chain", [CONTEXT_KEY] = "key", [CONTEXT_OCSP] = "ocsp"};

    if (of_pair[problem->setting] != NULL) {
        (void)snprintf(out, size, "%s/tls/certificates/%zu/%s", listener->pointer, problem->pair,
                       of_pair[problem->setting]);
    } else {
        (void)snprintf(out, size, "%s/tls%s", listener->pointer, names[problem->setting]);
    }
}

static void report_problems(struct reporter *reporter, const struct config_listener *listener,
                            const struct context_problem *problems, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char pointer[128];

        point_at(listener, &problems[i], pointer, sizeof pointer);
        report(reporter, pointer, problems[i].err.text);
    }
}

#define PROBLEMS_MAX 32 /* of one listener; there are not more settings that can be wrong */

static struct allow_list list_of(const struct config_strings *strings)
{
    return (struct allow_list){strings->items, strings->count};
}

static struct verify_settings client_auth_of(const struct config_listener *config)
{
    static const enum verify_mode modes[] = {[CLIENT_AUTH_NONE] = VERIFY_NONE,
                                             [CLIENT_AUTH_REQUEST] = VERIFY_REQUEST,
                                             [CLIENT_AUTH_REQUIRE] = VERIFY_REQUIRE};
    const struct config_tls *tls = &config->tls;

    return (struct verify_settings){
        .mode = modes[tls->client_auth.mode],
        .listener = config->name,
        .ca = tls->client_auth.ca,
        .crl = tls->client_auth.crl,
        .allow.lists = {[ALLOW_DNS] = list_of(&tls->client_auth.allow.dns),
                        [ALLOW_URI] = list_of(&tls->client_auth.allow.uri),
                        [ALLOW_CN] = list_of(&tls->client_auth.allow.cn),
                        [ALLOW_SPKI_SHA256] = list_of(&tls->client_auth.allow.spki_sha256)},
    };
}

/* It is opened when the service is bound: -t makes no file. */
static void check_key_log(const struct config_listener *listener, struct reporter *reporter)
{
    struct context_problem problem = {.setting = CONTEXT_KEY_LOG};

    if (listener->tls.key_log[0] != '\0' &&
        key_log_check(listener->tls.key_log, &problem.err) != 0) {
        report_problems(reporter, listener, &problem, 1);
    }
}

static void load_context(struct listener *listener, struct ratchet *ratchet,
                         struct reporter *reporter)
{
    const struct config_tls *tls = &listener->config->tls;
    struct context_pair *pairs = calloc(tls->certificate_count, sizeof *pairs);
    struct context_problem *problems = calloc(PROBLEMS_MAX, sizeof *problems);

    if (pairs == NULL || problems == NULL) {
        report(reporter, listener->config->pointer, "no memory");
        goto out;
    }
    for (size_t i = 0; i < tls->certificate_count; i++) {
        pairs[i].chain = tls->certificates[i].chain;
        pairs[i].key = tls->certificates[i].key;
        pairs[i].names = tls->certificates[i].names.items;
        pairs[i].name_count = tls->certificates[i].names.count;
        pairs[i].ocsp = tls->certificates[i].ocsp;
    }
    const struct context_settings settings = {
        .pairs = pairs,
        .pair_count = tls->certificate_count,
        .refuse_unknown_names = tls->unknown_name == UNKNOWN_NAME_REFUSE,
        .min_version = tls->min_version,
        .max_version = tls->max_version,
        .ciphers = tls->ciphers,
        .ciphersuites = tls->ciphersuites,
        .groups = tls->groups,
        .signature_algorithms = tls->signature_algorithms,
        .alpn = tls->alpn.items,
        .alpn_count = tls->alpn.count,
        .report = listener->config->report,
        .client_auth = client_auth_of(listener->config),
        .tickets = tls->tickets.count,
        .ticket_keys = tls->tickets.keys,
        .ratchet = ratchet,
        .early_data_bytes = (uint32_t)tls->early_data_bytes,
    };
    report_problems(reporter, listener->config, problems,
                    context_server(&settings, &listener->context, problems, PROBLEMS_MAX));
    check_key_log(listener->config, reporter);
out:
    free(pairs);
    free(problems);
}

/* ---- who may send a PROXY header ---- */

/* What "proxy_protocol_from": [] stands for: loopback, private and link-local addresses. */
static const char *const private_addresses[] = {
    "127.0.0.0/8",    "::1",      "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",
    "169.254.0.0/16", "fc00::/7", "fe80::/10",
};
#define PRIVATE_COUNT (sizeof private_addresses / sizeof private_addresses[0])

static void load_senders(struct listener *listener, struct reporter *reporter)
{
    const struct config_strings *from = &listener->config->proxy_protocol_from;
    size_t count = from->count > 0 ? from->count : PRIVATE_COUNT;
    const char *why = NULL;

    listener->senders = calloc(count, sizeof *listener->senders);
    if (listener->senders == NULL) {
        report(reporter, listener->config->pointer, "no memory");
        return;
    }
    listener->sender_count = count;
    for (size_t i = 0; i < count; i++) {
        const char *text = from->count > 0 ? from->items[i] : private_addresses[i];

        if (prefix_parse(text, &listener->senders[i], &why) != 0) { /* config has read them all */
            report(reporter, listener->config->pointer, why);
        }
    }
}

static void load_listener(struct listener *listener, struct ratchet *ratchet,
                          struct reporter *reporter)
{
    const struct config_listener *config = listener->config;

    assert(config != NULL); /* make_room() has set it */
    if (address_parse(config->address, (unsigned)config->port, &listener->address) != 0) {
        report(reporter, config->pointer, "the address is no IPv4 or IPv6 address");
    }
    if (config->transport == TRANSPORT_TLS) {
        load_context(listener, ratchet, reporter);
    }
    if (config->proxy_protocol) {
        load_senders(listener, reporter);
    }
}

/* With a seed of our own: a leader has a better one. */
static struct ratchet *make_ratchet(void)
{
    struct ratchet *ratchet = malloc(sizeof *ratchet);
    struct ratchet_seed seed = {0};

    if (ratchet == NULL || ratchet_init(ratchet) != 0) {
        free(ratchet);
        return NULL;
    }
    if (ratchet_seed_make(&seed, clock_boot_s()) != 0 || ratchet_begin(ratchet, &seed) != 0) {
        ratchet_done(ratchet);
        free(ratchet);
        ratchet = NULL;
    }
    OPENSSL_cleanse(&seed, sizeof seed);
    return ratchet;
}

static int make_room(struct service *service)
{
    service->listeners = calloc(service->config->listener_count, sizeof *service->listeners);
    service->ratchet = make_ratchet();
    if (service->listeners == NULL || service->ratchet == NULL) {
        return -1;
    }
    for (size_t i = 0; i < service->config->listener_count; i++) {
        struct listener *listener = &service->listeners[i];

        listener->config = &service->config->listeners[i];
        listener->slots = malloc(service->slot_count * sizeof *listener->slots);
        if (listener->slots == NULL) {
            return -1;
        }
        service->listener_count = i + 1;
        for (size_t k = 0; k < service->slot_count; k++) {
            listener->slots[k] = -1;
        }
    }
    return 0;
}

int service_load(struct service *service, const struct secho_config *config, size_t slots,
                 secho_problem_fn *problem, void *context)
{
    struct reporter reporter = {.report = problem, .context = context, .config = config};

    *service = (struct service){.config = config, .slot_count = slots};
    if (make_room(service) != 0) {
        report(&reporter, "/listeners", "no memory");
        return -1;
    }
    for (size_t i = 0; i < service->listener_count; i++) {
        if (!config->listeners[i].faulty) { /* else: told already, no problem on top of it */
            load_listener(&service->listeners[i], service->ratchet, &reporter);
        }
        progress_made();
    }
    return reporter.count == 0 ? 0 : -1;
}

void service_count(const struct service *service, struct counters_shared *shared)
{
    for (size_t i = 0; i < service->listener_count; i++) {
        service->listeners[i].row = tally_claim(shared, service->listeners[i].config->name);
    }
}

void service_watch_replays(const struct service *service, struct replay *window)
{
    for (size_t i = 0; i < service->listener_count; i++) {
        if (service->listeners[i].context != NULL) {
            context_watch_replays(service->listeners[i].context, window);
        }
    }
}

/* Where a warning about the files of a listener goes. */
struct warner {
    const struct listener *listener;
    service_warning_fn *warn;
    void *context;
};

static void warn_of(const struct warner *warner, enum context_setting setting, size_t pair,
                    const char *why)
{
    const struct context_problem at = {.setting = setting, .pair = pair};
    char pointer[128];

    if (why[0] != '\0') {
        point_at(warner->listener->config, &at, pointer, sizeof pointer);
        warner->warn(warner->context, warner->listener, pointer, why);
    }
}

static void warn_of_certificates(const struct warner *warner)
{
    const struct config_tls *tls = &warner->listener->config->tls;

    for (size_t i = 0; i < tls->certificate_count; i++) {
        const struct config_certificate *certificate = &tls->certificates[i];
        char why[CHAIN_WARNING_SIZE];

        chain_warning(certificate->chain, why);
        warn_of(warner, CONTEXT_CHAIN, i, why);
        staple_warning(certificate->ocsp, certificate->chain, why);
        warn_of(warner, CONTEXT_OCSP, i, why);
    }
}

static void warn_of_key_log(const struct warner *warner)
{
    const struct config_listener *listener = warner->listener->config;
    char why[CHAIN_WARNING_SIZE] = "";

    if (listener->transport == TRANSPORT_TLS && listener->tls.key_log[0] != '\0') {
        (void)snprintf(why, sizeof why, "every session of listener %s can be decrypted with %s",
                       listener->name, listener->tls.key_log);
    }
    warn_of(warner, CONTEXT_KEY_LOG, 0, why); /* "": nothing */
}

void service_warn(const struct service *service, service_warning_fn *warn, void *context)
{
    for (size_t i = 0; i < service->listener_count; i++) {
        const struct warner warner = {&service->listeners[i], warn, context};

        warn_of_certificates(&warner);
        warn_of_key_log(&warner);
    }
}

void service_done(struct service *service)
{
    for (size_t i = 0; i < service->listener_count; i++) {
        for (size_t k = 0; k < service->slot_count; k++) {
            socket_close(service->listeners[i].slots[k]);
        }
        free(service->listeners[i].slots);
        SSL_CTX_free(service->listeners[i].context);
        free(service->listeners[i].senders);
    }
    free(service->listeners);
    if (service->ratchet != NULL) {
        ratchet_done(service->ratchet);
        free(service->ratchet);
    }
    *service = (struct service){0};
}
