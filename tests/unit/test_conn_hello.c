/* What a connection keeps of its hello: only while it shakes hands, or when nothing came of it. */
#include <stdio.h>
#include <string.h>

#include "pair.h"
#include "server/closed.h"
#include "suite.h"

static struct pair pair;

static void setup(void)
{
    pair_open(&pair, &(struct pair_settings){0});
}

static void teardown(void)
{
    pair_close(&pair);
}

/* Another client, which offers these groups. */
static void connect_with(const char *groups)
{
    pair_disconnect(&pair);
    ck_assert_int_eq(SSL_CTX_set1_groups_list(pair.client_context, groups), 1);
    pair_connect(&pair, NULL);
}

/* ---- the line of its end ---- */

static char sni[64], offered[2048], accepted[2048], end[64];
static int lines;

static void put(char *to, size_t size, const char *text)
{
    (void)snprintf(to, size, "%s", text);
}

static void remember(void *context, enum secho_level level, const char *name,
                     const struct secho_field *fields)
{
    (void)context, (void)level;
    lines += strcmp(name, "closed") == 0;
    for (; fields->key != NULL; fields++) {
        if (strcmp(fields->key, "sni") == 0) {
            put(sni, sizeof sni, fields->text);
        } else if (strcmp(fields->key, "offered") == 0) {
            put(offered, sizeof offered, fields->text);
        } else if (strcmp(fields->key, "accepted") == 0) {
            put(accepted, sizeof accepted, fields->text);
        } else if (strcmp(fields->key, "end") == 0) {
            put(end, sizeof end, fields->text);
        }
    }
}

static void tell(void)
{
    const struct log log = {.level = SECHO_LEVEL_DEBUG, .listener = remember};

    static struct ends ends;

    lines = 0;
    closed_tell(&pair.conn, &log, NULL, &ends);
    ck_assert_int_eq(lines, 1);
}

/* ---- done ---- */

START_TEST(nothing_is_kept_once_hands_are_shaken)
{
    pair_shake_hands(&pair);
    ck_assert_ptr_null(pair.conn.ending.tls.hello);
    pair_half_close(&pair);
    pair_settle(&pair);
    tell();
    ck_assert_str_eq(offered, "");
    ck_assert_str_eq(accepted, "");
}
END_TEST

START_TEST(nor_after_a_second_hello)
{
    connect_with("P-521:X25519"); /* a key of P-521 comes, which the listener does not take */
    pair_shake_hands(&pair);
    ck_assert_ptr_null(pair.conn.ending.tls.hello);
}
END_TEST

/* ---- not done ---- */

START_TEST(it_is_kept_while_the_handshake_lasts)
{
    (void)stream_handshake(pair.client, NULL);
    pair_push(&pair, 100);
    (void)pair_serve(&pair);
    ck_assert_ptr_null(pair.conn.ending.tls.hello); /* not all of it is here */
    pair_push(&pair, SIZE_MAX);
    (void)pair_serve(&pair);
    ck_assert_ptr_nonnull(pair.conn.ending.tls.hello);
}
END_TEST

START_TEST(a_handshake_that_fails_is_told_with_both_lists)
{
    connect_with("P-521");
    SSL_set_tlsext_host_name(pair.client, "a.secho.test");
    (void)stream_handshake(pair.client, NULL);
    pair_settle(&pair);
    tell();
    ck_assert_str_eq(end, "no_common_group");
    ck_assert_str_eq(sni, "a.secho.test");
    ck_assert_ptr_nonnull(strstr(offered, "; groups P-521; "));
    ck_assert_ptr_nonnull(strstr(accepted, " P-256 P-384; "));
}
END_TEST

START_TEST(a_client_that_goes_away_is_told_with_them_too)
{
    (void)stream_handshake(pair.client, NULL);
    pair_push(&pair, SIZE_MAX);
    (void)pair_serve(&pair);
    pair_hang_up(&pair);
    (void)pair_serve(&pair);
    tell();
    ck_assert_ptr_nonnull(strstr(offered, "versions "));
    ck_assert_ptr_nonnull(strstr(accepted, "versions TLSv1.3 TLSv1.2; "));
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, nothing_is_kept_once_hands_are_shaken);
    tcase_add_test(tests, nor_after_a_second_hello);
    tcase_add_test(tests, it_is_kept_while_the_handshake_lasts);
    tcase_add_test(tests, a_handshake_that_fails_is_told_with_both_lists);
    tcase_add_test(tests, a_client_that_goes_away_is_told_with_them_too);
}

int main(void)
{
    return suite_run("conn_hello", add, setup, teardown);
}
