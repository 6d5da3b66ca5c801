/* crc32c.h - the checksum of a PROXY header (Castagnoli, RFC 3720 B.4). Pure. */
#ifndef SECHO_CRC32C_H
#define SECHO_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* Goes on with `crc`, which is 0 at the beginning. */
uint32_t crc32c(uint32_t crc, const void *data, size_t len);

#endif
