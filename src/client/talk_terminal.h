/* talk_terminal.h - the mode "talk" on a terminal: type a line, see it come back. */
#ifndef SECHO_TALK_TERMINAL_H
#define SECHO_TALK_TERMINAL_H

#include "client/talk_loop.h"

/*
 * talk_terminal - a conversation on stdin and stdout, which are a terminal.
 *
 * Takes SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGTSTP and SIGWINCH while it runs.
 *
 *   signal_number  set with TALK_STOPPED: the signal; the terminal is as it was before
 */
enum talk_result talk_terminal(struct secho_client *client, int *signal_number);

#endif
