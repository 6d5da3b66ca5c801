#include "tls/memory.h"

#include <malloc.h>
#include <openssl/crypto.h>
#include <openssl/ssl3.h>
#include <stddef.h>
#include <stdlib.h>

#ifdef SECHO_SANITIZED

void memory_keep_record_buffers(void)
{
}

#else

/*
 * A buffer for one record, whole, with what OpenSSL puts around it. Smaller and larger blocks are
 * malloc's business.
 */
#define RECORD_BYTES_MIN ((size_t)SSL3_RT_MAX_PLAIN_LENGTH)
#define RECORD_BYTES_MAX ((size_t)SSL3_RT_MAX_PLAIN_LENGTH + 2048)

#define KEPT_MAX 4 /* a turn uses two at a time */

/* What one thread has at hand. It is lost, and that is fine, when the thread ends. */
static _Thread_local struct {
    void *buffers[KEPT_MAX];
    unsigned count;
} kept;

static void *allocate(size_t size, const char *file, int line)
{
    (void)file, (void)line;
    if (size < RECORD_BYTES_MIN || size > RECORD_BYTES_MAX) {
        return size > 0 ? malloc(size) : NULL;
    }
    return kept.count > 0 ? kept.buffers[--kept.count] : malloc(RECORD_BYTES_MAX);
}

static void *reallocate(void *block, size_t size, const char *file, int line)
{
    (void)file, (void)line;
    return realloc(block, size);
}

static void release(void *block, const char *file, int line)
{
    size_t size = malloc_usable_size(block);

    (void)file, (void)line;
    if (size >= RECORD_BYTES_MAX && size < 2 * RECORD_BYTES_MAX && kept.count < KEPT_MAX) {
        kept.buffers[kept.count++] = block;
        return;
    }
    free(block);
}

void memory_keep_record_buffers(void)
{
    (void)CRYPTO_set_mem_functions(allocate, reallocate, release);
}

#endif
