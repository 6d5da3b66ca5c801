/* session_files.h - a client's --sess-in and --sess-out. */
#ifndef SECHO_SESSION_FILES_H
#define SECHO_SESSION_FILES_H

#include "client/client.h"

/*
 * Before the client is opened: offers the session in file `in`, and sees to it that `out` can be
 * written. Either may be NULL. Fails with SECHO_ERR_FILE, SECHO_ERR_SYSTEM or SECHO_ERR_MEMORY.
 */
MUST_CHECK int session_files_open(struct secho_client *client, const char *in, const char *out,
                                  struct secho_error *err);

/*
 * After the bytes came back: `newest` goes to file `out`; {0} is none. -1: client->failure says
 * that there is none, or why it cannot be written. The file stays as it was then.
 */
MUST_CHECK int session_files_save(struct secho_client *client, const struct session *newest,
                                  const char *out);

/*
 * What became of the session in --sess-in, as a line of `program` on stderr: when it was of no use.
 */
void session_files_tell(const struct secho_client *client, const char *program);

#endif
