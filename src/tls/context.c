#include "tls/context.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/progress.h"
#include "tls/build.h"
#include "tls/by_name.h"
#include "tls/defaults.h"
#include "tls/hello.h"
#include "tls/identity.h"
#include "tls/lists.h"
#include "tls/rehearsal.h"

struct secho_error *build_problem(struct build *build, enum context_setting setting, size_t pair)
{
    size_t at = build->count < build->max ? build->count : build->max - 1;

    build->count = at + 1;
    build->problems[at] = (struct context_problem){.setting = setting, .pair = pair};
    return &build->problems[at].err;
}

/* ---- versions, suites, groups, signatures ---- */

static void use_list(struct build *build, enum context_setting setting, enum lists_kind kind,
                     const char *list)
{
    struct secho_error err;

    if (lists_set(build->context, kind, list, &err) != 0) {
        *build_problem(build, setting, 0) = err;
    }
}

static const char *or_default(const char *own, const char *fallback)
{
    return own != NULL && own[0] != '\0' ? own : fallback;
}

static void use_lists(struct build *build)
{
    const struct context_settings *s = build->settings;

    use_list(build, CONTEXT_CIPHERS, LISTS_CIPHERS, or_default(s->ciphers, DEFAULTS_CIPHERS));
    use_list(build, CONTEXT_CIPHERSUITES, LISTS_CIPHERSUITES,
             or_default(s->ciphersuites, DEFAULTS_CIPHERSUITES));
    use_list(build, CONTEXT_GROUPS, LISTS_GROUPS, or_default(s->groups, defaults_groups()));
    use_list(build, CONTEXT_SIGNATURE_ALGORITHMS, LISTS_SIGNATURE_ALGORITHMS,
             or_default(s->signature_algorithms, defaults_signature_algorithms()));
}

static void use_modes(SSL_CTX *context, const struct context_settings *settings)
{
    /*
     * RELEASE_BUFFERS: an idle connection keeps no record buffer (half of its memory).
     * AUTO_RETRY off: a record without data returns to us, so that a flood of them is counted.
     * NO_AUTO_CHAIN: what the file has is what is sent; a CA for clients is nothing to add.
     */
    (void)SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN);
    (void)SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
    (void)SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                           SSL_OP_CIPHER_SERVER_PREFERENCE);
    /* Nothing is kept on our side for a session: tickets carry it. */
    (void)SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    (void)SSL_CTX_set_num_tickets(context, (size_t)settings->tickets);
    if (settings->tickets == 0) { /* TLS 1.2 has no number */
        (void)SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    }
    (void)SSL_CTX_set_min_proto_version(context, settings->min_version);
    (void)SSL_CTX_set_max_proto_version(context, settings->max_version);
}

/* ---- what its callbacks look at ---- */

static void make_shared(struct build *build)
{
    const struct context_settings *settings = build->settings;

    build->shared = shared_new(build->context);
    if (build->shared == NULL || alpn_init(&build->shared->alpn, settings->alpn,
                                           settings->alpn_count, settings->report) != 0) {
        error_forget_tls();
        error_set(build_problem(build, CONTEXT_OTHER, 0), SECHO_ERR_MEMORY,
                  "no memory for a context");
    }
}

static void make_early(struct build *build)
{
    if (build->shared != NULL) {
        build->shared->early.bytes = build->settings->early_data_bytes;
    }
}

static void make_verify(struct build *build)
{
    static const enum context_setting settings[] = {
        [VERIFY_FAULT_MEMORY] = CONTEXT_OTHER,
        [VERIFY_FAULT_CA] = CONTEXT_CLIENT_CA,
        [VERIFY_FAULT_CRL] = CONTEXT_CLIENT_CRL,
    };
    enum verify_fault fault;
    struct secho_error err;

    if (build->shared != NULL &&
        verify_init(&build->shared->verify, &build->settings->client_auth, &fault, &err) != 0) {
        *build_problem(build, settings[fault], 0) = err;
    }
}

static void make_ticket_keys(struct build *build)
{
    const char *path = build->settings->ticket_keys;
    struct secho_error err;

    if (build->shared == NULL) {
        return;
    }
    build->shared->ticket_keys.ratchet = build->settings->ratchet;
    if (path != NULL && path[0] != '\0' &&
        ticket_keys_load(&build->shared->ticket_keys, path, &err) != 0) {
        *build_problem(build, CONTEXT_TICKET_KEYS, 0) = err;
    }
}

static void use_shared(struct build *build)
{
    struct shared *shared = build->shared;

    if (shared_lend(build->context, shared) != 0) {
        error_forget_tls();
        error_set(build_problem(build, CONTEXT_OTHER, 0), SECHO_ERR_MEMORY,
                  "no memory for a context");
        return;
    }
    alpn_use(build->context, &shared->alpn);
    verify_use(build->context, &shared->verify);
    early_use(build->context, &shared->early);
    hello_watch(build->context);
    if (shared->ticket_keys.count > 0 || shared->ticket_keys.ratchet != NULL) {
        ticket_keys_use(build->context);
    }
}

/* All but certificates: the same in each context of the listener. */
static void dress(struct build *build)
{
    use_modes(build->context, build->settings);
    use_lists(build);
    if (build->shared != NULL) {
        use_shared(build);
    }
}

/* ---- certificates ---- */

/* For those who ask what is served: the files may be others by then. */
static void keep_leaves(struct build *build, const struct identity *identities)
{
    struct shared *shared = build->shared;

    shared->leaves = calloc(build->settings->pair_count, sizeof(X509 *));
    for (size_t i = 0; i < build->settings->pair_count && shared->leaves != NULL; i++) {
        (void)X509_up_ref(identities[i].leaf);
        shared->leaves[i] = identities[i].leaf;
        shared->leaf_count = i + 1;
    }
    if (shared->leaves == NULL) {
        error_set(build_problem(build, CONTEXT_OTHER, 0), SECHO_ERR_MEMORY, "no memory");
    }
}

static void use_certificates(struct build *build)
{
    size_t count = build->settings->pair_count;
    struct identity *identities = calloc(count, sizeof *identities);

    if (identities == NULL) {
        error_set(build_problem(build, CONTEXT_OTHER, 0), SECHO_ERR_MEMORY, "no memory");
        return;
    }
    for (size_t i = 0; i < count; i++) {
        identity_load(build, i, &identities[i]);
    }
    if (build->count == 0) {
        by_name_use(build, identities, dress);
        keep_leaves(build, identities);
    }
    for (size_t i = 0; i < count; i++) {
        identity_done(&identities[i]);
    }
    free(identities);
}

/* ---- do they go together? ---- */

/* A client that takes whatever the same lists allow. */
static SSL_CTX *agreeable_client(const struct build *build)
{
    struct build client = *build;

    client.context = SSL_CTX_new(TLS_client_method());
    if (client.context != NULL) {
        (void)SSL_CTX_set_min_proto_version(client.context, build->settings->min_version);
        (void)SSL_CTX_set_max_proto_version(client.context, build->settings->max_version);
        use_lists(&client);
    }
    return client.context;
}

static void rehearse(struct build *build)
{
    SSL_CTX *client = agreeable_client(build);

    for (size_t i = 0; client != NULL && i < build->shared->served_count; i++) {
        struct secho_error err = {0};

        if (rehearsal_hold(build->shared->served[i].context, client, &err) != 0) {
            error_context(&err, "no client could ever connect: the certificates, the lists and the "
                                "versions of this listener do not go together");
            *build_problem(build, CONTEXT_OTHER, 0) = err;
        }
        progress_made();
    }
    SSL_CTX_free(client);
}

size_t context_server(const struct context_settings *settings, SSL_CTX **out,
                      struct context_problem *problems, size_t max)
{
    SSL_CTX *first = SSL_CTX_new(TLS_server_method());
    struct build build = {.settings = settings, .context = first, .problems = problems, .max = max};

    if (first == NULL) {
        error_tls(build_problem(&build, CONTEXT_OTHER, 0), "OpenSSL gives no context");
        return build.count;
    }
    make_shared(&build);
    make_verify(&build);
    make_ticket_keys(&build);
    make_early(&build);
    dress(&build);
    use_certificates(&build);
    if (build.count == 0) {
        rehearse(&build);
    }
    if (build.count > 0) {
        SSL_CTX_free(first); /* and what belongs to it */
        return build.count;
    }
    *out = first;
    return 0;
}

int context_log_keys(SSL_CTX *context, const char *path, struct secho_error *err)
{
    struct shared *shared = shared_of_context(context);

    shared->key_log.fd = key_log_open(path, err);
    if (shared->key_log.fd == -1) {
        return -1;
    }
    for (size_t i = 0; i < shared->served_count; i++) {
        if (key_log_use(shared->served[i].context, &shared->key_log) != 0) {
            return error_set(err, SECHO_ERR_MEMORY, "no memory for a context");
        }
    }
    return 0;
}

int context_key_log(const SSL_CTX *context)
{
    return context != NULL ? shared_of_context(context)->key_log.fd : -1;
}

size_t context_certificates(const SSL_CTX *context)
{
    return context != NULL ? shared_of_context(context)->leaf_count : 0;
}

const X509 *context_certificate(const SSL_CTX *context, size_t index)
{
    return shared_of_context(context)->leaves[index];
}

void context_watch_replays(SSL_CTX *context, struct replay *window)
{
    shared_of_context(context)->early.window = window;
}

SSL *context_accept(SSL_CTX *context, BIO *bio)
{
    SSL *tls = SSL_new(context);

    if (tls == NULL) {
        BIO_free(bio);
        error_forget_tls();
        return NULL;
    }
    SSL_set_bio(tls, bio, bio);
    SSL_set_accept_state(tls);
    return tls;
}
