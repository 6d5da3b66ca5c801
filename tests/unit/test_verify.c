/* Who may come in: what is read at the start, and the hash of the whole policy. */
#include "tls/verify.h"

#include <stdio.h>
#include <string.h>

#include "credentials.h"
#include "suite.h"

static struct credentials credentials; /* its certificate is the CA here */
static struct verify_settings settings;
static struct verify verify, other;
static enum verify_fault fault;
static struct secho_error err;
static char *entry[] = {(char *)"a.test"};

static void setup(void)
{
    credentials_make(&credentials);
    settings = (struct verify_settings){
        .mode = VERIFY_REQUIRE, .listener = "main", .ca = credentials.chain, .crl = ""};
    verify = other = (struct verify){0};
    err = (struct secho_error){0};
}

static void teardown(void)
{
    verify_done(&verify);
    verify_done(&other);
    credentials_remove(&credentials);
}

static void assert_refused(enum verify_fault wanted, const char *words)
{
    ck_assert_int_eq(verify_init(&verify, &settings, &fault, &err), -1);
    ck_assert_int_eq(fault, wanted);
    ck_assert_msg(strstr(err.text, words) != NULL, "%s", err.text);
}

/* ---- files ---- */

START_TEST(nothing_is_read_when_nobody_is_asked)
{
    settings.mode = VERIFY_NONE;
    settings.ca = "/no/such/ca.pem";
    ck_assert_int_eq(verify_init(&verify, &settings, &fault, &err), 0);
}
END_TEST

START_TEST(a_folder_stands_for_its_certificates)
{
    settings.ca = credentials.folder; /* key.pem in it is no certificate, and told */
    assert_refused(VERIFY_FAULT_CA, "key.pem: no certificate in PEM form");
    remove(credentials.key);
    verify_done(&verify);
    ck_assert_int_eq(verify_init(&verify, &settings, &fault, &err), 0);
}
END_TEST

START_TEST(a_ca_that_is_not_there_is_the_fault_of_ca)
{
    settings.ca = "/no/such/ca.pem";
    assert_refused(VERIFY_FAULT_CA, "/no/such/ca.pem: cannot be read");
}
END_TEST

START_TEST(a_list_that_is_none_is_the_fault_of_crl)
{
    settings.crl = credentials.chain;
    assert_refused(VERIFY_FAULT_CRL, "revocation list 1 in this file is missing or damaged");
}
END_TEST

/* ---- the hash ---- */

static bool has_another_policy(void)
{
    ck_assert_int_eq(verify_init(&other, &settings, &fault, &err), 0);
    return memcmp(verify.policy, other.policy, VERIFY_POLICY_BYTES) != 0;
}

START_TEST(the_same_settings_are_the_same_policy)
{
    ck_assert_int_eq(verify_init(&verify, &settings, &fault, &err), 0);
    ck_assert(!has_another_policy());
}
END_TEST

static void change_listener(void)
{
    settings.listener = "other";
}

static void change_mode(void)
{
    settings.mode = VERIFY_REQUEST;
}

static void change_list(void)
{
    settings.allow.lists[ALLOW_DNS] = (struct allow_list){entry, 1};
}

static void change_ca(void)
{
    EVP_PKEY *key = credentials_new_key("EC");
    X509 *certificate = credentials_new_certificate(key);

    credentials_write_certificate(credentials.chain, certificate, "a");
    X509_free(certificate);
    EVP_PKEY_free(key);
}

static void (*const changes[])(void) = {change_listener, change_mode, change_list, change_ca};

START_TEST(whatever_changes_it_is_another_one)
{
    ck_assert_int_eq(verify_init(&verify, &settings, &fault, &err), 0);
    changes[_i]();
    ck_assert(has_another_policy());
}
END_TEST

START_TEST(an_entry_of_another_list_is_another_policy)
{
    settings.allow.lists[ALLOW_CN] = (struct allow_list){entry, 1};
    ck_assert_int_eq(verify_init(&verify, &settings, &fault, &err), 0);
    settings.allow.lists[ALLOW_CN] = (struct allow_list){0};
    change_list();
    ck_assert(has_another_policy());
}
END_TEST

/* ---- what a context does with it ---- */

START_TEST(a_context_that_asks_has_tickets_that_say_what_was_verified)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());

    ck_assert_int_eq(verify_init(&verify, &settings, &fault, &err), 0);
    verify_use(context, &verify);
    ck_assert_int_eq(SSL_CTX_get_verify_mode(context),
                     SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT);
    ck_assert_uint_eq(SSL_CTX_get_options(context) & SSL_OP_NO_TICKET, 0);
    SSL_CTX_free(context);
}
END_TEST

START_TEST(a_context_that_asks_nobody_keeps_its_tickets)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());

    settings.mode = VERIFY_NONE;
    ck_assert_int_eq(verify_init(&verify, &settings, &fault, &err), 0);
    verify_use(context, &verify);
    ck_assert_int_eq(SSL_CTX_get_verify_mode(context), SSL_VERIFY_NONE);
    ck_assert_uint_eq(SSL_CTX_get_options(context) & SSL_OP_NO_TICKET, 0);
    SSL_CTX_free(context);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, nothing_is_read_when_nobody_is_asked);
    tcase_add_test(tests, a_folder_stands_for_its_certificates);
    tcase_add_test(tests, a_ca_that_is_not_there_is_the_fault_of_ca);
    tcase_add_test(tests, a_list_that_is_none_is_the_fault_of_crl);
    tcase_add_test(tests, the_same_settings_are_the_same_policy);
    tcase_add_loop_test(tests, whatever_changes_it_is_another_one, 0, COUNT(changes));
    tcase_add_test(tests, an_entry_of_another_list_is_another_policy);
    tcase_add_test(tests, a_context_that_asks_has_tickets_that_say_what_was_verified);
    tcase_add_test(tests, a_context_that_asks_nobody_keeps_its_tickets);
}

int main(void)
{
    return suite_run("verify", add, setup, teardown);
}
