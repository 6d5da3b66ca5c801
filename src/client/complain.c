#include "client/complain.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/excerpt.h"
#include "diagnosis/catalogue.h"

/*
 * HOST, a path, a value: what a person typed is in these sentences. Escaped, it reaches no
 * terminal as a command.
 */
struct sentence {
    char text[2 * sizeof((struct failure *)0)->why];
};

static struct sentence clean(const char *text)
{
    struct sentence out;

    (void)excerpt_text(out.text, sizeof out.text, text);
    return out;
}

int complain(const char *program, const struct secho_error *err)
{
    (void)fprintf(stderr, "%s: %s\n", program, clean(err->text).text);
    if (err->kind == SECHO_ERR_USAGE) {
        (void)fprintf(stderr, "try %s -h\n", program);
    }
    return (int)failure_exit_of(err->kind);
}

int complain_failure(const char *program, const struct failure *failure)
{
    (void)fprintf(stderr, "%s: %s\n  %s\n", program, clean(failure->why).text,
                  clean(failure->advice).text);
    return (int)failure->exit;
}

int complain_in_full(const char *program, const struct failure *failure, bool verbose)
{
    int status = complain_failure(program, failure);

    if (verbose) {
        const char *nearest = failure->cause[0] != '\0' ? failure->cause : failure->code;

        (void)fprintf(stderr, "* stage %s, code %s%s%s (%s --explain %s)\n",
                      failure_stage_name(failure->stage), failure->code,
                      failure->cause[0] != '\0' ? ", cause " : "", failure->cause, program,
                      nearest);
        if (failure->detail[0] != '\0') {
            (void)fprintf(stderr, "* %s\n", failure->detail);
        }
    }
    return status;
}

int complain_code(const char *program, const char *code)
{
    if (strcmp(code, "list") == 0) {
        catalogue_list(stdout);
    } else if (catalogue_explain(stdout, code) != 0) {
        (void)fprintf(
            stderr,
            "%s: there is no code \"%s\"; did you mean \"%s\"? %s --explain list has them "
            "all\n",
            program, clean(code).text, catalogue_nearest(code), program);
        return EXIT_USAGE;
    }
    return EXIT_PROVEN;
}

int complain_stdout(const char *program, int status)
{
    if (fflush(stdout) == 0 && ferror(stdout) == 0) {
        return status;
    }
    (void)fprintf(stderr, "%s: writing the output: %s\n", program, strerror(errno));
    return EXIT_SYSTEM;
}
