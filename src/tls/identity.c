#include "tls/identity.h"

#include "base/error.h"
#include "tls/chain.h"
#include "tls/key.h"

static void load_chain(struct build *build, size_t index, struct identity *identity)
{
    struct secho_error err;

    if (chain_load(build->settings->pairs[index].chain, &identity->leaf, &identity->issuers,
                   &err) != 0) {
        *build_problem(build, CONTEXT_CHAIN, index) = err;
    }
}

static void load_key(struct build *build, size_t index, struct identity *identity)
{
    const struct context_pair *pair = &build->settings->pairs[index];
    struct secho_error err;

    if (key_load(pair->key, &identity->key, &err) != 0) {
        *build_problem(build, CONTEXT_KEY, index) = err;
    } else if (identity->leaf != NULL &&
               X509_check_private_key(identity->leaf, identity->key) != 1) {
        error_forget_tls();
        error_set(build_problem(build, CONTEXT_KEY, index), SECHO_ERR_CONFIG,
                  "%s: this key does not belong to the certificate in %s", pair->key, pair->chain);
    }
}

static void load_staple(struct build *build, size_t index, const struct identity *identity)
{
    const char *path = build->settings->pairs[index].ocsp;
    struct secho_error err;

    if (path != NULL && path[0] != '\0' && identity->leaf != NULL && build->shared != NULL &&
        staples_add(&build->shared->staples, path, identity->leaf, identity->issuers, &err) != 0) {
        *build_problem(build, CONTEXT_OCSP, index) = err;
    }
}

void identity_load(struct build *build, size_t index, struct identity *identity)
{
    load_chain(build, index, identity);
    load_key(build, index, identity);
    load_staple(build, index, identity);
}

/* All connections of the context share it. 1 for success, as OpenSSL. */
static int share_chain(SSL_CTX *context, STACK_OF(X509) * issuers)
{
    for (int i = 0; i < sk_X509_num(issuers); i++) {
        X509 *issuer = sk_X509_value(issuers, i);

        if (SSL_CTX_add_extra_chain_cert(context, issuer) != 1) {
            return 0;
        }
        (void)X509_up_ref(issuer); /* the context owns one reference now */
    }
    return 1;
}

void identity_use(struct build *build, size_t index, const struct identity *identity, bool alone)
{
    /* A chain that belongs to a certificate is copied for each connection: 96 bytes. */
    STACK_OF(X509) *own = alone ? NULL : identity->issuers;

    if (SSL_CTX_use_cert_and_key(build->context, identity->leaf, identity->key, own, 1) != 1 ||
        (alone && share_chain(build->context, identity->issuers) != 1)) {
        error_tls(build_problem(build, CONTEXT_CHAIN, index), "%s: this certificate cannot be used",
                  build->settings->pairs[index].chain);
    }
}

void identity_done(struct identity *identity)
{
    X509_free(identity->leaf);
    sk_X509_pop_free(identity->issuers, X509_free);
    EVP_PKEY_free(identity->key);
}
