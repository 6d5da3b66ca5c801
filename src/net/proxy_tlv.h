/* proxy_tlv.h - what stands behind the addresses of a PROXY header, version 2. Pure. */
#ifndef SECHO_PROXY_TLV_H
#define SECHO_PROXY_TLV_H

#include "net/proxy_protocol.h"

/*
 * Reads the TLVs of a whole header from header[at] to its end, `header->len`, and verifies its
 * checksum. Returns NULL, or why it is not valid.
 */
const char *proxy_tlv_read(const unsigned char *bytes, size_t at, struct proxy_header *header);

#endif
