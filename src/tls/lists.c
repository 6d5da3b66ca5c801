#include "tls/lists.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

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

#define NAME_SIZE 128

/* The separators of ciphers(1), and of the groups of OpenSSL 3.5 ("/": SSL_CTX_set1_groups(3)). */
static const char *separators(enum lists_kind kind)
{
    return kind == LISTS_CIPHERS || kind == LISTS_CIPHERSUITES ? ":, ;" : ":/";
}

/*
 * Tries each name alone; true and the first that OpenSSL does not know. What starts with a sign
 * ("!aNULL", "@STRENGTH", "?mldsa44") is no name, or one that may be unknown.
 */
static bool find_unknown(SSL_CTX *context, enum lists_kind kind, const char *list,
                         char name[static NAME_SIZE])
{
    const char *between = separators(kind);

    for (const char *at = list; *at != '\0'; at += strspn(at, between)) {
        size_t len = strcspn(at, between);
        bool is_name = len > 0 && strchr("!+-@?*", at[0]) == NULL;

        (void)snprintf(name, NAME_SIZE, "%.*s", (int)len, at);
        if (is_name && !set(context, kind, name)) {
            return true;
        }
        at += len;
    }
    return false;
}

/* Which OpenSSL has brought a name: its CHANGES.md. */
static const struct {
    const char *name, *release;
    unsigned long since; /* as OpenSSL_version_num(3) has it */
} newcomers[] = {
    {"brainpoolP256r1tls13", "3.2", 0x30200000L},
    {"brainpoolP384r1tls13", "3.2", 0x30200000L},
    {"brainpoolP512r1tls13", "3.2", 0x30200000L},
    {"ecdsa_brainpoolP256r1tls13_sha256", "3.2", 0x30200000L},
    {"ecdsa_brainpoolP384r1tls13_sha384", "3.2", 0x30200000L},
    {"ecdsa_brainpoolP512r1tls13_sha512", "3.2", 0x30200000L},
    {"X25519MLKEM768", "3.5", 0x30500000L},
    {"SecP256r1MLKEM768", "3.5", 0x30500000L},
    {"SecP384r1MLKEM1024", "3.5", 0x30500000L},
    {"MLKEM512", "3.5", 0x30500000L},
    {"MLKEM768", "3.5", 0x30500000L},
    {"MLKEM1024", "3.5", 0x30500000L},
    {"mldsa44", "3.5", 0x30500000L},
    {"mldsa65", "3.5", 0x30500000L},
    {"mldsa87", "3.5", 0x30500000L},
};

/* The release that has what this one does not know, or NULL. */
static const char *release_of(const char *name)
{
    for (size_t i = 0; i < sizeof newcomers / sizeof newcomers[0]; i++) {
        if (strcasecmp(name, newcomers[i].name) == 0) {
            return OpenSSL_version_num() < newcomers[i].since ? newcomers[i].release : NULL;
        }
    }
    return NULL;
}

static int complain_of(const char *name, struct secho_error *err)
{
    const char *release = release_of(name);

    return error_set(err, SECHO_ERR_CONFIG, "%s does not know \"%s\"%s%s%s",
                     OpenSSL_version(OPENSSL_VERSION), name, release != NULL ? "; OpenSSL " : "",
                     release != NULL ? release : "", release != NULL ? " has it" : "");
}

int lists_set(SSL_CTX *context, enum lists_kind kind, const char *list, struct secho_error *err)
{
    /* Of suites, OpenSSL passes over those that it does not know, if it knows one: look first. */
    bool passes_over = kind == LISTS_CIPHERS || kind == LISTS_CIPHERSUITES;
    char name[NAME_SIZE];
    bool unknown = passes_over && find_unknown(context, kind, list, name);
    bool done = !unknown && set(context, kind, list);

    if (!done && !passes_over) {
        unknown = find_unknown(context, kind, list, name);
    }
    error_forget_tls(); /* "no" is an answer here, not a failure */
    if (done) {
        return 0;
    }
    if (!unknown) {
        return error_set(err, SECHO_ERR_CONFIG, "%s cannot use the list \"%s\"",
                         OpenSSL_version(OPENSSL_VERSION), list);
    }
    return complain_of(name, err);
}
