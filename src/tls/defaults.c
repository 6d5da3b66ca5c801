#include "tls/defaults.h"

#include <openssl/ssl.h>
#include <stdbool.h>

#include "base/error.h"

#define CLASSIC_GROUPS "X25519:P-256:P-384"
#define HYBRID_GROUPS  "X25519MLKEM768:" CLASSIC_GROUPS

static bool openssl_knows(const char *groups)
{
    SSL_CTX *context = SSL_CTX_new(TLS_method());
    bool known = context != NULL && SSL_CTX_set1_groups_list(context, groups) == 1;

    SSL_CTX_free(context);
    error_forget_tls(); /* "no" is an answer here, not a failure */
    return known;
}

const char *defaults_groups(void)
{
    return openssl_knows(HYBRID_GROUPS) ? HYBRID_GROUPS : CLASSIC_GROUPS;
}
