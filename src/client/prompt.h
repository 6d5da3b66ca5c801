/*
 * prompt.h - a line that a person types, while other things happen.
 *
 * With libedit: editing and history. Without it: what the terminal itself offers.
 */
#ifndef SECHO_PROMPT_H
#define SECHO_PROMPT_H

#include <stddef.h>

struct prompt;

enum prompted {
    PROMPTED_NOTHING, /* the line is not finished */
    PROMPTED_LINE,    /* here it is */
    PROMPTED_END,     /* the end of the input, or the terminal is gone */
};

/*
 * prompt_open - take over the terminal on stdin and stdout and show `text`.
 *
 * NULL without memory. There is one terminal: open one prompt at a time. `text` stays in use.
 */
struct prompt *prompt_open(const char *text);

/*
 * Takes what was typed; call it when poll(2) has news of stdin.
 *
 *   line, len  set when a line is finished: without its newline, valid until the next call
 */
enum prompted prompt_read(struct prompt *prompt, const char **line, size_t *len);

/* Before and after something else is written to the terminal: the typed line is kept. */
void prompt_hide(struct prompt *prompt);
void prompt_show(struct prompt *prompt);

void prompt_resized(struct prompt *prompt); /* after SIGWINCH */

/* Gives the terminal back as it was. NULL is fine. */
void prompt_close(struct prompt *prompt);

/* "libedit 3.1", or "none": for -V. */
const char *prompt_version(void);

#endif
