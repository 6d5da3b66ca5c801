#include "tls/lists.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"

static bool set(SSL_CTX *context, enum lists_kind kind, const char *list)
{
    switch (kind) {
    case LISTS_CIPHERS:
        return SSL_CTX_set_cipher_list(context, list) == 1;
    case LISTS_CIPHERSUITES:
        return SSL_CTX_set_ciphersuites(context, list) == 1;
    case LISTS_GROUPS:
        return SSL_CTX_set1_groups_list(context, list) == 1;
    case LISTS_SIGNATURE_ALGORITHMS:
        return SSL_CTX_set1_sigalgs_list(context, list) == 1;
    }
    return false;
}

#define SUITE_NAME_MAX 128

/*
 * OpenSSL passes over suites that it does not know as long as it knows one of them: so each is
 * tried alone. What starts with a sign ("!aNULL", "@STRENGTH": ciphers(1)) is none.
 */
static bool knows_each_suite(SSL_CTX *context, enum lists_kind kind, const char *list)
{
    static const char separators[] = ":, ;";
    char name[SUITE_NAME_MAX];

    for (const char *at = list; *at != '\0'; at += strspn(at, separators)) {
        size_t len = strcspn(at, separators);
        bool is_name = len > 0 && strchr("!+-@", at[0]) == NULL;

        (void)snprintf(name, sizeof name, "%.*s", (int)len, at);
        if (is_name && !set(context, kind, name)) {
            return false;
        }
        at += len;
    }
    return true;
}

bool lists_set(SSL_CTX *context, enum lists_kind kind, const char *list)
{
    bool is_of_suites = kind == LISTS_CIPHERS || kind == LISTS_CIPHERSUITES;
    bool known =
        (!is_of_suites || knows_each_suite(context, kind, list)) && set(context, kind, list);

    error_forget_tls(); /* "no" is an answer here, not a failure */
    return known;
}
