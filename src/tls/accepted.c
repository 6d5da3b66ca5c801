#include "tls/accepted.h"

#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "tls/hello_names.h"
#include "tls/hello_text.h"
#include "tls/shared.h"

/* What is described: an SSL with the lists of the context, and a client's that has the same ones.
 */
struct accepting {
    SSL *tls;
    const struct hello *hello;
};

/* ---- what our keys can do ---- */

/* Does one of the certificates of this SSL have such a key? `curve` may be NULL: any. */
static bool has_key(SSL *tls, const char *type, const char *curve)
{
    bool found = false;

    for (long more = SSL_set_current_cert(tls, SSL_CERT_SET_FIRST); more == 1 && !found;
         more = SSL_set_current_cert(tls, SSL_CERT_SET_NEXT)) {
        const EVP_PKEY *key = SSL_get_privatekey(tls);
        char group[64] = "";

        if (key != NULL && EVP_PKEY_is_a(key, type) == 1) {
            (void)EVP_PKEY_get_group_name(key, group, sizeof group, NULL);
            found = curve == NULL || strcmp(curve, group) == 0;
        }
    }
    error_forget_tls(); /* a key without a group is no failure */
    return found;
}

/* RFC 8446 4.2.3: there the curve is part of the algorithm. */
static bool can_sign_in_13(SSL *tls, unsigned number)
{
    const struct hello_signature *signature = hello_signature(number);

    return SSL_get_max_proto_version(tls) >= TLS1_3_VERSION && signature != NULL &&
           signature->in_13 && signature->key != NULL &&
           has_key(tls, signature->key, signature->curve);
}

static bool can_sign_in_12_only(SSL *tls, unsigned number)
{
    const struct hello_signature *signature = hello_signature(number);

    return SSL_get_min_proto_version(tls) <= TLS1_2_VERSION && signature != NULL &&
           signature->in_12 && signature->key != NULL && has_key(tls, signature->key, NULL) &&
           !can_sign_in_13(tls, number);
}

/* RFC 8422 5.3: EdDSA keys go with the suites of ECDSA. Suites of TLS 1.3 go with every key. */
static bool can_serve(SSL *tls, unsigned number)
{
    const unsigned char bytes[] = {(unsigned char)(number >> 8), (unsigned char)number};
    const SSL_CIPHER *suite = SSL_CIPHER_find(tls, bytes);

    if (suite == NULL || number == (SSL3_CK_SCSV & 0xffff)) { /* a signal, no suite: RFC 5746 3.3 */
        return false;
    }
    switch (SSL_CIPHER_get_auth_nid(suite)) {
    case NID_auth_rsa:
        return has_key(tls, "RSA", NULL) || has_key(tls, "RSA-PSS", NULL);
    case NID_auth_ecdsa:
        return has_key(tls, "EC", NULL) || has_key(tls, "ED25519", NULL) ||
               has_key(tls, "ED448", NULL);
    default:
        return true;
    }
}

/* ---- in words ---- */

/* Those numbers of a list that `may` be; nothing where there is none. */
static void say_those(struct hello_words *words, const char *title, enum hello_list list,
                      bool (*may)(SSL *tls, unsigned number), const struct accepting *of)
{
    struct hello_part all = hello_part(of->hello, list);
    unsigned char left[256];
    size_t len = 0;

    for (size_t at = 0; at + 1 < all.len && len + 1 < sizeof left; at += 2) {
        if (may(of->tls, (unsigned)all.at[at] << 8 | all.at[at + 1])) {
            left[len++] = all.at[at];
            left[len++] = all.at[at + 1];
        }
    }
    if (len > 0) {
        hello_say_title(words, title);
        hello_say_numbers(words, list, (struct hello_part){left, len, len}, of->tls);
    }
}

static void say_versions(struct hello_words *words, SSL *tls)
{
    hello_say_title(words, "versions");
    for (int version = TLS1_3_VERSION; version >= TLS1_2_VERSION; version--) {
        if (version >= SSL_get_min_proto_version(tls) &&
            version <= SSL_get_max_proto_version(tls)) {
            hello_say_word(words, hello_name(HELLO_VERSIONS, (unsigned)version, tls));
        }
    }
}

static void say_alpn(struct hello_words *words, const struct alpn *alpn)
{
    if (alpn->wire == NULL) { /* any or none */
        return;
    }
    hello_say_title(words, "alpn");
    hello_say_alpn(words, (struct hello_part){alpn->wire, alpn->len, alpn->len});
    if (alpn->reports) {
        hello_say_word(words, ALPN_REPORT);
    }
}

#define NAMES_SHOWN 10

static void say_names(struct hello_words *words, const struct shared *shared)
{
    const struct names *names = &shared->names;

    if (!shared->refuses_unknown_names) {
        return;
    }
    hello_say_title(words, "names");
    for (size_t i = 0; i < names->count && i < NAMES_SHOWN; i++) {
        hello_say_word(words, names->rows[i].name);
    }
    if (names->count > NAMES_SHOWN) {
        hello_say_word(words, "...");
    }
}

static void say_signatures(struct hello_words *words, const struct accepting *of)
{
    bool both = SSL_get_max_proto_version(of->tls) >= TLS1_3_VERSION;

    say_those(words, "signatures", HELLO_SIGNATURES, can_sign_in_13, of);
    say_those(words, both ? "signatures(TLSv1.2)" : "signatures", HELLO_SIGNATURES,
              can_sign_in_12_only, of);
}

/* ---- kept ---- */

static struct shared_served *served_by(const SSL *tls)
{
    const SSL_CTX *context = SSL_get_SSL_CTX(tls);
    struct shared *shared = shared_of_context(context);

    for (size_t i = 0; shared != NULL && i < shared->served_count; i++) {
        if (shared->served[i].context == context) {
            return &shared->served[i];
        }
    }
    return NULL;
}

int accepted_note(SSL *tls, const struct hello *hello)
{
    char text[HELLO_TEXT_SIZE] = "";
    struct hello_words words = {.at = text, .size = sizeof text};
    const struct accepting accepting = {tls, hello};
    struct shared_served *served = served_by(tls);

    say_versions(&words, tls);
    say_alpn(&words, &shared_of(tls)->alpn);
    say_names(&words, shared_of(tls));
    hello_say_title(&words, "groups");
    hello_say_numbers(&words, HELLO_GROUPS, hello_part(hello, HELLO_GROUPS), tls);
    say_signatures(&words, &accepting);
    say_those(&words, "suites", HELLO_SUITES, can_serve, &accepting);
    free(served->accepted);
    served->accepted = strdup(text);
    return served->accepted != NULL ? 0 : -1;
}

const char *accepted_of(const SSL *tls)
{
    const struct shared_served *served = served_by(tls);

    return served != NULL && served->accepted != NULL ? served->accepted : "";
}
