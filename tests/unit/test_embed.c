/* An echo server in a program of somebody's own: <secho/server.h>, over a real socket. */
#include <errno.h>
#include <fcntl.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <secho/server.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "credentials.h"
#include "loopback.h"
#include "suite.h"

static struct credentials credentials;
static struct secho_config *config;
static struct secho_server *server;
static SSL_CTX *client_context;

/* ---- events: they come from the server's threads ---- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char ends[1024]; /* end= of each `closed`, with a blank behind it */
static bool called_wrongly;

static void on_event(void *context, enum secho_level level, const char *name,
                     const struct secho_field *fields)
{
    (void)level;
    pthread_mutex_lock(&lock);
    called_wrongly = called_wrongly || context != &server;
    for (const struct secho_field *field = fields; field->key != NULL; field++) {
        if (strcmp(name, "closed") == 0 && strcmp(field->key, "end") == 0) {
            size_t used = strlen(ends);

            snprintf(ends + used, sizeof ends - used, "%s ", field->text);
        }
    }
    pthread_mutex_unlock(&lock);
}

/* ---- the server ---- */

static void setup(void)
{
    credentials_make(&credentials);
    client_context = SSL_CTX_new(TLS_client_method());
    config = NULL;
    server = NULL;
    ends[0] = '\0';
    called_wrongly = false;
}

static void teardown(void)
{
    secho_server_stop(server);
    secho_config_free(config);
    SSL_CTX_free(client_context);
    credentials_remove(&credentials);
    ck_assert(!called_wrongly);
}

static void configure(const char *key, unsigned port)
{
    char text[1024];
    int len = snprintf(
        text, sizeof text,
        "{\"workers\":{\"threads\":2},\"timeouts\":{\"goodbye\":\"100ms\"},"
        "\"listeners\":[{\"name\":\"main\",\"address\":\"127.0.0.1\",\"port\":%u,"
        "\"tls\":{\"certificates\":[{\"chain\":\"%s\",\"key\":\"%s\"}]}},"
        "{\"name\":\"plain\",\"address\":\"127.0.0.1\",\"port\":0,\"transport\":\"tcp\"}]}",
        port, credentials.chain, key);

    ck_assert_int_eq(secho_config_parse(text, (size_t)len, "embedded", NULL, NULL, &config), 0);
}

static void start(void)
{
    struct secho_error err = {0};

    configure(credentials.key, 0);
    ck_assert_msg(secho_server_start(config, on_event, &server, &server, &err) == 0, "%s",
                  err.text);
}

/* ---- a client that waits; without SO_RCVTIMEO, with which io_uring lets reads end in EINTR ----
 */

static int dial(const char *listener)
{
    struct address address;
    int port = secho_server_port(server, listener);

    ck_assert_int_gt(port, 0);
    ck_assert_int_eq(address_parse("127.0.0.1", (unsigned)port, &address), 0);
    int fd = loopback_connect(&address);

    ck_assert_int_ge(fd, 0);
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
    return fd;
}

static SSL *dial_tls(void)
{
    SSL *tls = SSL_new(client_context);

    SSL_set_fd(tls, dial("main"));
    ck_assert_int_eq(SSL_connect(tls), 1);
    return tls;
}

static void hang_up(SSL *tls)
{
    close(SSL_get_fd(tls));
    SSL_free(tls);
}

static void assert_echo(SSL *tls, const char *text)
{
    char back[64] = "";
    int len = (int)strlen(text);

    ck_assert_int_eq(SSL_write(tls, text, len), len);
    ck_assert_int_eq(SSL_read(tls, back, sizeof back), len);
    ck_assert_str_eq(back, text);
}

/* ---- */

START_TEST(it_serves_as_soon_as_it_has_started)
{
    start();
    SSL *tls = dial_tls();

    assert_echo(tls, "embedded");
    SSL_shutdown(tls);
    char nothing;

    ck_assert_int_eq(SSL_read(tls, &nothing, 1), 0); /* its close_notify */
    ck_assert_int_ne(SSL_get_shutdown(tls) & SSL_RECEIVED_SHUTDOWN, 0);
    hang_up(tls);
    secho_server_stop(server);
    server = NULL;
    ck_assert_str_eq(ends, "ok ");
}
END_TEST

START_TEST(it_serves_many_at_once)
{
    SSL *many[20];

    start();
    for (int i = 0; i < COUNT(many); i++) {
        many[i] = dial_tls();
    }
    for (int i = 0; i < COUNT(many); i++) {
        char text[16];

        snprintf(text, sizeof text, "client %d", i);
        assert_echo(many[i], text);
    }
    for (int i = 0; i < COUNT(many); i++) {
        hang_up(many[i]);
    }
}
END_TEST

START_TEST(a_plain_listener_beside_it_echoes_too)
{
    char back[8] = "";

    start();
    int fd = dial("plain");

    ck_assert_int_eq(write(fd, "plain", 5), 5);
    ck_assert_int_eq(read(fd, back, sizeof back), 5);
    ck_assert_str_eq(back, "plain");
    close(fd);
}
END_TEST

START_TEST(each_listener_has_its_port_and_others_have_none)
{
    start();
    ck_assert_int_gt(secho_server_port(server, "main"), 0);
    ck_assert_int_gt(secho_server_port(server, "plain"), 0);
    ck_assert_int_ne(secho_server_port(server, "main"), secho_server_port(server, "plain"));
    ck_assert_int_eq(secho_server_port(server, "other"), -1);
}
END_TEST

START_TEST(the_stop_tells_idle_peers_and_loses_no_echo)
{
    char back[16] = "", nothing;

    start();
    SSL *idle = dial_tls();
    SSL *busy = dial_tls();

    assert_echo(idle, "before");
    assert_echo(busy, "before");
    ck_assert_int_eq(SSL_write(busy, "last words", 10), 10);
    struct address address;

    address_parse("127.0.0.1", (unsigned)secho_server_port(server, "main"), &address);
    secho_server_stop(server);
    server = NULL;
    ck_assert_int_eq(SSL_read(busy, back, sizeof back), 10);
    ck_assert_str_eq(back, "last words");
    ck_assert_int_eq(SSL_read(busy, &nothing, 1), 0);
    ck_assert_int_ne(SSL_get_shutdown(busy) & SSL_RECEIVED_SHUTDOWN, 0);
    ck_assert_int_eq(SSL_read(idle, &nothing, 1), 0);
    ck_assert_int_ne(SSL_get_shutdown(idle) & SSL_RECEIVED_SHUTDOWN, 0);
    ck_assert_str_eq(ends, "drain drain ");
    ck_assert_int_eq(loopback_connect(&address), -1); /* nobody accepts any more */
    ck_assert_int_eq(errno, ECONNREFUSED);
    hang_up(idle);
    hang_up(busy);
}
END_TEST

START_TEST(it_may_be_started_and_stopped_again)
{
    start();
    secho_server_stop(server);
    server = NULL;
    secho_config_free(config);
    start();
    SSL *tls = dial_tls();

    assert_echo(tls, "again");
    hang_up(tls);
}
END_TEST

START_TEST(two_may_run_beside_each_other)
{
    struct secho_server *other = NULL;

    start();
    ck_assert_int_eq(secho_server_start(config, NULL, NULL, &other, NULL), 0);
    ck_assert_int_ne(secho_server_port(server, "main"), secho_server_port(other, "main"));
    secho_server_stop(other);
    SSL *tls = dial_tls();

    assert_echo(tls, "still here");
    hang_up(tls);
}
END_TEST

START_TEST(the_configuration_may_be_freed_while_it_runs)
{
    start();
    secho_config_free(config);
    config = NULL;
    SSL *tls = dial_tls();

    assert_echo(tls, "on its own");
    hang_up(tls);
}
END_TEST

START_TEST(a_certificate_that_is_missing_is_an_error_and_nothing_is_left)
{
    struct secho_error err = {0};

    configure("/no/such.key", 0);
    ck_assert_int_eq(secho_server_start(config, on_event, &server, &server, &err), -1);
    ck_assert_ptr_null(server);
    ck_assert_int_eq(err.kind, SECHO_ERR_CONFIG);
    ck_assert_msg(strstr(err.text, "/listeners/0/tls/certificates/0/key: /no/such.key") != NULL,
                  "%s", err.text);
}
END_TEST

START_TEST(a_port_in_use_is_an_error_and_nothing_is_left)
{
    struct secho_error err = {0};
    struct address taken;
    int fd = loopback_listen(&taken);

    configure(credentials.key, address_port(&taken));
    ck_assert_int_eq(secho_server_start(config, on_event, &server, &server, &err), -1);
    ck_assert_ptr_null(server);
    ck_assert_int_eq(err.kind, SECHO_ERR_SYSTEM);
    ck_assert_int_eq(err.os_errno, EADDRINUSE);
    close(fd);
}
END_TEST

START_TEST(stopping_nothing_is_fine)
{
    secho_server_stop(NULL);
}
END_TEST

/* "never touches signals": SIGPIPE stays what the program has made of it. */
START_TEST(signals_stay_as_they_were)
{
    struct sigaction before, after;
    sigset_t mask_before, mask_after;

    sigaction(SIGPIPE, NULL, &before);
    pthread_sigmask(SIG_SETMASK, NULL, &mask_before);
    start();
    sigaction(SIGPIPE, NULL, &after);
    pthread_sigmask(SIG_SETMASK, NULL, &mask_after);
    ck_assert(before.sa_handler == after.sa_handler);
    for (int signal = 1; signal < SIGRTMAX; signal++) {
        ck_assert_int_eq(sigismember(&mask_before, signal), sigismember(&mask_after, signal));
    }
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, it_serves_as_soon_as_it_has_started);
    tcase_add_test(tests, it_serves_many_at_once);
    tcase_add_test(tests, a_plain_listener_beside_it_echoes_too);
    tcase_add_test(tests, each_listener_has_its_port_and_others_have_none);
    tcase_add_test(tests, the_stop_tells_idle_peers_and_loses_no_echo);
    tcase_add_test(tests, it_may_be_started_and_stopped_again);
    tcase_add_test(tests, two_may_run_beside_each_other);
    tcase_add_test(tests, the_configuration_may_be_freed_while_it_runs);
    tcase_add_test(tests, a_certificate_that_is_missing_is_an_error_and_nothing_is_left);
    tcase_add_test(tests, a_port_in_use_is_an_error_and_nothing_is_left);
    tcase_add_test(tests, stopping_nothing_is_fine);
    tcase_add_test(tests, signals_stay_as_they_were);
}

int main(void)
{
    return suite_run("embed", add, setup, teardown);
}
