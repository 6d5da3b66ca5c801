/* What is served: listeners with their certificates and sockets. */
#include "server/service.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "config/config.h"
#include "credentials.h"
#include "loopback.h"
#include "net/socket.h"
#include "suite.h"

static struct credentials credentials;
static struct secho_config *config;
static struct service service;
static char told[4096];

static void setup(void)
{
    credentials_make(&credentials);
    config = NULL;
    service = (struct service){0};
    told[0] = '\0';
}

static void teardown(void)
{
    service_done(&service);
    secho_config_free(config);
    credentials_remove(&credentials);
}

static void tell(void *context, const char *line)
{
    size_t used = strlen(told);

    ck_assert_ptr_eq(context, told);
    snprintf(told + used, sizeof told - used, "%s\n", line);
}

/* One listener "main" on 127.0.0.1 with these files, one plain. */
static void configure(const char *chain, const char *key, int port)
{
    char text[1024];
    int len = snprintf(text, sizeof text,
                       "{\"listeners\":[{\"name\":\"main\",\"address\":\"127.0.0.1\",\"port\":%d,"
                       "\"tls\":{\"certificates\":[{\"chain\":\"%s\",\"key\":\"%s\"}]}},"
                       "{\"name\":\"plain\",\"address\":\"127.0.0.1\",\"port\":0,"
                       "\"transport\":\"tcp\"}]}",
                       port, chain, key);

    ck_assert_int_eq(secho_config_parse(text, (size_t)len, "secho.json", tell, told, &config), 0);
}

static int load(size_t slots)
{
    return service_load(&service, config, slots, tell, told);
}

START_TEST(loading_makes_contexts_and_binds_nothing)
{
    configure(credentials.chain, credentials.key, 0);
    ck_assert_int_eq(load(3), 0);
    ck_assert_str_eq(told, "");
    ck_assert_uint_eq(service.listener_count, 2);
    ck_assert_uint_eq(service.slot_count, 3);
    ck_assert_ptr_nonnull(service.listeners[0].context);
    ck_assert_ptr_null(service.listeners[1].context); /* no TLS there */
    for (size_t k = 0; k < 3; k++) {
        ck_assert_int_eq(service.listeners[0].slots[k], -1);
    }
}
END_TEST

START_TEST(a_problem_names_file_and_pointer)
{
    configure("/no/such/chain.pem", credentials.key, 0);
    ck_assert_int_eq(load(1), -1);
    ck_assert_msg(strstr(told, "secho.json: /listeners/0/tls/certificates/0/chain: "
                               "/no/such/chain.pem: cannot be read: No such file") == told,
                  "%s", told);
}
END_TEST

START_TEST(all_problems_are_told)
{
    configure("/no/such/chain.pem", "/no/such/server.key", 0);
    ck_assert_int_eq(load(1), -1);
    ck_assert_ptr_nonnull(strstr(told, "/listeners/0/tls/certificates/0/chain: "));
    ck_assert_ptr_nonnull(strstr(told, "/listeners/0/tls/certificates/0/key: "));
}
END_TEST

START_TEST(nobody_needs_to_listen_to_problems)
{
    configure("/no/such/chain.pem", credentials.key, 0);
    ck_assert_int_eq(service_load(&service, config, 1, NULL, NULL), -1);
}
END_TEST

START_TEST(with_port_0_all_slots_get_the_same_real_port)
{
    struct secho_error err = {0};
    struct address bound;

    configure(credentials.chain, credentials.key, 0);
    ck_assert_int_eq(load(3), 0);
    ck_assert_msg(service_bind(&service, &err) == 0, "%s", err.text);
    for (size_t i = 0; i < 2; i++) {
        unsigned port = address_port(&service.listeners[i].address);

        ck_assert_uint_ne(port, 0);
        for (size_t k = 0; k < 3; k++) {
            ck_assert_int_eq(socket_address(service.listeners[i].slots[k], &bound), 0);
            ck_assert_uint_eq(address_port(&bound), port);
        }
    }
    ck_assert_uint_ne(address_port(&service.listeners[0].address),
                      address_port(&service.listeners[1].address));
}
END_TEST

START_TEST(a_port_in_use_is_an_error_with_advice)
{
    struct secho_error err = {0};
    struct address taken;
    int other = loopback_listen(&taken);

    configure(credentials.chain, credentials.key, (int)address_port(&taken));
    ck_assert_int_eq(load(2), 0);
    ck_assert_int_eq(service_bind(&service, &err), -1);
    ck_assert_int_eq(err.kind, SECHO_ERR_SYSTEM);
    ck_assert_int_eq(err.os_errno, EADDRINUSE);
    ck_assert_msg(strncmp(err.text, "listener main: listening on 127.0.0.1:", 38) == 0, "%s",
                  err.text);
    ck_assert_msg(strstr(err.text, "another program listens there: choose another port") != NULL,
                  "%s", err.text);
    socket_close(other);
}
END_TEST

START_TEST(a_slot_that_was_put_in_place_before_is_kept)
{
    struct address adopted;
    struct secho_error err = {0};
    int fd = loopback_listen(&adopted);

    configure(credentials.chain, credentials.key, (int)address_port(&adopted));
    ck_assert_int_eq(load(2), 0);
    service.listeners[0].slots[0] = fd;
    ck_assert_msg(service_bind(&service, &err) == 0, "%s", err.text);
    ck_assert_int_eq(service.listeners[0].slots[0], fd);
    ck_assert_int_ne(service.listeners[0].slots[1], -1);
    ck_assert_uint_eq(address_port(&service.listeners[0].address), address_port(&adopted));
}
END_TEST

/* Of a socket that listens: tcp_get_info() in net/ipv4/tcp.c. */
static unsigned queue_of(int fd)
{
    struct tcp_info info = {0};
    socklen_t len = sizeof info;

    ck_assert_int_eq(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len), 0);
    return info.tcpi_sacked;
}

START_TEST(queues_are_as_long_as_the_configuration_wants_but_for_lent_ones)
{
    struct address ours, theirs;

    configure(credentials.chain, credentials.key, 0);
    ck_assert_int_eq(load(1), 0);
    service.listeners[0].slots[0] = loopback_listen(&ours);
    service.listeners[1].slots[0] = loopback_listen(&theirs);
    service.listeners[1].lent = true;
    unsigned before = queue_of(service.listeners[1].slots[0]);

    config->limits.backlog = (int)before + 7;
    ck_assert_int_eq(service_bind(&service, NULL), 0);
    ck_assert_uint_eq(queue_of(service.listeners[0].slots[0]), before);
    service_size_queues(&service);
    ck_assert_uint_eq(queue_of(service.listeners[0].slots[0]), before + 7);
    ck_assert_uint_eq(queue_of(service.listeners[1].slots[0]), before);
}
END_TEST

START_TEST(an_adopted_slot_gives_its_port_to_the_others_where_0_was_asked_for)
{
    struct address adopted;
    struct secho_error err = {0};

    configure(credentials.chain, credentials.key, 0);
    ck_assert_int_eq(load(2), 0);
    service.listeners[0].slots[0] = loopback_listen(&adopted);
    ck_assert_msg(service_bind(&service, &err) == 0, "%s", err.text);
    struct address bound;

    ck_assert_int_eq(socket_address(service.listeners[0].slots[1], &bound), 0);
    ck_assert_uint_eq(address_port(&bound), address_port(&adopted));
}
END_TEST

START_TEST(a_slot_that_refuses_refuses_on_all_listeners_and_no_other_slot_does)
{
    configure(credentials.chain, credentials.key, 0);
    ck_assert_int_eq(load(2), 0);
    ck_assert_int_eq(service_bind(&service, NULL), 0);
    service_refuse(&service, 0);
    for (size_t i = 0; i < 2; i++) { /* every connection goes to the slot that is left */
        int fd = loopback_connect(&service.listeners[i].address);

        ck_assert_int_ge(fd, 0);
        ck_assert(loopback_wait(service.listeners[i].slots[1], POLLIN));
        socket_close(fd);
    }
    service_refuse(&service, 1);
    for (size_t i = 0; i < 2; i++) {
        ck_assert_int_eq(loopback_connect(&service.listeners[i].address), -1);
        ck_assert_int_eq(errno, ECONNREFUSED);
    }
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, loading_makes_contexts_and_binds_nothing);
    tcase_add_test(tests, a_problem_names_file_and_pointer);
    tcase_add_test(tests, all_problems_are_told);
    tcase_add_test(tests, nobody_needs_to_listen_to_problems);
    tcase_add_test(tests, with_port_0_all_slots_get_the_same_real_port);
    tcase_add_test(tests, a_port_in_use_is_an_error_with_advice);
    tcase_add_test(tests, a_slot_that_was_put_in_place_before_is_kept);
    tcase_add_test(tests, queues_are_as_long_as_the_configuration_wants_but_for_lent_ones);
    tcase_add_test(tests, an_adopted_slot_gives_its_port_to_the_others_where_0_was_asked_for);
    tcase_add_test(tests, a_slot_that_refuses_refuses_on_all_listeners_and_no_other_slot_does);
}

int main(void)
{
    return suite_run("service", add, setup, teardown);
}
