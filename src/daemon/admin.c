/* admin.c - in order of time: map, hear the settings, drop what is not needed, serve, end. */
#include "daemon/admin.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sysexits.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "daemon/admin_http.h"
#include "daemon/admin_library.h"
#include "daemon/sandbox.h"
#include "daemon/signals.h"
#include "net/socket.h"

struct admin {
    struct admin_settings settings;
    struct counters_shared *counters;
    struct log log;
    struct http http;
    struct history history;
    bool over;
};

bool admin_is_meant(char **argv)
{
    return strcmp(argv[0], ADMIN_TITLE) == 0;
}

static void send_line(void *ignored, const char *line, size_t len)
{
    (void)ignored;
    (void)send(ADMIN_LOG, line, len, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* ---- what the supervisor says ---- */

static void obey(struct admin *admin, const struct message *message)
{
    if (message->type == MESSAGE_ADMIN) {
        admin->settings = message->admin;
        admin->log.format = message->format;
    } else if (message->type == MESSAGE_PING || message->type == MESSAGE_RELOADED) {
        http_done(&admin->http, message);
    }
}

/* All that has come: a reload is told before its supervisor lets us go. */
static void hear(struct admin *admin)
{
    struct message message;
    enum heard heard;
    int fd = -1;

    while ((heard = message_receive(ADMIN_CONTROL, &message, &fd)) == HEARD) {
        socket_close(fd);
        obey(admin, &message);
    }
    admin->over = heard == HEARD_END;
}

/* ---- birth ---- */

static int fail(const struct admin *admin, const char *what)
{
    log_event(&admin->log, SECHO_LEVEL_ERROR, "admin_failed", log_text("why", what));
    return -1;
}

/* The first thing that comes; without it nobody may be let in. */
static int hear_settings(struct admin *admin)
{
    struct pollfd control = {.fd = ADMIN_CONTROL, .events = POLLIN};

    while (!admin->settings.is_there && !admin->over) {
        (void)poll(&control, 1, -1);
        hear(admin);
    }
    return admin->over ? -1 : 0;
}

/* sandbox_begin_fn: what the library opens is all that there will be. */
static int begin(void *context, struct secho_error *err)
{
    struct admin *admin = context;

    if (http_begin(&admin->http, ADMIN_LISTENER) != 0) {
        return error_set(err, SECHO_ERR_SYSTEM,
                         "libmicrohttpd cannot be started: no memory, or no descriptors");
    }
    return 0;
}

static int enter_sandbox(struct admin *admin)
{
    const char *why = NULL;
    const struct sandbox sandbox = {
        .role = SANDBOX_ADMIN,
        .privilege = &admin->settings.privilege,
        .log = &admin->log,
        .log_writer = ADMIN_LOG,
        .denied = &admin->counters->syscalls_denied,
        .begin = begin,
        .context = admin,
    };
    struct secho_error err = {0};

    if (admin_library_load(&why) != 0) { /* now: inside there are no paths any more */
        return fail(admin, why);
    }
    return sandbox_enter(&sandbox, &err) == 0 ? 0 : fail(admin, err.text);
}

static int prepare(struct admin *admin)
{
    struct counters_shared *counters = counters_map(ADMIN_COUNTERS);
    const struct board *board = board_watch(ADMIN_BOARD);

    admin->log = (struct log){.level = SECHO_LEVEL_INFO, .sink = send_line};
    if (counters == NULL || board == NULL) {
        return fail(admin, strerror(errno));
    }
    admin->counters = counters;
    history_init(&admin->history, tally_tops_us, TALLY_TIMES);
    admin->log.shared = &counters->log_level;
    admin->http = (struct http){.control = ADMIN_CONTROL,
                                .view = {&admin->settings, board, counters, &admin->history}};
    socket_close(ADMIN_COUNTERS);
    socket_close(ADMIN_BOARD);
    return hear_settings(admin) == 0 ? enter_sandbox(admin) : -1;
}

/* ---- life ---- */

/* Of clients, and of the history. */
static int wait_ms(struct admin *admin)
{
    int clients_ms = http_wait_ms(&admin->http);
    int sample_ms = history_wait_ms(&admin->history, clock_now_ms());

    return clients_ms >= 0 && clients_ms < sample_ms ? clients_ms : sample_ms;
}

static void take_sample(struct admin *admin)
{
    int64_t now_ms = clock_now_ms();
    struct history_totals totals;

    if (history_wait_ms(&admin->history, now_ms) == 0) {
        history_read(admin->http.view.counters, &totals);
        history_take(&admin->history, now_ms, &totals);
    }
}

/* A sample is due each five seconds: we turn so often at least. */
static void say_that_we_turn(struct admin *admin)
{
    atomic_store(&admin->counters->admin_turned_ms, clock_now_ms());
}

static void serve(struct admin *admin)
{
    enum { SUPERVISOR, CLIENTS, COUNT };
    struct pollfd at[COUNT] = {
        [SUPERVISOR] = {.fd = ADMIN_CONTROL, .events = POLLIN},
        [CLIENTS] = {.fd = http_descriptor(&admin->http), .events = POLLIN},
    };

    while (!admin->over) {
        (void)poll(at, COUNT, wait_ms(admin));
        say_that_we_turn(admin);
        take_sample(admin);
        hear(admin);
        http_run(&admin->http);
    }
    http_end(&admin->http);
}

/* The terminal's Ctrl-C reaches every process: what to do about it is the supervisor's to say. */
static void ignore_signals(void)
{
    static const int ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};
    sigset_t none;

    signals_ignore(ignored, sizeof ignored / sizeof ignored[0]);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL); /* the supervisor had blocked some */
}

int admin_main(void)
{
    struct admin *admin = calloc(1, sizeof *admin);
    int status = EX_OSERR;

    (void)prctl(PR_SET_NAME, "secho-admin");
    ignore_signals();
    if (admin != NULL && prepare(admin) == 0) {
        serve(admin);
        status = EX_OK;
    }
    free(admin);
    return status;
}
