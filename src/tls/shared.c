#include "tls/shared.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

/* Where an SSL_CTX keeps it. */
static int index_in_context = -1;
static pthread_once_t index_once = PTHREAD_ONCE_INIT;

static void shared_free(struct shared *shared)
{
    for (size_t i = 1; i < shared->served_count; i++) {
        SSL_CTX_free(shared->served[i].context);
    }
    for (size_t i = 0; i < shared->served_count; i++) {
        free(shared->served[i].accepted);
    }
    free(shared->served);
    for (size_t i = 0; i < shared->leaf_count; i++) {
        X509_free(shared->leaves[i]);
    }
    free(shared->leaves);
    names_done(&shared->names);
    alpn_done(&shared->alpn);
    verify_done(&shared->verify);
    staples_done(&shared->staples);
    ticket_keys_done(&shared->ticket_keys);
    if (shared->key_log.fd >= 0) {
        (void)close(shared->key_log.fd);
    }
    free(shared);
}

/* CRYPTO_get_ex_new_index(3): called by SSL_CTX_free(). */
/* NOLINTNEXTLINE(readability-function-size): it has more than five parameters */
static void free_with_context(void *context, void *what, CRYPTO_EX_DATA *data, int index, long argl,
                              void *argp)
{
    struct shared *shared = what;

    (void)data, (void)index, (void)argl, (void)argp;
    if (shared != NULL && shared->owner == context) { /* the others have it on loan */
        shared_free(shared);
    }
}

static void make_index(void)
{
    index_in_context = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, free_with_context);
}

struct shared *shared_new(SSL_CTX *context)
{
    struct shared *shared = calloc(1, sizeof *shared);

    (void)pthread_once(&index_once, make_index);
    if (shared == NULL || shared_lend(context, shared) != 0) {
        free(shared);
        return NULL;
    }
    shared->owner = context;
    shared->key_log.fd = -1;
    return shared;
}

int shared_lend(SSL_CTX *context, struct shared *shared)
{
    return SSL_CTX_set_ex_data(context, index_in_context, shared) == 1 ? 0 : -1;
}

struct shared *shared_of_context(const SSL_CTX *context)
{
    return SSL_CTX_get_ex_data(context, index_in_context);
}

struct shared *shared_of(const SSL *tls)
{
    return shared_of_context(SSL_get_SSL_CTX(tls));
}
