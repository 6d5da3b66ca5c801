#include "client/prompt.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef SECHO_HAVE_EDIT

#include <histedit.h>
#include <wchar.h>

#define HISTORY_LINES 1000

struct prompt {
    EditLine *edit;
    History *history;
    const char *text;
    char *line;  /* the last one */
    bool smart;  /* the terminal knows how to clear a line */
    bool hidden; /* nothing is on the screen */
};

static char *prompt_text(EditLine *edit)
{
    struct prompt *prompt = NULL;

    (void)el_get(edit, EL_CLIENTDATA, &prompt);
    return (char *)(void *)(size_t)prompt->text; /* libedit does not change it */
}

static bool is_smart(void)
{
    const char *term = getenv("TERM");

    return term != NULL && term[0] != '\0' && strcmp(term, "dumb") != 0;
}

static int start_history(struct prompt *prompt)
{
    HistEvent event;

    prompt->history = history_init();
    if (prompt->history == NULL) {
        return -1;
    }
    (void)history(prompt->history, &event, H_SETSIZE, HISTORY_LINES);
    (void)history(prompt->history, &event, H_SETUNIQUE, 1);
    (void)el_set(prompt->edit, EL_HIST, history, prompt->history);
    return 0;
}

struct prompt *prompt_open(const char *text)
{
    struct prompt *prompt = calloc(1, sizeof *prompt);

    if (prompt == NULL) {
        return NULL;
    }
    prompt->text = text;
    prompt->smart = is_smart();
    prompt->edit = el_init("secho-client", stdin, stdout, stderr);
    if (prompt->edit == NULL || start_history(prompt) != 0) {
        prompt_close(prompt);
        return NULL;
    }
    (void)el_set(prompt->edit, EL_CLIENTDATA, prompt);
    (void)el_set(prompt->edit, EL_PROMPT, prompt_text);
    (void)el_set(prompt->edit, EL_EDITOR, "emacs");
    (void)el_set(prompt->edit, EL_SIGNAL, 0);     /* talk_terminal.c has the signals */
    (void)el_source(prompt->edit, NULL);          /* ~/.editrc: editrc(5) */
    (void)el_set(prompt->edit, EL_UNBUFFERED, 1); /* shows the prompt */
    return prompt;
}

static void remember(struct prompt *prompt, const char *line, size_t len)
{
    HistEvent event;

    if (len > 1) { /* more than the newline */
        (void)history(prompt->history, &event, H_ENTER, line);
    }
}

enum prompted prompt_read(struct prompt *prompt, const char **line, size_t *len)
{
    int count = 0;
    const char *text = el_gets(prompt->edit, &count);

    if (text == NULL || count <= 0) {
        return PROMPTED_END;
    }
    if (text[count - 1] != '\n' && text[count - 1] != '\r') {
        /* ^D as a command comes as its own character on an empty line. */
        return count == 1 && text[0] == 4 ? PROMPTED_END : PROMPTED_NOTHING;
    }
    remember(prompt, text, (size_t)count);
    free(prompt->line);
    prompt->line = strndup(text, (size_t)count - 1);
    if (prompt->line == NULL) {
        return PROMPTED_END;
    }
    *line = prompt->line;
    *len = strlen(prompt->line);
    (void)el_set(prompt->edit, EL_UNBUFFERED, 0); /* off and on: libedit starts a new line */
    (void)el_set(prompt->edit, EL_UNBUFFERED, 1);
    prompt->hidden = false;
    return PROMPTED_LINE;
}

/* How many columns of the terminal a text takes. */
static size_t columns_of(const char *text, size_t len)
{
    mbstate_t state = {0};
    size_t columns = 0;

    while (len > 0) {
        wchar_t wide = 0;
        size_t n = mbrtowc(&wide, text, len, &state);
        int width = n > 0 && n <= len ? wcwidth(wide) : 1;

        columns += width > 0 ? (size_t)width : 0;
        n = n > 0 && n <= len ? n : 1;
        text += n;
        len -= n;
    }
    return columns;
}

/* The row of the cursor, counted from the row of the prompt. */
static size_t row_of_cursor(const struct prompt *prompt)
{
    const LineInfo *line = el_line(prompt->edit);
    int columns = 0;

    (void)el_get(prompt->edit, EL_GETTC, "co", &columns, NULL);
    size_t at =
        strlen(prompt->text) + columns_of(line->buffer, (size_t)(line->cursor - line->buffer));

    return columns > 0 ? at / (size_t)columns : 0;
}

void prompt_hide(struct prompt *prompt)
{
    if (prompt->hidden) {
        return;
    }
    prompt->hidden = true;
    if (!prompt->smart) {
        (void)fputc('\n', stdout);
        return;
    }
    size_t row = row_of_cursor(prompt);

    if (row > 0) {
        (void)printf("\033[%zuA", row); /* ECMA-48: up */
    }
    (void)fputs("\r\033[J", stdout); /* clear from here to the end of the screen */
}

void prompt_show(struct prompt *prompt)
{
    prompt->hidden = false;
    (void)fflush(stdout);
    (void)el_set(prompt->edit, EL_REFRESH);
    (void)fflush(stdout);
}

void prompt_resized(struct prompt *prompt)
{
    el_resize(prompt->edit);
}

void prompt_close(struct prompt *prompt)
{
    if (prompt == NULL) {
        return;
    }
    if (prompt->edit != NULL) {
        (void)el_set(prompt->edit, EL_UNBUFFERED, 0); /* gives the terminal its modes back */
        el_end(prompt->edit);
    }
    if (prompt->history != NULL) {
        history_end(prompt->history);
    }
    free(prompt->line);
    free(prompt);
}

const char *prompt_version(void)
{
    return "libedit";
}

#else

struct prompt {
    const char *text;
    bool hidden;
    size_t len;
    char line[4096]; /* the terminal itself gives no longer ones: termios(3), canonical mode */
};

struct prompt *prompt_open(const char *text)
{
    struct prompt *prompt = calloc(1, sizeof *prompt);

    if (prompt != NULL) {
        prompt->text = text;
        prompt_show(prompt);
    }
    return prompt;
}

enum prompted prompt_read(struct prompt *prompt, const char **line, size_t *len)
{
    ssize_t n = read(STDIN_FILENO, prompt->line, sizeof prompt->line);

    if (n <= 0) {
        return PROMPTED_END;
    }
    *line = prompt->line;
    *len = (size_t)n - (prompt->line[n - 1] == '\n' ? 1 : 0);
    return PROMPTED_LINE;
}

void prompt_hide(struct prompt *prompt)
{
    if (!prompt->hidden) {
        (void)fputc('\r', stdout);
    }
    prompt->hidden = true;
}

void prompt_show(struct prompt *prompt)
{
    prompt->hidden = false;
    (void)fputs(prompt->text, stdout);
    (void)fflush(stdout);
}

void prompt_resized(struct prompt *prompt)
{
    (void)prompt;
}

void prompt_close(struct prompt *prompt)
{
    free(prompt);
}

const char *prompt_version(void)
{
    return "none";
}

#endif
