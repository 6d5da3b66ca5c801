#include "tls/context.h"

#include <openssl/x509.h>
#include <string.h>

#include "base/error.h"
#include "tls/chain.h"
#include "tls/defaults.h"
#include "tls/key.h"
#include "tls/lists.h"
#include "tls/rehearsal.h"

/* What is being built, and what was wrong with it so far. */
struct build {
    const struct context_settings *settings;
    SSL_CTX *context;
    struct context_problem *problems;
    size_t max, count;
};

/* A place for the next problem's words; the last place is used again when all are full. */
static struct secho_error *problem(struct build *build, enum context_setting setting, size_t pair)
{
    size_t at = build->count < build->max ? build->count : build->max - 1;

    build->count = at + 1;
    build->problems[at] = (struct context_problem){.setting = setting, .pair = pair};
    return &build->problems[at].err;
}

/* ---- certificates ---- */

/* The leaf, with its chain put into the context; NULL with a problem recorded. */
static X509 *use_chain(struct build *build, size_t index)
{
    struct secho_error err;
    X509 *leaf = NULL;

    if (chain_use(build->context, build->settings->pairs[index].chain, &leaf, &err) != 0) {
        *problem(build, CONTEXT_CHAIN, index) = err;
    }
    return leaf;
}

static void use_key(struct build *build, size_t index, X509 *leaf)
{
    const struct context_pair *pair = &build->settings->pairs[index];
    struct secho_error err;
    EVP_PKEY *key = NULL;

    if (key_load(pair->key, &key, &err) != 0) {
        *problem(build, CONTEXT_KEY, index) = err;
    } else if (leaf != NULL && X509_check_private_key(leaf, key) != 1) {
        error_forget_tls();
        error_set(problem(build, CONTEXT_KEY, index), SECHO_ERR_CONFIG,
                  "%s: this key does not belong to the certificate in %s", pair->key, pair->chain);
    } else if (leaf != NULL && SSL_CTX_use_PrivateKey(build->context, key) != 1) {
        error_tls(problem(build, CONTEXT_KEY, index), "%s: this key cannot be used", pair->key);
    }
    EVP_PKEY_free(key);
}

/* OpenSSL keeps one certificate for each type of key: a second one would replace the first. */
static void check_type_is_new(struct build *build, size_t index, X509 *leaf, int *types)
{
    int type = EVP_PKEY_get_base_id(X509_get0_pubkey(leaf));

    for (size_t i = 0; i < index; i++) {
        if (types[i] == type) {
            error_set(problem(build, CONTEXT_CHAIN, index), SECHO_ERR_CONFIG,
                      "%s: certificate %zu of this listener has the same type of key; two of one "
                      "type need names, which are not in this version",
                      build->settings->pairs[index].chain, i);
            return;
        }
    }
    types[index] = type;
}

#define PAIRS_MAX 8 /* more types of key than OpenSSL can serve */

static void use_pairs(struct build *build)
{
    int types[PAIRS_MAX] = {0};

    for (size_t i = 0; i < build->settings->pair_count; i++) {
        if (i == PAIRS_MAX) {
            error_set(problem(build, CONTEXT_CHAIN, i), SECHO_ERR_CONFIG,
                      "at most %d certificates for one listener", PAIRS_MAX);
            return;
        }
        X509 *leaf = use_chain(build, i);

        if (leaf != NULL) {
            check_type_is_new(build, i, leaf, types);
        }
        use_key(build, i, leaf);
        X509_free(leaf);
    }
}

/* ---- versions, suites, groups, signatures ---- */

static void use_list(struct build *build, enum context_setting setting, enum lists_kind kind,
                     const char *list)
{
    struct secho_error err;

    if (lists_set(build->context, kind, list, &err) != 0) {
        *problem(build, setting, 0) = err;
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
             or_default(s->signature_algorithms, DEFAULTS_SIGNATURE_ALGORITHMS));
}

static void use_modes(SSL_CTX *context, const struct context_settings *settings)
{
    /*
     * RELEASE_BUFFERS: an idle connection keeps no record buffer (half of its memory).
     * AUTO_RETRY off: a record without data returns to us, so that a flood of them is counted.
     */
    (void)SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    (void)SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
    (void)SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                           SSL_OP_CIPHER_SERVER_PREFERENCE);
    /* Nothing is kept on our side for a session: tickets carry it. */
    (void)SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    (void)SSL_CTX_set_num_tickets(context, (size_t)settings->tickets);
    (void)SSL_CTX_set_min_proto_version(context, settings->min_version);
    (void)SSL_CTX_set_max_proto_version(context, settings->max_version);
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
    struct secho_error err = {0};

    if (client != NULL && rehearsal_hold(build->context, client, &err) != 0) {
        error_context(&err, "no client could ever connect: the certificates, the lists and the "
                            "versions of this listener do not go together");
        *problem(build, CONTEXT_OTHER, 0) = err;
    }
    SSL_CTX_free(client);
}

size_t context_server(const struct context_settings *settings, SSL_CTX **out,
                      struct context_problem *problems, size_t max)
{
    struct build build = {.settings = settings,
                          .context = SSL_CTX_new(TLS_server_method()),
                          .problems = problems,
                          .max = max};

    if (build.context == NULL) {
        error_tls(problem(&build, CONTEXT_OTHER, 0), "OpenSSL gives no context");
        return build.count;
    }
    use_modes(build.context, settings);
    use_lists(&build);
    use_pairs(&build);
    if (build.count == 0) {
        rehearse(&build);
    }
    if (build.count > 0) {
        SSL_CTX_free(build.context);
        return build.count;
    }
    *out = build.context;
    return 0;
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
