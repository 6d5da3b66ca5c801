#include "tls/by_name.h"

#include <inttypes.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/progress.h"

static void no_memory(struct build *build)
{
    error_forget_tls();
    error_set(build_problem(build, CONTEXT_OTHER, 0), SECHO_ERR_MEMORY, "no memory for a context");
}

/* ---- the names of each certificate ---- */

/* The DNS names in subjectAltName; the common name does not count: RFC 9525 2. */
static int add_own_names(struct names *names, size_t index, X509 *leaf)
{
    GENERAL_NAMES *all = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
    int rc = 0;

    for (int i = 0; i < sk_GENERAL_NAME_num(all) && rc == 0; i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(all, i);

        if (name->type == GEN_DNS) {
            const char *text = (const char *)ASN1_STRING_get0_data(name->d.dNSName);
            size_t len = (size_t)ASN1_STRING_length(name->d.dNSName);

            if (len > 0 && memchr(text, '\0', len) == NULL) {
                rc = names_add(names, text, len, index);
            }
        }
    }
    GENERAL_NAMES_free(all);
    return rc;
}

static int add_names(struct build *build, size_t index, X509 *leaf)
{
    const struct context_pair *pair = &build->settings->pairs[index];
    int rc = 0;

    if (pair->name_count == 0) {
        return add_own_names(&build->shared->names, index, leaf);
    }
    for (size_t i = 0; i < pair->name_count && rc == 0; i++) {
        rc = names_add(&build->shared->names, pair->names[i], strlen(pair->names[i]), index);
    }
    return rc;
}

/* OpenSSL keeps one certificate for each of these: a second one would replace the first. */
static const char *kind_of(const struct identity *identity)
{
    const char *kind = EVP_PKEY_get0_type_name(identity->key);

    return kind != NULL ? kind : "";
}

static void number_kinds(const struct identity *identities, size_t count, unsigned char *kinds)
{
    for (size_t i = 0; i < count; i++) {
        size_t first = 0;

        while (strcmp(kind_of(&identities[first]), kind_of(&identities[i])) != 0) {
            first++;
        }
        kinds[i] = (unsigned char)first;
    }
}

/* A certificate that no client can ever get is a mistake. */
static void complain_of_idle(struct build *build)
{
    size_t count = build->settings->pair_count;
    uint64_t idle = names_idle(&build->shared->names, count);

    for (size_t i = 0; i < count; i++) {
        if ((idle >> i & 1) != 0) {
            error_set(
                build_problem(build, CONTEXT_CHAIN, i), SECHO_ERR_CONFIG,
                "%s: no client would ever get this certificate: it has no name (a DNS name in "
                "subjectAltName) that is not answered already by one before it with the same "
                "type of key; give it \"names\", or remove it",
                build->settings->pairs[i].chain);
        }
    }
}

static int settle(struct build *build, const struct identity *identities)
{
    unsigned char kinds[NAMES_CERTIFICATES_MAX] = {0};
    size_t count = build->settings->pair_count;

    for (size_t i = 0; i < count; i++) {
        if (add_names(build, i, identities[i].leaf) != 0) {
            no_memory(build);
            return -1;
        }
    }
    number_kinds(identities, count, kinds);
    names_settle(&build->shared->names, kinds, count);
    complain_of_idle(build);
    return build->count == 0 ? 0 : -1;
}

/* ---- a context for each set ---- */

static void use_set(struct build *build, const struct identity *identities, uint64_t set)
{
    bool alone = (set & (set - 1)) == 0;

    for (size_t i = 0; i < build->settings->pair_count; i++) {
        if ((set >> i & 1) != 0) {
            identity_use(build, i, &identities[i], alone);
        }
    }
    if (build->shared->staples.count > 0) {
        staples_use(build->context, &build->shared->staples);
    }
}

/* The number of the context that serves this set; a new one where there is none yet. */
static size_t context_for(struct build *build, const struct identity *identities, uint64_t set,
                          by_name_dress_fn *dress)
{
    struct shared *shared = build->shared;
    size_t at = 0;

    while (at < shared->served_count && shared->served[at].set != set) {
        at++;
    }
    if (at == shared->served_count) {
        build->context = at == 0 ? build->context : SSL_CTX_new(TLS_server_method());
        if (build->context == NULL) {
            no_memory(build);
            return 0;
        }
        shared->served[at] = (struct shared_served){set, build->context, NULL};
        shared->served_count++;
        if (at > 0) {
            dress(build);
        }
        use_set(build, identities, set);
        progress_made();
    }
    return at;
}

static void make_contexts(struct build *build, const struct identity *identities,
                          by_name_dress_fn *dress)
{
    struct shared *shared = build->shared;

    (void)context_for(build, identities, shared->names.standard, dress);
    for (size_t i = 0; i < shared->names.count && build->count == 0; i++) {
        struct names_row *row = &shared->names.rows[i];

        row->reference = context_for(build, identities, row->set, dress);
    }
}

/* ---- while it serves ---- */

/* SSL_CTX_set_tlsext_servername_callback(3): called for each ClientHello, also without a name. */
static int choose(SSL *tls, int *alert, void *arg)
{
    const struct shared *shared = arg;
    const char *name = SSL_get_servername(tls, TLSEXT_NAMETYPE_host_name);
    const struct names_row *row = name != NULL ? names_find(&shared->names, name) : NULL;

    if (row == NULL) {
        *alert = SSL_AD_UNRECOGNIZED_NAME;
        return name != NULL && shared->refuses_unknown_names ? SSL_TLSEXT_ERR_ALERT_FATAL
                                                             : SSL_TLSEXT_ERR_NOACK;
    }
    /* Only certificates change: all else is the same in all contexts, and tickets are the first's.
     */
    if (SSL_set_SSL_CTX(tls, shared->served[row->reference].context) == NULL) {
        *alert = SSL_AD_INTERNAL_ERROR;
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    return SSL_TLSEXT_ERR_OK;
}

/* A listener with nothing to choose from is asked nothing. */
static void use_choice(struct build *build)
{
    struct shared *shared = build->shared;

    shared->refuses_unknown_names = build->settings->refuse_unknown_names;
    if (shared->served_count > 1 || shared->refuses_unknown_names) {
        SSL_CTX *first = shared->served[0].context;

        (void)SSL_CTX_set_tlsext_servername_callback(first, choose);
        (void)SSL_CTX_set_tlsext_servername_arg(first, shared);
    }
}

void by_name_use(struct build *build, const struct identity *identities, by_name_dress_fn *dress)
{
    struct shared *shared = build->shared;

    if (settle(build, identities) != 0) {
        return;
    }
    shared->served = calloc(shared->names.count + 1, sizeof *shared->served);
    if (shared->served == NULL) {
        no_memory(build);
        return;
    }
    make_contexts(build, identities, dress);
    use_choice(build);
}
