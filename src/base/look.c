#include "base/look.h"

#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct look look_for(FILE *out)
{
    const char *no_color = getenv("NO_COLOR"); /* no-color.org: set and not empty */
    const char *term = getenv("TERM");
    bool terminal = isatty(fileno(out)) == 1 && term != NULL && strcmp(term, "dumb") != 0;

    return (struct look){
        .terminal = terminal,
        .colours = terminal && (no_color == NULL || no_color[0] == '\0'),
        .blocks = strcmp(nl_langinfo(CODESET), "UTF-8") == 0,
    };
}
