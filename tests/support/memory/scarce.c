#include "scarce.h"

#include <cjson/cJSON.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <stdlib.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);

static bool armed;
static bool only_one; /* fails */
static int left;      /* that still succeed */
static bool failed;

static bool fails(void)
{
    if (!armed || left-- > 0 || (only_one && failed)) {
        return false;
    }
    failed = true;
    return true;
}

/* ---- secho's ---- */

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
    return fails() ? NULL : __real_realloc(memory, size);
}

/* ---- OpenSSL's ---- */

static void *tls_malloc(size_t size, const char *file, int line)
{
    (void)file, (void)line;
    return __wrap_malloc(size);
}

static void *tls_realloc(void *memory, size_t size, const char *file, int line)
{
    (void)file, (void)line;
    return __wrap_realloc(memory, size);
}

static void tls_free(void *memory, const char *file, int line)
{
    (void)file, (void)line;
    free(memory);
}

void scarce_setup(void)
{
    cJSON_Hooks hooks = {.malloc_fn = __wrap_malloc, .free_fn = free};

    cJSON_InitHooks(&hooks);
    (void)CRYPTO_set_mem_functions(tls_malloc, tls_realloc, tls_free);
    /* OpenSSL 3.5 that gets no memory in its very first call waits for itself for ever. */
    (void)OPENSSL_init_crypto(0, NULL);
    ERR_clear_error();
}

/* ---- the test's ---- */

static void allow(int allocations, bool one)
{
    left = allocations;
    only_one = one;
    failed = false;
}

void scarce_all_after(int allocations)
{
    allow(allocations, false);
}

void scarce_one_after(int allocations)
{
    allow(allocations, true);
}

void scarce_begin(void)
{
    armed = true;
}

void scarce_end(void)
{
    armed = false;
}

bool scarce_failed(void)
{
    return failed;
}
