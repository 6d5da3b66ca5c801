#include "client/complain.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/excerpt.h"

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

static int list_codes(const char *program, const char *code)
{
    (void)fprintf(stderr, "%s: there is no code \"%s\"; the codes are", program, clean(code).text);
    for (int i = 0; i < EXPLAIN_CODE_COUNT; i++) {
        (void)fprintf(stderr, " %s", explain_words((enum explain_code)i).code);
    }
    (void)fputs("\n", stderr);
    return EXIT_USAGE;
}

int complain_code(const char *program, const char *code)
{
    struct explain_words words;

    if (explain_code(code, &words) != 0) {
        return list_codes(program, code);
    }
    (void)printf("%s\n%s\n%s\n", words.code, words.meaning, words.advice);
    if (words.client_advice != NULL) {
        (void)printf("For the user of a client: %s\n", words.client_advice);
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
