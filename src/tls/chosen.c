#include "tls/chosen.h"

#include <openssl/ec.h>
#include <openssl/obj_mac.h>
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
