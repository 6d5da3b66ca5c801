/* Buffers for records stay at hand; everything else is malloc's. */
#include <openssl/crypto.h>
#include <stdbool.h>
#include <string.h>

#include "suite.h"
#include "tls/memory.h"

#ifdef SECHO_SANITIZED
static const bool keeps = false; /* a sanitizer sees each allocation as it is */
#else
static const bool keeps = true;
#endif

#define RECORD 16716 /* what OpenSSL 3.0 asks for */

static void *use(size_t size)
{
    void *block = OPENSSL_malloc(size);

    ck_assert_ptr_nonnull(block);
    memset(block, 0xab, size);
    return block;
}

START_TEST(a_buffer_for_a_record_is_used_again)
{
    void *first = use(RECORD);

    OPENSSL_free(first);
    void *second = use(RECORD + 100); /* also for one of another version, a bit longer */

    if (keeps) {
        ck_assert_ptr_eq(second, first);
    }
    OPENSSL_free(second);
}
END_TEST

START_TEST(many_at_once_are_many)
{
    void *blocks[16];

    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < COUNT(blocks); i++) {
            blocks[i] = use(RECORD);
            for (int k = 0; k < i; k++) {
                ck_assert_ptr_ne(blocks[i], blocks[k]);
            }
        }
        for (int i = 0; i < COUNT(blocks); i++) {
            OPENSSL_free(blocks[i]);
        }
    }
}
END_TEST

START_TEST(other_sizes_and_none_are_as_ever)
{
    static const size_t sizes[] = {1, 100, 16383, 20000, 100000};

    for (int i = 0; i < COUNT(sizes); i++) {
        OPENSSL_free(use(sizes[i]));
    }
    OPENSSL_free(NULL);
    ck_assert_ptr_null(OPENSSL_malloc(0));
}
END_TEST

START_TEST(a_block_that_grew_into_a_buffer_is_one)
{
    char *block = use(100);

    block = OPENSSL_realloc(block, 3 * RECORD);
    ck_assert_ptr_nonnull(block);
    ck_assert_uint_eq((unsigned char)block[99], 0xab);
    block = OPENSSL_realloc(block, RECORD);
    OPENSSL_free(block);
    OPENSSL_free(use(RECORD));
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, a_buffer_for_a_record_is_used_again);
    tcase_add_test(tests, many_at_once_are_many);
    tcase_add_test(tests, other_sizes_and_none_are_as_ever);
    tcase_add_test(tests, a_block_that_grew_into_a_buffer_is_one);
}

int main(void)
{
    memory_keep_record_buffers();
    return suite_run("memory", add, NULL, NULL);
}
