#include "tls/chosen.h"

#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <stdio.h>
#include <string.h>

const char *chosen_group(SSL *tls)
{
    int id = (int)SSL_get_negotiated_group(tls);
    const char *name;

    if (id == NID_undef) {
        return "";
    }
    if (id == NID_X25519) { /* OpenSSL 3.0 says "x25519" */
        return "X25519";
    }
    if (id == NID_X448) {
        return "X448";
    }
    name = EC_curve_nid2nist(id);
    if (name == NULL) {
        name = SSL_group_to_name(tls, id);
    }
    return name != NULL ? name : "";
}

const char *chosen_suite(const SSL *tls)
{
    const SSL_CIPHER *cipher = SSL_get_current_cipher(tls);

    return cipher != NULL ? SSL_CIPHER_get_name(cipher) : "";
}

void chosen_alpn(const SSL *tls, char text[static CHOSEN_ALPN_SIZE])
{
    const unsigned char *name = NULL;
    unsigned len = 0;

    SSL_get0_alpn_selected(tls, &name, &len);
    if (len >= CHOSEN_ALPN_SIZE) {
        len = CHOSEN_ALPN_SIZE - 1;
    }
    if (len > 0) {
        memcpy(text, name, len);
    }
    text[len] = '\0';
}

static const char *digest_name(int nid)
{
    return nid == NID_sha256   ? "sha256"
           : nid == NID_sha384 ? "sha384"
           : nid == NID_sha512 ? "sha512"
           : nid == NID_sha1   ? "sha1"
                               : "";
}

/* RFC 8446 4.2.3; of TLS 1.2 the same number, though there any curve goes with any digest. */
static const char *signature_of(int type, int digest, char name[static CHOSEN_SIGNATURE_SIZE])
{
    const char *with = digest_name(digest);
    const char *curve = digest == NID_sha256   ? "secp256r1_"
                        : digest == NID_sha384 ? "secp384r1_"
                        : digest == NID_sha512 ? "secp521r1_"
                                               : "";

    switch (type) {
    case NID_ED25519:
        return "ed25519";
    case NID_ED448:
        return "ed448";
    case NID_X9_62_id_ecPublicKey:
        (void)snprintf(name, CHOSEN_SIGNATURE_SIZE, "ecdsa_%s%s", curve, with);
        return name;
    case NID_rsassaPss:
        (void)snprintf(name, CHOSEN_SIGNATURE_SIZE, "rsa_pss_rsae_%s", with);
        return name;
    case NID_rsaEncryption:
        (void)snprintf(name, CHOSEN_SIGNATURE_SIZE, "rsa_pkcs1_%s", with);
        return name;
    default:
        return "";
    }
}

void chosen_signature(SSL *tls, char text[static CHOSEN_SIGNATURE_SIZE])
{
    char name[CHOSEN_SIGNATURE_SIZE] = "";
    int type = NID_undef, digest = NID_undef;
    const char *is = "";

#if OPENSSL_VERSION_NUMBER >= 0x30500000L /* knows those of providers, too: ML-DSA */
    if (SSL_get0_peer_signature_name(tls, &is) != 1 || is == NULL) {
        is = "";
    }
#endif
    if (is[0] == '\0' && SSL_get_peer_signature_type_nid(tls, &type) == 1) {
        (void)SSL_get_peer_signature_nid(tls, &digest);
        is = signature_of(type, digest, name);
    }
    (void)snprintf(text, CHOSEN_SIGNATURE_SIZE, "%s", is);
}
