#include "tls/hello_names.h"

#include <stddef.h>

struct number_name {
    uint16_t number;
    const char *name;
};

static const char *find(const struct number_name *table, unsigned number)
{
    while (table->name != NULL && table->number != number) {
        table++;
    }
    return table->name;
}

/* ---- versions ---- */

static const struct number_name versions[] = {
    {0x0300, "SSLv3"},   {0x0301, "TLSv1.0"}, {0x0302, "TLSv1.1"},
    {0x0303, "TLSv1.2"}, {0x0304, "TLSv1.3"}, {0, NULL},
};

/* ---- groups: IANA's registry "TLS Supported Groups", in the names that secho.json takes ---- */

static const struct number_name groups[] = {
    {0x0013, "P-192"},
    {0x0015, "P-224"},
    {0x0016, "secp256k1"},
    {0x0017, "P-256"},
    {0x0018, "P-384"},
    {0x0019, "P-521"},
    {0x001a, "brainpoolP256r1"},
    {0x001b, "brainpoolP384r1"},
    {0x001c, "brainpoolP512r1"},
    {0x001d, "X25519"},
    {0x001e, "X448"},
    {0x001f, "brainpoolP256r1tls13"},
    {0x0020, "brainpoolP384r1tls13"},
    {0x0021, "brainpoolP512r1tls13"},
    {0x0029, "curveSM2"},
    {0x0100, "ffdhe2048"},
    {0x0101, "ffdhe3072"},
    {0x0102, "ffdhe4096"},
    {0x0103, "ffdhe6144"},
    {0x0104, "ffdhe8192"},
    {0x0200, "MLKEM512"},
    {0x0201, "MLKEM768"},
    {0x0202, "MLKEM1024"},
    {0x11eb, "SecP256r1MLKEM768"},
    {0x11ec, "X25519MLKEM768"},
    {0x11ed, "SecP384r1MLKEM1024"},
    {0x6399, "X25519Kyber768Draft00"}, /* browsers before ML-KEM was final */
    {0, NULL},
};

/* ---- signatures: IANA's registry "TLS SignatureScheme"; of TLS 1.2 the same numbers ---- */

#define RSA "RSA"
#define EC  "EC"

static const struct hello_signature signatures[] = {
    {0x0101, "rsa_pkcs1_md5", NULL, NULL, false, false},
    {0x0201, "rsa_pkcs1_sha1", RSA, NULL, true, false},
    {0x0202, "dsa_sha1", NULL, NULL, false, false},
    {0x0203, "ecdsa_sha1", EC, NULL, true, false},
    {0x0301, "rsa_pkcs1_sha224", RSA, NULL, true, false},
    {0x0302, "dsa_sha224", NULL, NULL, false, false},
    {0x0303, "ecdsa_sha224", EC, NULL, true, false},
    {0x0401, "rsa_pkcs1_sha256", RSA, NULL, true, false},
    {0x0402, "dsa_sha256", NULL, NULL, false, false},
    {0x0403, "ecdsa_secp256r1_sha256", EC, "prime256v1", true, true},
    {0x0501, "rsa_pkcs1_sha384", RSA, NULL, true, false},
    {0x0502, "dsa_sha384", NULL, NULL, false, false},
    {0x0503, "ecdsa_secp384r1_sha384", EC, "secp384r1", true, true},
    {0x0601, "rsa_pkcs1_sha512", RSA, NULL, true, false},
    {0x0602, "dsa_sha512", NULL, NULL, false, false},
    {0x0603, "ecdsa_secp521r1_sha512", EC, "secp521r1", true, true},
    {0x0708, "sm2sig_sm3", NULL, NULL, false, false},
    {0x0804, "rsa_pss_rsae_sha256", RSA, NULL, true, true},
    {0x0805, "rsa_pss_rsae_sha384", RSA, NULL, true, true},
    {0x0806, "rsa_pss_rsae_sha512", RSA, NULL, true, true},
    {0x0807, "ed25519", "ED25519", NULL, true, true},
    {0x0808, "ed448", "ED448", NULL, true, true},
    {0x0809, "rsa_pss_pss_sha256", "RSA-PSS", NULL, true, true},
    {0x080a, "rsa_pss_pss_sha384", "RSA-PSS", NULL, true, true},
    {0x080b, "rsa_pss_pss_sha512", "RSA-PSS", NULL, true, true},
    {0x081a, "ecdsa_brainpoolP256r1tls13_sha256", EC, "brainpoolP256r1", false, true},
    {0x081b, "ecdsa_brainpoolP384r1tls13_sha384", EC, "brainpoolP384r1", false, true},
    {0x081c, "ecdsa_brainpoolP512r1tls13_sha512", EC, "brainpoolP512r1", false, true},
    {0x0904, "mldsa44", "ML-DSA-44", NULL, false, true},
    {0x0905, "mldsa65", "ML-DSA-65", NULL, false, true},
    {0x0906, "mldsa87", "ML-DSA-87", NULL, false, true},
};

const struct hello_signature *hello_signature(unsigned number)
{
    for (size_t i = 0; i < sizeof signatures / sizeof signatures[0]; i++) {
        if (signatures[i].number == number) {
            return &signatures[i];
        }
    }
    return NULL;
}

static const char *signature_name(unsigned number)
{
    const struct hello_signature *signature = hello_signature(number);

    return signature != NULL ? signature->name : NULL;
}

/* ---- suites ---- */

/*
 * Old ones that OpenSSL has no name for any more: who offers these and nothing else is a client of
 * another age. The signals that look like suites it does know.
 */
static const struct number_name other_suites[] = {
    {0x0004, "RC4-MD5"},
    {0x0005, "RC4-SHA"},
    {0x000a, "DES-CBC3-SHA"},
    {0x0016, "DHE-RSA-DES-CBC3-SHA"},
    {0xc007, "ECDHE-ECDSA-RC4-SHA"},
    {0xc008, "ECDHE-ECDSA-DES-CBC3-SHA"},
    {0xc011, "ECDHE-RSA-RC4-SHA"},
    {0xc012, "ECDHE-RSA-DES-CBC3-SHA"},
    {0, NULL},
};

static const char *suite_name(unsigned number, SSL *tls)
{
    const unsigned char bytes[] = {(unsigned char)(number >> 8), (unsigned char)number};
    const SSL_CIPHER *cipher = SSL_CIPHER_find(tls, bytes);

    return cipher != NULL ? SSL_CIPHER_get_name(cipher) : find(other_suites, number);
}

/* ---- all of them ---- */

/* RFC 8701 2: 0x0a0a, 0x1a1a ... 0xfafa, sent so that nobody gets used to a closed list. */
static bool is_grease(unsigned number)
{
    return (number & 0x0f0f) == 0x0a0a && number >> 8 == (number & 0xff);
}

const char *hello_name(enum hello_list list, unsigned number, SSL *tls)
{
    if (is_grease(number)) {
        return "GREASE";
    }
    switch (list) {
    case HELLO_VERSIONS:
        return find(versions, number);
    case HELLO_GROUPS:
        return find(groups, number);
    case HELLO_SIGNATURES:
        return signature_name(number);
    case HELLO_SUITES:
        return suite_name(number, tls);
    case HELLO_ALPN:
    case HELLO_NAME:
    case HELLO_LISTS:
        break;
    }
    return NULL;
}
