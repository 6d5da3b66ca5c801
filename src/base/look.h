/* look.h - how text may look where it goes: colours, blocks. */
#ifndef SECHO_LOOK_H
#define SECHO_LOOK_H

#include <stdbool.h>
#include <stdio.h>

struct look {
    bool terminal; /* a person looks at it, and it knows escape sequences */
    bool colours;  /* escape sequences: for a terminal, without NO_COLOR */
    bool blocks;   /* Unicode blocks: where the locale is UTF-8; else '#' */
};

/* What suits this stream: looks at isatty(3), NO_COLOR, TERM and the locale. */
struct look look_for(FILE *out);

#endif
