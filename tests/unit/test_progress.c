/* Who has much to do says that it gets on: which steps are told, and which are none. */
#include "base/progress.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "config/config.h"
#include "daemon/crew.h"
#include "net/socket.h"
#include "server/service.h"
#include "suite.h"

static _Atomic int64_t stamp;

static void setup(void)
{
    progress_to(&stamp);
    atomic_store(&stamp, 0);
}

static void teardown(void)
{
    progress_to(NULL);
}

/* Since it was asked last. */
static bool has_got_on(void)
{
    return atomic_exchange(&stamp, 0) != 0;
}

START_TEST(a_step_is_told_where_somebody_has_asked_for_it)
{
    progress_made();
    ck_assert(has_got_on());
    progress_to(&stamp); /* a step itself */
    ck_assert(has_got_on());
    ck_assert(!has_got_on());
    progress_to(NULL);
    progress_made();
    ck_assert(!has_got_on());
}
END_TEST

START_TEST(a_file_that_could_be_opened_is_a_step)
{
    char why[FILE_WHY_SIZE];
    int fd = file_open("/proc/self/status", why);

    ck_assert_msg(fd != -1, "%s", why);
    ck_assert(has_got_on());
    close(fd);
    ck_assert_int_eq(file_open("/no/such/file", why), -1);
    ck_assert(!has_got_on());
}
END_TEST

START_TEST(so_is_each_listener_and_each_socket)
{
    static const char text[] =
        "{\"listeners\":[{\"address\":\"127.0.0.1\",\"port\":0,\"transport\":\"tcp\"}]}";
    struct secho_config *config = NULL;
    struct service service = {0};

    ck_assert_int_eq(secho_config_parse(text, strlen(text), "secho.json", NULL, NULL, &config), 0);
    ck_assert_int_eq(service_load(&service, config, 1, NULL, NULL), 0);
    ck_assert(has_got_on());
    ck_assert_int_eq(service_bind(&service, NULL), 0);
    ck_assert(has_got_on());
    ck_assert_int_eq(service_bind(&service, NULL), 0); /* there is one already */
    ck_assert(!has_got_on());
    service_done(&service);
    secho_config_free(config);
}
END_TEST

/* ---- workers ---- */

static struct crew crew;

/* The end of a new worker. */
static int give_birth(size_t index)
{
    int ends[2];

    ck_assert_int_eq(message_channel(ends), 0);
    crew_born(&crew, index, 1000 + (pid_t)index, ends[0]);
    return ends[1];
}

static void become_ready(int line)
{
    const struct message ready = {.type = MESSAGE_READY};

    ck_assert_int_eq(message_send(line, &ready, -1), 0);
    crew_hear(&crew, 0);
    ck_assert(crew.children[0].ready);
}

START_TEST(the_first_worker_in_a_place_is_a_step_and_when_it_is_ready_another_one)
{
    crew_init(&crew, 1, 1);
    int line = give_birth(0);

    ck_assert(has_got_on());
    crew_hear(&crew, 0); /* nothing */
    ck_assert(!has_got_on());
    become_ready(line);
    ck_assert(has_got_on());
    crew_buried(&crew, 0);
    close(line);
}
END_TEST

START_TEST(those_that_die_again_and_again_bring_nobody_further)
{
    crew_init(&crew, 1, 1);
    for (int i = 0; i < 5; i++) {
        int line = give_birth(0);

        become_ready(line);
        ck_assert_int_eq(has_got_on(), i == 0);
        crew_buried(&crew, 0);
        close(line);
    }
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, a_step_is_told_where_somebody_has_asked_for_it);
    tcase_add_test(tests, a_file_that_could_be_opened_is_a_step);
    tcase_add_test(tests, so_is_each_listener_and_each_socket);
    tcase_add_test(tests, the_first_worker_in_a_place_is_a_step_and_when_it_is_ready_another_one);
    tcase_add_test(tests, those_that_die_again_and_again_bring_nobody_further);
}

int main(void)
{
    return suite_run("progress", add, setup, teardown);
}
