/* reload_ask.h - secho-server --reload: asks the server of a configuration to read it anew. */
#ifndef SECHO_RELOAD_ASK_H
#define SECHO_RELOAD_ASK_H

/*
 * Asks through the admin listener that the file names, waits for the outcome and prints it.
 *
 * Returns the exit status: 0 reloaded; 69 nobody is there, or he is about to end; 71 the system
 * said no, to us or to the server; 75 no answer in time; 76 that is no secho-server; 77 the token
 * is not his, or cannot be read; 78 the configuration has problems.
 */
int reload_ask(const char *config_path);

#endif
