#include "client/check_mode.h"

#include <stdio.h>

#include "client/check.h"
#include "client/check_again.h"
#include "client/session_files.h"

static bool in_words(const struct check_wishes *wishes)
{
    return !wishes->json && !wishes->quiet;
}

static void print_line(const struct secho_client *client, int64_t echo_us)
{
    char line[512];

    check_line(client, echo_us, line, sizeof line);
    (void)puts(line);
}

static void print_again(void *context, int number, const char *words)
{
    const struct check_wishes *wishes = context;

    if (in_words(wishes)) {
        (void)printf("connection %d: %s\n", number, words);
        (void)fflush(stdout);
    }
}

/* --resume N and --sess-out, after the first connection was proven. 0, or -1 and the failure. */
static int go_on(struct secho_client *client, struct check_wishes *wishes, struct again *again)
{
    int rc = 0;

    (void)client_take_session(client, again->newest, NULL);
    if (again->asked > 0) {
        rc = again_run(client, again, print_again, wishes);
        if (in_words(wishes) && again->done == again->asked) {
            (void)printf("resumed %d of %d\n", again->resumed, again->asked);
        }
    }
    if (wishes->sess_out != NULL && (rc == 0 || client->failure.number == EXPLAIN_NOT_RESUMED)) {
        int saved = session_files_save(client, again->newest, wishes->sess_out);

        rc = rc != 0 ? rc : saved;
    }
    return rc;
}

int check_mode(struct secho_client *client, const struct check_wishes *asked)
{
    struct check_wishes wishes = *asked;
    struct session newest = {0};
    struct again again = {.asked = wishes.again, .newest = &newest};
    int64_t echo_us = 0;
    int rc = check_run(client, &echo_us);

    if (rc == 0) {
        if (in_words(&wishes)) {
            print_line(client, echo_us);
        }
        if (wishes.sess_in != NULL && !wishes.quiet) {
            session_files_tell(client, wishes.program);
        }
        rc = go_on(client, &wishes, &again);
    }
    if (wishes.json) {
        again_print_json(client, echo_us, &again, stdout);
    }
    again_done(&again);
    session_done(&newest);
    return rc;
}
