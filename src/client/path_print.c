/* path_print.c - the table of the mode path, row by row, and what it means. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/excerpt.h"
#include "base/figure.h"
#include "base/look.h"
#include "client/path.h"

#define LABEL_WIDTH  19
#define RESULT_WIDTH 16
#define TEXT_SIZE    (2 * sizeof((struct failure *)0)->why)

/* ---- the rows, as they come ---- */

static const struct {
    const char *words, *colour;
} results[] = {
    [PATH_NOT_TRIED] = {"not tried", "\033[2m"},         /* dim */
    [PATH_WORKS] = {"works", "\033[32m"},                /* green */
    [PATH_DECIDED] = {"server decides", "\033[33m"},     /* yellow */
    [PATH_NOT_PROVOKED] = {"not provokable", "\033[2m"}, /* dim */
    [PATH_FAILS] = {"fails", "\033[1;31m"},              /* red */
};

/* A person sees what is being tried now; -v has lines of its own in between. */
static bool shows_now(const struct path *path)
{
    return look_for(stdout).terminal && path->trace == NULL;
}

static void print_label(enum path_kind kind)
{
    (void)printf("%-*s ", LABEL_WIDTH, path_label(kind));
    (void)fflush(stdout);
}

static void row_begins(const struct path *path, enum path_kind kind)
{
    if (shows_now(path)) {
        print_label(kind);
    }
}

/* "reset after 12.4 ms, a hello of 2051 bytes" */
static void describe(const struct path_try *this, char *text, size_t size)
{
    const struct failure *failure = &this->failure;

    if (!failure->happened) {
        (void)snprintf(text, size, "%s", this->words);
        return;
    }
    (void)snprintf(text, size, "%s after %s%s%s", failure->code,
                   figure_time((double)this->took_us * 1000).text,
                   this->words[0] != '\0' ? ", " : "", this->words);
}

static void row_ended(const struct path *path, enum path_kind kind)
{
    const struct path_try *this = &path->tries[kind];
    bool colours = look_for(stdout).colours;
    char text[PATH_WORDS_SIZE + 128];

    if (!shows_now(path)) {
        print_label(kind);
    }
    describe(this, text, sizeof text);
    (void)printf("%s%-*s%s%s%s\n", colours ? results[this->result].colour : "",
                 text[0] != '\0' ? RESULT_WIDTH : 0, results[this->result].words,
                 colours ? "\033[0m" : "", text[0] != '\0' ? " " : "", text);
    (void)fflush(stdout);
}

/* ---- before and behind them ---- */

static void print_head(const struct path *path)
{
    char host[300];

    (void)printf("PATH %s port %s: each stage of a try waits %s at most",
                 excerpt_text(host, sizeof host, path->settings.host), path->settings.port,
                 figure_seconds((double)path_patience_ms(path) / 1000).text);
    if (path->idle_ms > 0) {
        (void)printf(", the silence takes up to %s",
                     figure_seconds((double)path_idle_takes_ms(path) / 1000).text);
    }
    (void)fputs("\n", stdout);
    (void)fflush(stdout);
}

static void explain_try(const struct path *path, enum path_kind kind)
{
    const struct path_try *this = &path->tries[kind];
    char why[TEXT_SIZE];

    if (!this->failure.happened) {
        return;
    }
    (void)printf("\n%s (%s): %s\n", path_label(kind), this->failure.code,
                 excerpt_text(why, sizeof why, this->failure.why));
    if (path_culprit(path, kind) != NULL) {
        (void)printf("  So does %s; or the server itself.\n", path_culprit(path, kind));
    } else if (this->result == PATH_DECIDED) {
        (void)printf("  So the server wants it, or what speaks TLS in its place: nothing that only "
                     "passes bytes on is to blame.\n");
    } else if (this->failure.stage >= FAILURE_HANDSHAKE) {
        (void)printf("  No kind of machine on the way is known for that: look whether it is so "
                     "again.\n");
    } else {
        (void)printf("  That has nothing to do with TLS: look whether it is so again.\n");
    }
}

static const char verdict_good[] = "Nothing on the way breaks what was tried.";
static const char verdict_bad[] =
    "Something on the way breaks TLS, or the server does: when its log says nothing of a try that "
    "failed, or only that the client left, it was something between.";

static void print_verdict(const struct path *path, enum exit_status status)
{
    bool colours = look_for(stdout).colours;

    for (enum path_kind kind = 0; kind < PATH_KINDS; kind++) {
        explain_try(path, kind);
    }
    if (!path->echoes) {
        (void)fputs("\nThe server does not echo: the handshakes alone were looked at.\n", stdout);
    }
    (void)printf("\n%s%s%s\n",
                 !colours                ? ""
                 : status == EXIT_PROVEN ? "\033[1;32m"
                                         : "\033[1;31m",
                 status == EXIT_PROVEN ? verdict_good : verdict_bad, colours ? "\033[0m" : "");
}

/* ---- the mode ---- */

int path_mode(struct path *path, bool json, bool quiet)
{
    bool table = !json && !quiet;

    path->told = json || table;
    if (table) {
        path->begins = row_begins;
        path->ended = row_ended;
        print_head(path);
    }
    enum exit_status status = path_run(path);

    if (json) {
        char *text = path_json(path, status);

        (void)puts(text != NULL ? text : "{}");
        free(text);
    } else if (table && !path->failure.happened) {
        print_verdict(path, status);
    }
    (void)fflush(stdout); /* before what stderr has to say */
    return (int)status;
}
