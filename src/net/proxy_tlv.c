#include "net/proxy_tlv.h"

#include <stdint.h>

#include "net/crc32c.h"

enum pp2_type {
    PP2_TYPE_ALPN = 0x01,
    PP2_TYPE_AUTHORITY = 0x02,
    PP2_TYPE_CRC32C = 0x03,
    PP2_TYPE_UNIQUE_ID = 0x05,
    PP2_TYPE_SSL = 0x20,
    PP2_SUBTYPE_SSL_VERSION = 0x21,
    PP2_SUBTYPE_SSL_CN = 0x22,
    PP2_SUBTYPE_SSL_CIPHER = 0x23,
    PP2_SUBTYPE_SSL_SIG_ALG = 0x24,
    PP2_SUBTYPE_SSL_KEY_ALG = 0x25,
    PP2_TYPE_NETNS = 0x30,
};

enum { PP2_CLIENT_SSL = 0x01, PP2_CLIENT_CERT_CONN = 0x02, PP2_CLIENT_CERT_SESS = 0x04 };

#define TLV_HEAD 3 /* type, and length in two bytes */
#define SSL_HEAD 5 /* client, and verify in four bytes */

/* ---- one after the other ---- */

/* Takes the first TLV off `rest`. False: it says that it is longer than what is there. */
static bool next_tlv(struct proxy_value *rest, int *type, struct proxy_value *value)
{
    if (rest->len < TLV_HEAD) {
        return false;
    }
    size_t len = (size_t)(rest->at[1] << 8 | rest->at[2]);

    if (len > rest->len - TLV_HEAD) {
        return false;
    }
    *type = rest->at[0];
    *value = (struct proxy_value){rest->at + TLV_HEAD, len};
    rest->at += TLV_HEAD + len;
    rest->len -= TLV_HEAD + len;
    return true;
}

/* ---- the checksum ---- */

static uint32_t number(const unsigned char *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* Over the whole header, with zeros in place of the checksum. */
static bool checksum_is_right(const unsigned char *bytes, size_t len, struct proxy_value sum)
{
    static const unsigned char zeros[4];
    size_t before = (size_t)(sum.at - bytes);
    uint32_t crc = crc32c(0, bytes, before);

    crc = crc32c(crc, zeros, sizeof zeros);
    crc = crc32c(crc, sum.at + sizeof zeros, len - before - sizeof zeros);
    return crc == number(sum.at);
}

/* ---- PP2_TYPE_SSL ---- */

static const char *read_ssl(struct proxy_value value, struct proxy_ssl *ssl)
{
    int type;

    if (value.len < SSL_HEAD) {
        return "its SSL entry is too short";
    }
    *ssl = (struct proxy_ssl){
        .present = true,
        .tls = (value.at[0] & PP2_CLIENT_SSL) != 0,
        .certificate = (value.at[0] & (PP2_CLIENT_CERT_CONN | PP2_CLIENT_CERT_SESS)) != 0,
        .verified = number(value.at + 1) == 0,
    };
    struct proxy_value rest = {value.at + SSL_HEAD, value.len - SSL_HEAD};

    while (rest.len > 0) {
        if (!next_tlv(&rest, &type, &value)) {
            return "an entry inside its SSL entry is longer than that";
        }
        switch (type) {
        case PP2_SUBTYPE_SSL_VERSION:
            ssl->version = value;
            break;
        case PP2_SUBTYPE_SSL_CN:
            ssl->cn = value;
            break;
        case PP2_SUBTYPE_SSL_CIPHER:
            ssl->cipher = value;
            break;
        case PP2_SUBTYPE_SSL_SIG_ALG:
            ssl->sig_alg = value;
            break;
        case PP2_SUBTYPE_SSL_KEY_ALG:
            ssl->key_alg = value;
            break;
        default:
            break;
        }
    }
    return NULL;
}

/* ---- all of them ---- */

static const char *read_one(const unsigned char *bytes, int type, struct proxy_value value,
                            struct proxy_header *header)
{
    switch (type) {
    case PP2_TYPE_ALPN:
        header->alpn = value;
        break;
    case PP2_TYPE_AUTHORITY:
        header->authority = value;
        break;
    case PP2_TYPE_CRC32C:
        if (value.len != 4) {
            return "its checksum (CRC32C) has not four bytes";
        }
        return checksum_is_right(bytes, header->len, value) ? NULL
                                                            : "its checksum (CRC32C) is wrong";
    case PP2_TYPE_UNIQUE_ID:
        header->unique_id = value;
        return value.len <= PROXY_UNIQUE_ID_MAX ? NULL : "its unique id is longer than 128 bytes";
    case PP2_TYPE_SSL:
        return read_ssl(value, &header->ssl);
    case PP2_TYPE_NETNS:
        header->netns = value;
        break;
    default: /* PP2_TYPE_NOOP fills; others may come with time */
        break;
    }
    return NULL;
}

const char *proxy_tlv_read(const unsigned char *bytes, size_t at, struct proxy_header *header)
{
    struct proxy_value rest = {bytes + at, header->len - at}, value;
    const char *why = NULL;
    int type;

    while (why == NULL && rest.len > 0) {
        if (!next_tlv(&rest, &type, &value)) {
            return "an entry (TLV) is longer than the header";
        }
        why = read_one(bytes, type, value, header);
    }
    return why;
}
