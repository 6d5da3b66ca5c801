#include "daemon/admin_status.h"

#include <cjson/cJSON.h>
#include <openssl/crypto.h>
#include <secho/secho.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/json_print.h"
#include "base/log_level.h"
#include "daemon/ends_print.h"

#define DAY_S 86400

/* Without memory a part is missing; then the whole is not printed either. */
static void put_text(cJSON *object, const char *name, const char *text)
{
    (void)cJSON_AddStringToObject(object, name, text);
}

static void put_number(cJSON *object, const char *name, double number)
{
    (void)cJSON_AddNumberToObject(object, name, number);
}

/* RFC 3339; null where it never was. */
static void put_time(cJSON *object, const char *name, int64_t seconds)
{
    time_t when = (time_t)seconds;
    char text[32] = "";
    struct tm utc;

    if (seconds == 0 || gmtime_r(&when, &utc) == NULL) {
        (void)cJSON_AddNullToObject(object, name);
        return;
    }
    (void)strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    put_text(object, name, text);
}

static cJSON *put_object(cJSON *array)
{
    cJSON *object = cJSON_CreateObject();

    if (!cJSON_AddItemToArray(array, object)) {
        cJSON_Delete(object);
        return NULL;
    }
    return object;
}

/* ---- generations and their workers ---- */

static void put_workers(cJSON *object, const struct board *board, size_t block)
{
    cJSON *array = cJSON_AddArrayToObject(object, "workers");
    struct board_crew *crew = calloc(1, sizeof *crew);

    if (crew != NULL) {
        (void)board_read_crew(board, block, crew);
    }
    for (size_t i = 0; crew != NULL && i < crew->count; i++) {
        const struct board_worker *worker = &crew->workers[i];
        cJSON *entry = put_object(array);

        put_number(entry, "pid", (double)worker->pid);
        put_text(entry, "state", board_worker_name(worker->state));
        put_time(entry, "since", worker->since_s);
        put_number(entry, "restarts", (double)worker->restarts);
    }
    free(crew);
}

static void put_generations(cJSON *root, const struct board *board,
                            const struct board_server *server)
{
    cJSON *array = cJSON_AddArrayToObject(root, "generations");

    for (size_t i = 0; i < BOARD_GENERATIONS; i++) {
        const struct board_generation *generation = &server->generations[i];

        if (generation->state != BOARD_FREE) {
            cJSON *entry = put_object(array);

            put_number(entry, "number", generation->number);
            put_text(entry, "state", board_state_name(generation->state));
            put_time(entry, "since", generation->since_s);
            put_number(entry, "leader", (double)generation->leader);
            put_workers(entry, board, i);
        }
    }
}

/* ---- what is served ---- */

/* Whole days; negative when it has expired. */
static int64_t days_left(const struct board_certificate *certificate)
{
    int64_t left_s = certificate->not_after_s - clock_wall_ms() / 1000;

    return left_s >= 0 ? left_s / DAY_S : -((DAY_S - 1 - left_s) / DAY_S);
}

static void put_certificates(cJSON *object, const struct board *board, size_t block,
                             size_t listener)
{
    cJSON *array = cJSON_AddArrayToObject(object, "certificates");

    for (size_t i = 0; i < board_certificates(board, block); i++) {
        struct board_certificate certificate;

        (void)board_read_certificate(board, block, i, &certificate);
        if (certificate.listener == listener) {
            cJSON *entry = put_object(array);

            put_text(entry, "subject", certificate.subject);
            put_text(entry, "serial", certificate.serial);
            put_text(entry, "names", certificate.names);
            put_time(entry, "not_before", certificate.not_before_s);
            put_time(entry, "not_after", certificate.not_after_s);
            put_number(entry, "days_left", (double)days_left(&certificate));
        }
    }
}

/* By code, those that have happened. */
static void put_failures(cJSON *object, const struct tally *tally)
{
    cJSON *failures = cJSON_AddObjectToObject(object, "handshake_failures");

    for (size_t code = 0; code < EXPLAIN_CODE_COUNT; code++) {
        if (tally->failures[code] > 0) {
            put_number(failures, explain_words((enum explain_code)code).code,
                       (double)tally->failures[code]);
        }
    }
}

static void put_counters(cJSON *object, const struct counters_shared *counters, const char *name)
{
    size_t row = tally_find(counters, name);
    struct tally tally = {0};
    uint64_t shaken = 0, resumed = 0;

    if (row < tally_rows(counters)) {
        tally_read(counters, row, &tally);
    }
    for (size_t i = 0; i < TALLY_VERSIONS; i++) {
        shaken += tally.handshakes[i][0] + tally.handshakes[i][1];
        resumed += tally.handshakes[i][1];
    }
    put_number(object, "connections_open", (double)tally_open(&tally));
    put_number(object, "connections_total", (double)tally.opened);
    put_number(object, "connections_refused", (double)tally.refused);
    put_number(object, "connections_lost", (double)tally.lost);
    put_number(object, "handshakes", (double)shaken);
    put_number(object, "handshakes_resumed", (double)resumed);
    put_failures(object, &tally);
    put_number(object, "received_bytes", (double)tally.bytes_in);
    put_number(object, "echo_bytes", (double)tally.bytes_out);
}

static void put_listeners(cJSON *root, const struct admin_view *view, size_t block)
{
    const struct board *board = view->board;
    cJSON *array = cJSON_AddArrayToObject(root, "listeners");

    for (size_t i = 0; block < BOARD_GENERATIONS && i < board_listeners(board, block); i++) {
        struct board_listener listener;
        cJSON *entry = put_object(array);

        (void)board_read_listener(board, block, i, &listener);
        put_text(entry, "name", listener.name);
        put_text(entry, "transport", listener.transport);
        put_text(entry, "address", listener.address);
        put_number(entry, "port", listener.port);
        put_counters(entry, view->counters, listener.name);
        put_certificates(entry, board, block, i);
    }
}

/* ---- the last reload ---- */

/* One text for each line. */
static void put_lines(cJSON *object, const char *name, const char *text)
{
    cJSON *array = cJSON_AddArrayToObject(object, name);

    while (*text != '\0') {
        size_t len = strcspn(text, "\n");
        char *line = strndup(text, len);
        cJSON *item = line != NULL ? cJSON_CreateString(line) : NULL;

        if (!cJSON_AddItemToArray(array, item)) {
            cJSON_Delete(item);
        }
        free(line);
        text += len + (text[len] == '\n');
    }
}

static void put_reload(cJSON *root, const struct board *board)
{
    struct board_reload *reload = calloc(1, sizeof *reload);

    if (reload != NULL) {
        (void)board_read_reload(board, reload);
    }
    if (reload == NULL || !reload->happened) {
        (void)cJSON_AddNullToObject(root, "last_reload");
    } else {
        cJSON *entry = cJSON_AddObjectToObject(root, "last_reload");

        (void)cJSON_AddBoolToObject(entry, "ok", reload->ok);
        put_time(entry, "when", reload->when_s);
        put_number(entry, "duration_ms", (double)reload->duration_ms);
        put_number(entry, "generation", reload->generation);
        put_lines(entry, "lines", reload->text);
    }
    put_number(root, "reloads_ok", (double)atomic_load(&board->reloads_ok));
    put_number(root, "reloads_failed", (double)atomic_load(&board->reloads_failed));
    free(reload);
}

/* ---- all of it ---- */

static void put_server(cJSON *root, const struct admin_view *view,
                       const struct board_server *server)
{
    int64_t uptime_s = clock_wall_ms() / 1000 - server->started_s;

    put_text(root, "version", secho_version());
    put_text(root, "openssl", OpenSSL_version(OPENSSL_VERSION));
    put_number(root, "pid", (double)server->pid);
    put_text(root, "configuration", server->config_path);
    put_time(root, "started", server->started_s);
    put_number(root, "uptime_s", (double)uptime_s);
    (void)cJSON_AddBoolToObject(root, "ready", server->ready);
    (void)cJSON_AddBoolToObject(root, "draining", server->draining);
    put_text(root, "log_level", log_level_name(log_level_now(&view->counters->log_level)));
    put_number(root, "worker_restarts", (double)atomic_load(&view->board->worker_restarts));
    put_number(root, "admin_restarts", (double)atomic_load(&view->board->admin_restarts));
}

static char *with_newline(char *text)
{
    size_t len = text != NULL ? strlen(text) : 0;
    char *grown = text != NULL ? realloc(text, len + 2) : NULL;

    if (grown == NULL) {
        free(text);
        return NULL;
    }
    grown[len] = '\n';
    grown[len + 1] = '\0';
    return grown;
}

char *admin_status(const struct admin_view *view)
{
    cJSON *root = cJSON_CreateObject();
    struct board_server server;

    (void)board_read_server(view->board, &server);
    put_server(root, view, &server);
    put_generations(root, view->board, &server);
    put_listeners(root, view, board_serving(&server));
    put_reload(root, view->board);
    ends_print(root, &view->counters->ends);
    char *text = root != NULL ? json_print(root) : NULL;

    cJSON_Delete(root);
    return with_newline(text);
}
