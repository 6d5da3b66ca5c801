#include "client/resume.h"

#include <string.h>

#include "base/error.h"
#include "client/check.h"
#include "client/options_way.h"

/* ---- where ---- */

static int take_target(struct resume *resume, const char *host, size_t len, const char *port,
                       struct secho_error *err)
{
    struct resume_target *target = &resume->targets[resume->count];

    if (len > 2 && host[0] == '[' && host[len - 1] == ']') {
        host++;
        len -= 2;
    }
    if (len == 0 || len >= sizeof target->host) {
        return error_set(err, SECHO_ERR_USAGE, "HOST must have 1 to %d characters",
                         RESUME_HOST_SIZE - 1);
    }
    if (!options_is_port(port)) {
        return error_set(err, SECHO_ERR_USAGE, "PORT must be a number 1..65535, is \"%.60s\"",
                         port);
    }
    memcpy(target->host, host, len);
    target->host[len] = '\0';
    (void)snprintf(target->port, sizeof target->port, "%s", port);
    (void)snprintf(target->label, sizeof target->label,
                   strchr(target->host, ':') != NULL ? "[%s]:%s" : "%s:%s", target->host, port);
    resume->count++;
    return 0;
}

static int take_word(struct resume *resume, const char *word, struct secho_error *err)
{
    const char *colon = strrchr(word, ':');

    if (colon == NULL || (word[0] == '[') != (colon > word && colon[-1] == ']')) {
        return error_set(err, SECHO_ERR_USAGE, "\"%.60s\" is no HOST:PORT", word);
    }
    if (word[0] != '[' && strchr(word, ':') != colon) {
        return error_set(err, SECHO_ERR_USAGE,
                         "\"%.60s\": an IPv6 address stands in brackets: [::1]:8443", word);
    }
    return take_target(resume, word, (size_t)(colon - word), colon + 1, err);
}

int resume_targets(struct resume *resume, int count, char **words, struct secho_error *err)
{
    resume->count = 0;
    if (count == 2 && options_is_port(words[1])) {
        return take_target(resume, words[0], strlen(words[0]), words[1], err);
    }
    if (count < 1 || count > RESUME_TARGETS_MAX) {
        return error_set(err, SECHO_ERR_USAGE, "resume needs HOST:PORT, 1 to %d of them",
                         RESUME_TARGETS_MAX);
    }
    for (int i = 0; i < count; i++) {
        if (take_word(resume, words[i], err) != 0) {
            return -1;
        }
    }
    return 0;
}

/* ---- one connection ---- */

static struct secho_client *client_for(struct resume *resume, size_t at)
{
    struct secho_client_settings settings = resume->settings;
    struct secho_client *client = NULL;
    struct secho_error err;

    settings.host = resume->targets[at].host;
    settings.port = resume->targets[at].port;
    if (secho_client_new(&settings, &client, &err) != 0) {
        if (!resume->failure.happened) {
            failure_from_error(&resume->failure, FAILURE_SETUP, &err);
        }
        return NULL;
    }
    client->insecure = resume->insecure;
    client->trace = resume->trace;
    return client;
}

static struct resume_cell failed(struct resume *resume, const struct failure *failure)
{
    if (!resume->failure.happened) {
        resume->failure = *failure;
    }
    return (struct resume_cell){RESUME_FAILED, failure->code};
}

/* A session of target `at`, RESUME_YES; else why there is none. */
static struct resume_cell make(struct resume *resume, size_t at, struct session *out)
{
    struct secho_client *client = client_for(resume, at);
    struct resume_cell cell = {RESUME_YES, ""};
    int64_t echo_us;

    if (client == NULL) {
        return failed(resume, &resume->failure);
    }
    session_done(out);
    if (check_run(client, &echo_us) != 0) {
        cell = failed(resume, &client->failure);
    } else if (client_take_session(client, out, NULL) != 0) {
        cell.how = RESUME_NO_SESSION;
    }
    secho_client_free(client);
    return cell;
}

static struct resume_cell offer(struct resume *resume, size_t at, const struct session *session)
{
    struct secho_client *client = client_for(resume, at);
    struct resume_cell cell = {RESUME_FULL, ""};
    int64_t echo_us;

    if (client == NULL || client_offer(client, session, NULL) != 0) {
        secho_client_free(client);
        return (struct resume_cell){RESUME_FAILED, "out_of_memory"};
    }
    if (check_run(client, &echo_us) != 0) {
        cell = failed(resume, &client->failure);
    } else if (client_resumed(client)) {
        cell.how = RESUME_YES;
    } else if (client_not_offered(client)[0] != '\0') {
        cell.how = RESUME_NOT_OFFERED;
    }
    secho_client_free(client);
    return cell;
}

/* ---- all of them ---- */

static void fill_row(struct resume *resume, size_t made_at)
{
    struct session session = {0};
    struct resume_cell made = make(resume, made_at, &session);

    for (size_t at = 0; at < resume->count; at++) {
        struct resume_cell *cell = &resume->cells[made_at][at];

        if (made.how != RESUME_YES) {
            *cell = made;
            continue;
        }
        *cell = offer(resume, at, &session);
        /* Some servers take each ticket once (RFC 8446 8.1): a new one tells them from the rest. */
        if (cell->how == RESUME_FULL && at > 0) {
            made = make(resume, made_at, &session);
            *cell = made.how == RESUME_YES ? offer(resume, at, &session) : made;
        }
    }
    session_done(&session);
}

int resume_run(struct resume *resume)
{
    bool all = true;

    for (size_t i = 0; i < resume->count; i++) {
        fill_row(resume, i);
    }
    for (size_t i = 0; i < resume->count; i++) {
        for (size_t k = 0; k < resume->count; k++) {
            all = all && resume->cells[i][k].how == RESUME_YES;
        }
    }
    if (resume->failure.happened) {
        return (int)resume->failure.exit;
    }
    return all ? EXIT_PROVEN : EXIT_THRESHOLD;
}
