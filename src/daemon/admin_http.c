#include "daemon/admin_http.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "daemon/admin_library.h"
#include "daemon/admin_read.h"
#include "daemon/message.h"
#include "net/socket.h"

#define REQUEST_MS    10000       /* for a request to come whole, and for its answer to be taken */
#define IDLE_MS       60000       /* between two requests: metrics are asked for every 15 s or so */
#define SUPERVISOR_MS 5000        /* for the supervisor to say that it lives */
#define LOOK_MS       250         /* between two looks at those deadlines */
#define MEMORY        (32 * 1024) /* bytes of a connection: heads are shorter than that */
#define END_MS        500         /* for the last answers */

/* A request, from its first line to its answer. */
struct http_exchange {
    struct http_exchange *next; /* who waits for the supervisor */
    struct http *http;
    struct MHD_Connection *connection;
    struct seat *seat;
    struct admin_request request;
    const struct admin_route *route;
    char body[ADMIN_BODY_MAX + 1];
    bool is_too_long, is_asked, is_over, done;
    uint32_t ticket;
    int64_t until_ms; /* INT64_MAX: for as long as it takes */
};

/* MHD_NotifyConnectionCallback: somebody comes or goes. */
static void on_connection(void *cls, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode what)
{
    struct http *http = cls;
    const union MHD_ConnectionInfo *info =
        mhd.get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        seats_leave(*context);
    } else if (info != NULL) {
        *context = seats_take(&http->seats, info->connect_fd, REQUEST_MS);
    }
}

/* ---- a request comes ---- */

static struct http_exchange *new_exchange(struct http *http, struct MHD_Connection *connection,
                                          const char *url, const char *method)
{
    struct http_exchange *exchange = calloc(1, sizeof *exchange);
    const union MHD_ConnectionInfo *info =
        mhd.get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    if (exchange == NULL) {
        return NULL;
    }
    exchange->http = http;
    exchange->connection = connection;
    exchange->seat = info != NULL ? info->socket_context : NULL;
    admin_read(connection, url, method, &exchange->request);
    exchange->request.body = exchange->body;
    return exchange;
}

static void take_body(struct http_exchange *exchange, const char *data, size_t len)
{
    size_t left = ADMIN_BODY_MAX - exchange->request.body_len;

    exchange->is_too_long = exchange->is_too_long || len > left;
    len = len < left ? len : left;
    memcpy(exchange->body + exchange->request.body_len, data, len);
    exchange->request.body_len += len;
}

/* ---- an answer goes ---- */

static void add_headers(struct MHD_Response *response, const struct admin_answer *answer)
{
    static const char *const strict = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'";
    const struct {
        const char *name, *value;
    } headers[] = {
        {"Content-Type", answer->type},
        {"Cache-Control", "no-store"},
        {"X-Content-Type-Options", "nosniff"},
        {"Referrer-Policy", "no-referrer"},
        {"Content-Security-Policy", answer->policy != NULL ? answer->policy : strict},
        {"Allow", answer->allow},
        /* For programs, and for browsers, which ask their user. */
        {"WWW-Authenticate", answer->asks_for_token ? "Bearer realm=\"secho\"" : NULL},
        {"WWW-Authenticate",
         answer->asks_for_token ? "Basic realm=\"secho: any user, the token as password\"" : NULL},
    };

    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        if (headers[i].value != NULL) {
            (void)mhd.add_response_header(response, headers[i].name, headers[i].value);
        }
    }
}

/* Takes over the body of the answer. */
static enum MHD_Result send_answer(struct MHD_Connection *connection,
                                   const struct admin_answer *answer)
{
    struct MHD_Response *response =
        answer->body != NULL
            ? mhd.create_response_from_buffer(answer->len, answer->body, MHD_RESPMEM_MUST_FREE)
            : NULL;

    if (response == NULL) { /* no memory: the connection ends */
        free(answer->body);
        return MHD_NO;
    }
    add_headers(response, answer);
    enum MHD_Result queued = mhd.queue_response(connection, answer->status, response);

    mhd.destroy_response(response);
    return queued;
}

static enum MHD_Result reply(struct http_exchange *exchange)
{
    struct admin_answer answer = {0};

    exchange->route->answer(&exchange->http->view, &exchange->request, exchange->done, &answer);
    return send_answer(exchange->connection, &answer);
}

/* ---- what only the supervisor can do ---- */

static void wait_for_supervisor(struct http_exchange *exchange, const struct message *what)
{
    struct http *http = exchange->http;
    struct message message = *what;

    exchange->is_asked = true;
    exchange->ticket = ++http->ticket;
    message.ticket = exchange->ticket;
    if (message_offer(http->control, &message, -1) != 0) {
        exchange->is_over = true; /* it does not read what we say */
        return;
    }
    exchange->until_ms = what->type == MESSAGE_RELOAD ? INT64_MAX : clock_now_ms() + SUPERVISOR_MS;
    exchange->next = http->waiting;
    http->waiting = exchange;
    seats_owe(exchange->seat);
    mhd.suspend_connection(exchange->connection);
}

/* The level is in force when the supervisor answers what was said after it. */
static bool send_level(struct http_exchange *exchange, struct admin_answer *answer)
{
    struct message message = {.type = MESSAGE_LEVEL};
    int level = admin_level(&exchange->request, answer);

    if (level == -1) {
        return false;
    }
    message.level = (enum secho_level)level;
    (void)message_offer(exchange->http->control, &message, -1);
    return true;
}

/* A reload takes as long as it takes: those who wait for one must leave seats to others. */
static bool is_crowded(const struct http *http)
{
    size_t reloads = 0;

    for (const struct http_exchange *at = http->waiting; at != NULL; at = at->next) {
        reloads += at->route->task == ADMIN_RELOAD;
    }
    return reloads >= ADMIN_RELOADS_MAX;
}

static enum MHD_Result begin(struct http_exchange *exchange)
{
    const struct message reload = {.type = MESSAGE_RELOAD}, ping = {.type = MESSAGE_PING};
    struct admin_answer answer = {0};
    enum admin_task task = exchange->route->task;

    if (exchange->is_too_long) {
        admin_refuse_body(&answer);
        return send_answer(exchange->connection, &answer);
    }
    if (task == ADMIN_RELOAD && is_crowded(exchange->http)) {
        admin_refuse_reload(&answer);
        return send_answer(exchange->connection, &answer);
    }
    if (task == ADMIN_LEVEL && !send_level(exchange, &answer)) {
        return send_answer(exchange->connection, &answer);
    }
    if (task != ADMIN_NOTHING) {
        wait_for_supervisor(exchange, task == ADMIN_RELOAD ? &reload : &ping);
    }
    return task == ADMIN_NOTHING || exchange->is_over ? reply(exchange) : MHD_YES;
}

static void resume(struct http_exchange *exchange, bool done)
{
    exchange->is_over = true;
    exchange->done = done;
    seats_sit(exchange->seat, REQUEST_MS);
    mhd.resume_connection(exchange->connection);
}

/* Ends the wait of all for whom `is_due` is true. */
typedef bool is_due_fn(const struct http_exchange *exchange, const struct message *what);

static void resume_those(struct http *http, is_due_fn *is_due, const struct message *what,
                         bool done)
{
    struct http_exchange **at = &http->waiting;

    while (*at != NULL) {
        struct http_exchange *exchange = *at;

        if (is_due(exchange, what)) {
            *at = exchange->next;
            resume(exchange, done);
        } else {
            at = &exchange->next;
        }
    }
}

static bool is_done(const struct http_exchange *exchange, const struct message *what)
{
    bool reloads = exchange->route->task == ADMIN_RELOAD;

    return reloads == (what->type == MESSAGE_RELOADED) && exchange->ticket <= what->ticket;
}

void http_done(struct http *http, const struct message *what)
{
    resume_those(http, is_done, what, true);
}

static bool is_late(const struct http_exchange *exchange, const struct message *ignored)
{
    (void)ignored;
    return clock_now_ms() >= exchange->until_ms;
}

static bool is_anybody(const struct http_exchange *exchange, const struct message *ignored)
{
    (void)exchange, (void)ignored;
    return true;
}

/* ---- what the library calls ---- */

/* MHD_AccessHandlerCallback: the head has come; a part of the body; all of it, or it goes on. */
/* NOLINTNEXTLINE(readability-function-size): it has more than five parameters */
static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *len, void **state)
{
    struct http_exchange *exchange = *state;

    (void)version;
    if (exchange == NULL) {
        struct admin_answer answer = {0};

        exchange = new_exchange(cls, connection, url, method);
        *state = exchange;
        if (exchange == NULL) {
            return MHD_NO;
        }
        exchange->route = admin_find(&exchange->http->view, &exchange->request,
                                     admin_read_length(connection), &answer);
        return exchange->route != NULL ? MHD_YES : send_answer(connection, &answer);
    }
    if (*len > 0) {
        take_body(exchange, data, *len);
        *len = 0;
        return MHD_YES;
    }
    return exchange->is_asked ? reply(exchange) : begin(exchange);
}

/* MHD_RequestCompletedCallback */
static void on_completed(void *cls, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode why)
{
    struct http_exchange *exchange = *state;

    (void)cls, (void)connection, (void)why;
    if (exchange != NULL) {
        seats_settle(exchange->seat, IDLE_MS);
    }
    free(exchange);
    *state = NULL;
}

/* ---- the loop's side ---- */

int http_begin(struct http *http, int listener)
{
    seats_init(&http->seats);
    http->daemon = mhd.start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request, http,
        MHD_OPTION_LISTEN_SOCKET, listener, MHD_OPTION_CONNECTION_LIMIT, (unsigned)SEATS,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY, MHD_OPTION_NOTIFY_CONNECTION,
        on_connection, http, MHD_OPTION_NOTIFY_COMPLETED, on_completed, http, MHD_OPTION_END);
    return http->daemon != NULL ? 0 : -1;
}

int http_descriptor(const struct http *http)
{
    const union MHD_DaemonInfo *info = mhd.get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD);

    return info != NULL ? info->epoll_fd : -1;
}

int http_wait_ms(struct http *http)
{
    MHD_UNSIGNED_LONG_LONG limit = 0;

    if (mhd.get_timeout(http->daemon, &limit) == MHD_YES && limit < LOOK_MS) {
        return (int)limit;
    }
    return seats_count(&http->seats) > 0 ? LOOK_MS : -1;
}

void http_run(struct http *http)
{
    resume_those(http, is_late, NULL, false);
    (void)mhd.run(http->daemon);
    seats_make_room(&http->seats);
}

void http_end(struct http *http)
{
    int64_t until_ms = clock_now_ms() + END_MS;

    resume_those(http, is_anybody, NULL, false);
    (void)mhd.quiesce_daemon(http->daemon);
    do {
        (void)mhd.run_wait(http->daemon, 10);
    } while (seats_count(&http->seats) > 0 && clock_now_ms() < until_ms);
    mhd.stop_daemon(http->daemon);
}
