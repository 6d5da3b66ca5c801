#include "tls/allow.h"

#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "tls/certificate.h"

/* ---- what a certificate says, one word after the other ---- */

/* Told of each word of a certificate that a rule can look at; true ends the walk. */
typedef bool word_fn(void *context, enum allow_rule rule, const char *word);

/* A word with a NUL inside is a trick: it never counts. */
static bool tell(const ASN1_STRING *string, enum allow_rule rule, word_fn *word, void *context)
{
    unsigned char *text = NULL;
    int len = ASN1_STRING_to_UTF8(&text, string);
    bool plain = len > 0 && memchr(text, '\0', (size_t)len) == NULL;
    bool over = plain && word(context, rule, (const char *)text);

    if (len >= 0) {
        OPENSSL_free(text);
    }
    return over;
}

static bool walk_alternative_names(X509 *certificate, word_fn *word, void *context)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    bool over = false;

    for (int i = 0; i < sk_GENERAL_NAME_num(names) && !over; i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

        if (name->type == GEN_DNS) {
            over = tell(name->d.dNSName, ALLOW_DNS, word, context);
        } else if (name->type == GEN_URI) {
            over = tell(name->d.uniformResourceIdentifier, ALLOW_URI, word, context);
        }
    }
    GENERAL_NAMES_free(names);
    return over;
}

static bool walk_common_names(X509 *certificate, word_fn *word, void *context)
{
    const X509_NAME *subject = X509_get_subject_name(certificate);
    bool over = false;
    int at = -1;

    while (!over && (at = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0) {
        over = tell(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)), ALLOW_CN, word,
                    context);
    }
    return over;
}

static bool walk_key(X509 *certificate, word_fn *word, void *context)
{
    char hex[CERTIFICATE_SPKI_SIZE];

    certificate_spki_sha256(certificate, hex);
    return hex[0] != '\0' && word(context, ALLOW_SPKI_SHA256, hex);
}

static bool walk(X509 *certificate, word_fn *word, void *context)
{
    return walk_alternative_names(certificate, word, context) ||
           walk_common_names(certificate, word, context) || walk_key(certificate, word, context);
}

/* ---- against the lists ---- */

static bool dns_matches(const char *entry, const char *name)
{
    const char *rest = strchr(name, '.');

    if (strcasecmp(entry, name) == 0) {
        return true;
    }
    /* A wildcard of ours stands for one label of a name; a wildcard of theirs is not one. */
    return strncmp(entry, "*.", 2) == 0 && rest != NULL && rest != name && name[0] != '*' &&
           strcasecmp(entry + 1, rest) == 0;
}

static bool entry_matches(enum allow_rule rule, const char *entry, const char *word)
{
    switch (rule) {
    case ALLOW_DNS:
        return dns_matches(entry, word);
    case ALLOW_SPKI_SHA256:
        return strcasecmp(entry, word) == 0;
    case ALLOW_URI:
    case ALLOW_CN:
    case ALLOW_RULES:
        break;
    }
    return strcmp(entry, word) == 0;
}

static bool is_listed(void *context, enum allow_rule rule, const char *word)
{
    const struct allow_list *list = &((const struct allow *)context)->lists[rule];

    for (size_t i = 0; i < list->count; i++) {
        if (entry_matches(rule, list->items[i], word)) {
            return true;
        }
    }
    return false;
}

bool allow_admits(const struct allow *allow, X509 *certificate)
{
    size_t entries = 0;

    for (size_t i = 0; i < ALLOW_RULES; i++) {
        entries += allow->lists[i].count;
    }
    return entries == 0 || walk(certificate, is_listed, (void *)allow);
}

/* ---- in words ---- */

struct words {
    char *text;
    size_t size;
};

static bool add_word(void *context, enum allow_rule rule, const char *word)
{
    static const char *const names[] = {"dns", "uri", "cn", "spki_sha256"};
    const struct words *words = context;
    size_t used = strlen(words->text), left = words->size - used;
    int more =
        snprintf(words->text + used, left, "%s%s \"%s\"", used > 0 ? ", " : "", names[rule], word);

    if (more < 0 || (size_t)more >= left) { /* rather none than half of one */
        words->text[used] = '\0';
    }
    return false;
}

void allow_describe(X509 *certificate, char *text, size_t size)
{
    struct words words = {text, size};

    text[0] = '\0';
    (void)walk(certificate, add_word, &words);
}
