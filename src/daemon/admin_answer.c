#include "daemon/admin_answer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log_level.h"
#include "daemon/admin_status.h"
#include "daemon/metrics.h"
#include "daemon/page.h"

#define TEXT "text/plain; charset=utf-8"

/* ---- texts ---- */

static void say(struct admin_answer *answer, unsigned status, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

static void say(struct admin_answer *answer, unsigned status, const char *fmt, ...)
{
    va_list ap;
    FILE *out = open_memstream(&answer->body, &answer->len);

    answer->status = status;
    answer->type = TEXT;
    if (out != NULL) {
        va_start(ap, fmt);
        (void)vfprintf(out, fmt, ap);
        va_end(ap);
        (void)fclose(out);
    }
}

static void time_text(int64_t seconds, char text[static 32])
{
    time_t when = (time_t)seconds;
    struct tm utc;

    text[0] = '\0';
    if (gmtime_r(&when, &utc) != NULL) {
        (void)strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &utc);
    }
}

/* ---- /healthz ---- */

static void answer_health(const struct admin_view *view, const struct admin_request *request,
                          bool done, struct admin_answer *answer)
{
    (void)view, (void)request;
    say(answer, done ? 200 : 503, "%s\n", done ? "ok" : "the supervisor does not answer");
}

/* ---- /readyz ---- */

/* Health checks need no token; what is wrong with a configuration is for those who have it. */
static bool may_read(const struct admin_view *view, const struct admin_request *request)
{
    return admin_judge(view->settings, &request->claim) == ADMIN_WELCOME;
}

static void answer_ready_with(bool ready, const struct board_reload *reload,
                              struct admin_answer *answer)
{
    char when[32];

    time_text(reload->when_s, when);
    say(answer, ready ? 200 : 503, "%s\nthe reload at %s failed%s:\n%s",
        ready ? "ready" : "not ready: nobody serves", when,
        ready ? ", the configuration before it serves on" : "", reload->text);
}

static void answer_ready(const struct admin_view *view, const struct admin_request *request,
                         bool done, struct admin_answer *answer)
{
    struct board_reload *reload = malloc(sizeof *reload);
    struct board_server server;

    (void)done;
    (void)board_read_server(view->board, &server);
    if (server.draining) {
        say(answer, 503, "not ready: the server drains, it is about to end\n");
    } else if (reload != NULL && board_read_reload(view->board, reload) && reload->happened &&
               !reload->ok && may_read(view, request)) {
        answer_ready_with(server.ready, reload, answer);
    } else if (server.ready) {
        say(answer, 200, "ready\n");
    } else {
        say(answer, 503, "not ready: nobody serves; the log says why\n");
    }
    free(reload);
}

/* ---- /status ---- */

static void answer_status(const struct admin_view *view, const struct admin_request *request,
                          bool done, struct admin_answer *answer)
{
    (void)request, (void)done;
    answer->status = 200;
    answer->type = "application/json";
    answer->body = admin_status(view);
    answer->len = answer->body != NULL ? strlen(answer->body) : 0;
}

/* ---- /metrics ---- */

static void answer_metrics(const struct admin_view *view, const struct admin_request *request,
                           bool done, struct admin_answer *answer)
{
    enum metrics_format format = metrics_wanted(request->accept);

    (void)done;
    answer->status = 200;
    answer->type = metrics_type(format);
    answer->body = metrics_text(view->counters, view->board, format);
    answer->len = answer->body != NULL ? strlen(answer->body) : 0;
}

/* ---- / and what its plots show ---- */

static void answer_root(const struct admin_view *view, const struct admin_request *request,
                        bool done, struct admin_answer *answer)
{
    (void)view, (void)request, (void)done;
    answer->status = 200;
    answer->type = "text/html; charset=utf-8";
    answer->policy = page_policy;
    answer->body = malloc(page_len);
    answer->len = page_len;
    if (answer->body != NULL) {
        memcpy(answer->body, page_bytes, page_len);
    }
}

/* Milliseconds as /history tells them; nothing: all there is. -1: it is no number. */
static int64_t read_since(const char *text)
{
    char *end = NULL;
    long long since_ms = text != NULL ? strtoll(text, &end, 10) : 0;

    return text == NULL || (end != text && *end == '\0' && since_ms >= 0) ? since_ms : -1;
}

static void answer_history(const struct admin_view *view, const struct admin_request *request,
                           bool done, struct admin_answer *answer)
{
    int64_t since_ms = read_since(request->since);

    (void)done;
    if (since_ms < 0) {
        say(answer, 400, "since= wants a number of milliseconds, as in at_ms of an answer\n");
        return;
    }
    answer->status = 200;
    answer->type = "application/json";
    answer->body = history_print(view->history, clock_now_ms(), since_ms);
    answer->len = answer->body != NULL ? strlen(answer->body) : 0;
}

/* ---- POST /reload ---- */

static unsigned status_of(const struct board_reload *reload)
{
    return reload->ok                         ? 200
           : reload->status == EX_CONFIG      ? 422
           : reload->status == EX_UNAVAILABLE ? 503
                                              : 500;
}

static void tell_reload(const struct admin_view *view, const struct board_reload *reload,
                        struct admin_answer *answer)
{
    struct board_server server;

    if (!reload->ok) {
        (void)board_read_server(view->board, &server);
        say(answer, status_of(reload), "not reloaded, %s:\n%s",
            server.ready || server.draining ? "everything stays as it was" : "and nobody serves",
            reload->text[0] != '\0' ? reload->text : "the log says why\n");
        return;
    }
    say(answer, 200, "reloaded: generation %u serves, after %lld ms\n%s", reload->generation,
        (long long)reload->duration_ms,
        reload->text[0] != '\0'
            ? reload->text
            : "no key has changed; certificates, keys and lists were read anew\n");
}

static void answer_reload(const struct admin_view *view, const struct admin_request *request,
                          bool done, struct admin_answer *answer)
{
    struct board_reload *reload = malloc(sizeof *reload);

    (void)request;
    if (!done || reload == NULL) {
        say(answer, 503, "the server ends, or does not answer: nothing is known of the reload\n");
    } else {
        (void)board_read_reload(view->board, reload);
        tell_reload(view, reload, answer);
    }
    free(reload);
}

/* ---- POST /log-level ---- */

#define LEVEL_SIZE 16

/* "level=debug" (a form), or {"level": "debug"}. */
static bool level_in_body(const char *body, size_t len, char level[static LEVEL_SIZE])
{
    const char *begin = body + strspn(body, " \t\r\n");
    struct json_problem problem;
    struct json_file file;

    if (*begin != '{') {
        int end = 0;

        return sscanf(begin, "level=%15[a-z]%n", level, &end) == 1 &&
               begin[end + (int)strspn(begin + end, " \t\r\n")] == '\0';
    }
    if (json_parse(body, len, &file, &problem) != 0) {
        return false;
    }
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(file.root, "level");
    bool found = cJSON_IsString(value) && strlen(value->valuestring) < LEVEL_SIZE;

    if (found) {
        (void)snprintf(level, LEVEL_SIZE, "%s", value->valuestring);
    }
    json_close(&file);
    return found;
}

int admin_level(const struct admin_request *request, struct admin_answer *answer)
{
    char word[LEVEL_SIZE] = "";
    int level = request->level != NULL ? log_level_find(request->level)
                : level_in_body(request->body, request->body_len, word) ? log_level_find(word)
                                                                        : -1;

    if (level == -1) {
        say(answer, 400,
            "say which level: level=error, warn, info or debug, as a form or behind a \"?\", or "
            "{\"level\": \"debug\"}\n");
    }
    return level;
}

static void answer_level(const struct admin_view *view, const struct admin_request *request,
                         bool done, struct admin_answer *answer)
{
    (void)request;
    if (!done) {
        say(answer, 503, "the supervisor does not answer\n");
        return;
    }
    say(answer, 200, "the level of the log is %s\n",
        log_level_name(log_level_now(&view->counters->log_level)));
}

/* ---- who answers ---- */

static const struct admin_route routes[] = {
    {"/", "GET, HEAD", false, ADMIN_NOTHING, answer_root},
    {"/healthz", "GET, HEAD", true, ADMIN_ASK, answer_health},
    {"/readyz", "GET, HEAD", true, ADMIN_NOTHING, answer_ready},
    {"/metrics", "GET, HEAD", false, ADMIN_NOTHING, answer_metrics},
    {"/status", "GET, HEAD", false, ADMIN_NOTHING, answer_status},
    {"/history", "GET, HEAD", false, ADMIN_NOTHING, answer_history},
    {"/reload", "POST", false, ADMIN_RELOAD, answer_reload},
    {"/log-level", "POST", false, ADMIN_LEVEL, answer_level},
};

/* Is it one of "GET, HEAD"? */
static bool allows(const char *methods, const char *method)
{
    size_t len = strcspn(method, ", ");
    const char *at = strstr(methods, method);

    return len > 0 && method[len] == '\0' && at != NULL && (at[len] == ',' || at[len] == '\0') &&
           (at == methods || at[-1] == ' ');
}

static void refuse(enum admin_verdict verdict, struct admin_answer *answer)
{
    switch (verdict) {
    case ADMIN_TOKEN_MISSING:
    case ADMIN_TOKEN_WRONG:
        say(answer, 401, "%s; send the header Authorization: Bearer TOKEN\n",
            verdict == ADMIN_TOKEN_WRONG ? "that is not the token" : "a token is needed");
        answer->asks_for_token = true;
        break;
    case ADMIN_HOST_FOREIGN:
        say(answer, 403,
            "without a token this answers to localhost, 127.0.0.1 and [::1] only: the Host header "
            "names somebody else; set /admin/token to allow other names\n");
        break;
    case ADMIN_ORIGIN_FOREIGN:
        say(answer, 403, "this comes from a page of another site (the Origin header)\n");
        break;
    case ADMIN_WELCOME:
        break;
    }
}

void admin_refuse_body(struct admin_answer *answer)
{
    say(answer, 413, "the body is too long; at most %d bytes are read\n", ADMIN_BODY_MAX);
}

void admin_refuse_reload(struct admin_answer *answer)
{
    say(answer, 503, "%d others wait for a reload already; ask again when it is over\n",
        ADMIN_RELOADS_MAX);
}

/* Only those who are welcome learn what there is. */
const struct admin_route *admin_find(const struct admin_view *view,
                                     const struct admin_request *request, size_t body_len,
                                     struct admin_answer *answer)
{
    enum admin_verdict verdict = admin_judge(view->settings, &request->claim);
    const struct admin_route *found = NULL;

    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
        if (strcmp(routes[i].path, request->path) == 0) {
            found = &routes[i];
        }
    }
    if (request->hosts > 1) { /* RFC 9112 3.2 */
        say(answer, 400, "there is more than one Host header\n");
        return NULL;
    }
    if (verdict != ADMIN_WELCOME && (found == NULL || !found->is_open)) {
        refuse(verdict, answer);
        return NULL;
    }
    if (found == NULL) {
        say(answer, 404, "nothing is here; secho-server(8), ADMIN, tells what there is\n");
        return NULL;
    }
    if (!allows(found->methods, request->method)) {
        say(answer, 405, "%s is not for this; use %s\n", request->method, found->methods);
        answer->allow = found->methods;
        return NULL;
    }
    if (body_len > ADMIN_BODY_MAX) {
        admin_refuse_body(answer);
        return NULL;
    }
    return found;
}
