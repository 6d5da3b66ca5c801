/* Private keys from files, and what a person reads when one cannot be had. */
#include "tls/key.h"

#include <errno.h>
#include <openssl/err.h>
#include <string.h>

#include "credentials.h"
#include "suite.h"

static struct credentials credentials;
static EVP_PKEY *key; /* what was loaded, or NULL */
static struct secho_error err;

static void setup(void)
{
    credentials_make(&credentials);
    key = NULL;
    err = (struct secho_error){0};
}

static void teardown(void)
{
    EVP_PKEY_free(key);
    credentials_remove(&credentials);
}

/* Nothing is loaded; the message starts with the path and says `words`. */
static void assert_refused(const char *path, enum secho_error_kind kind, const char *words)
{
    ck_assert_int_eq(key_load(path, &key, &err), -1);
    ck_assert_ptr_null(key);
    ck_assert_int_eq(err.kind, kind);
    ck_assert_msg(strncmp(err.text, path, strlen(path)) == 0, "%s", err.text);
    ck_assert_msg(strstr(err.text, words) != NULL, "%s", err.text);
    ck_assert_uint_eq(ERR_peek_error(), 0); /* nothing is left for somebody else to trip over */
}

static const char *const types[] = {"EC", "ED25519"};

START_TEST(a_key_is_loaded)
{
    const char *path = credentials_path(&credentials, "other.key");
    EVP_PKEY *written = credentials_new_key(types[_i]);

    credentials_write_key(path, written, NULL);
    ck_assert_msg(key_load(path, &key, &err) == 0, "%s", err.text);
    ck_assert_int_eq(EVP_PKEY_eq(key, written), 1);
    EVP_PKEY_free(written);
}
END_TEST

START_TEST(a_file_that_is_not_there_is_an_error_of_the_file)
{
    assert_refused(credentials_path(&credentials, "none.key"), SECHO_ERR_FILE,
                   "cannot be read: No such file or directory");
    ck_assert_int_eq(err.os_errno, ENOENT);
}
END_TEST

START_TEST(an_encrypted_key_is_refused_with_advice_and_never_asked_for)
{
    const char *path = credentials_path(&credentials, "secret.key");
    EVP_PKEY *written = credentials_new_key("EC");

    credentials_write_key(path, written, "passphrase");
    EVP_PKEY_free(written);
    assert_refused(path, SECHO_ERR_CONFIG, "the key is encrypted; store it without a passphrase");
    ck_assert_ptr_nonnull(strstr(err.text, "openssl pkey -in"));
}
END_TEST

static const char *const no_keys[] = {
    "",
    "hello\n",
    "-----BEGIN PRIVATE KEY-----\nnot base64!\n-----END PRIVATE KEY-----\n",
    "-----BEGIN PRIVATE KEY-----\n",
    "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
};

START_TEST(a_file_without_a_key_is_refused)
{
    const char *path = credentials_path(&credentials, "no.key");

    credentials_write_text(path, no_keys[_i]);
    assert_refused(path, SECHO_ERR_CONFIG, "no private key in PEM form is in this file");
}
END_TEST

/* RFC 9881 6: the seed alone, and it is 00 01 02 ... 1f. */
static const char ml_dsa_65[] = "-----BEGIN PRIVATE KEY-----\n"
                                "MDQCAQAwCwYJYIZIAWUDBAMSBCKAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZ\n"
                                "GhscHR4f\n"
                                "-----END PRIVATE KEY-----\n";

START_TEST(a_key_that_only_a_newer_openssl_knows_is_told_as_such)
{
    const char *path = credentials_path(&credentials, "new.key");

    credentials_write_text(path, ml_dsa_65);
    if (OpenSSL_version_num() >= 0x30500000L) {
        ck_assert_msg(key_load(path, &key, &err) == 0, "%s", err.text);
        ck_assert_str_eq(EVP_PKEY_get0_type_name(key), "ML-DSA-65");
        return;
    }
    assert_refused(path, SECHO_ERR_CONFIG, "OpenSSL 3");
    assert_refused(path, SECHO_ERR_CONFIG, " does not know keys of ML-DSA-65; OpenSSL 3.5 does");
}
END_TEST

START_TEST(a_key_of_a_kind_that_nobody_knows_is_told_by_its_number)
{
    const char *path = credentials_path(&credentials, "odd.key");

    credentials_write_text(path,
                           "-----BEGIN PRIVATE KEY-----\n"
                           "MDQCAQAwCwYJYIZIAWUDBAN/BCKAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZ\n"
                           "GhscHR4f\n"
                           "-----END PRIVATE KEY-----\n");
    assert_refused(path, SECHO_ERR_CONFIG, "keys of the kind 2.16.840.1.101.3.4.3.127");
}
END_TEST

START_TEST(a_certificate_is_no_key)
{
    assert_refused(credentials.chain, SECHO_ERR_CONFIG, "no private key in PEM form");
}
END_TEST

START_TEST(a_folder_is_no_key)
{
    assert_refused(credentials.folder, SECHO_ERR_FILE, "is a folder; give the path of a file");
    ck_assert_int_eq(err.os_errno, EISDIR);
}
END_TEST

START_TEST(nobody_needs_to_want_the_words)
{
    ck_assert_int_eq(key_load(credentials_path(&credentials, "none.key"), &key, NULL), -1);
    ck_assert_int_eq(key_load(credentials.chain, &key, NULL), -1);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, a_key_is_loaded, 0, COUNT(types));
    tcase_add_test(tests, a_file_that_is_not_there_is_an_error_of_the_file);
    tcase_add_test(tests, an_encrypted_key_is_refused_with_advice_and_never_asked_for);
    tcase_add_loop_test(tests, a_file_without_a_key_is_refused, 0, COUNT(no_keys));
    tcase_add_test(tests, a_key_that_only_a_newer_openssl_knows_is_told_as_such);
    tcase_add_test(tests, a_key_of_a_kind_that_nobody_knows_is_told_by_its_number);
    tcase_add_test(tests, a_certificate_is_no_key);
    tcase_add_test(tests, a_folder_is_no_key);
    tcase_add_test(tests, nobody_needs_to_want_the_words);
}

int main(void)
{
    return suite_run("key", add, setup, teardown);
}
