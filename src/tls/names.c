#include "tls/names.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define NAME_SIZE 256 /* RFC 1035 2.3.4: 255 bytes; OpenSSL takes no longer SNI */

/* DNS knows no capitals (RFC 4343), and a dot at the end says nothing more. */
static void normalize(char *out, const char *name, size_t len)
{
    if (len > 1 && name[len - 1] == '.') {
        len--;
    }
    for (size_t i = 0; i < len; i++) { /* not tolower(3): the locale has no say */
        out[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] + ('a' - 'A') : name[i]);
    }
    out[len] = '\0';
}

/* ---- adding ---- */

int names_add(struct names *names, const char *name, size_t len, size_t certificate)
{
    struct names_row *rows = realloc(names->rows, (names->count + 1) * sizeof *rows);
    char *copy = malloc(len + 1);

    names->rows = rows != NULL ? rows : names->rows;
    if (rows == NULL || copy == NULL) {
        free(copy);
        return -1;
    }
    normalize(copy, name, len);
    rows[names->count++] = (struct names_row){.name = copy, .set = UINT64_C(1) << certificate};
    return 0;
}

/* ---- looking up ---- */

static int compare_rows(const void *a, const void *b)
{
    return strcmp(((const struct names_row *)a)->name, ((const struct names_row *)b)->name);
}

static struct names_row *find_exactly(const struct names *names, const char *name)
{
    const struct names_row wanted = {.name = (char *)name};

    return names->count > 0
               ? bsearch(&wanted, names->rows, names->count, sizeof wanted, compare_rows)
               : NULL;
}

/* The wildcard that is for `name`: "*" in place of its first label. */
static struct names_row *find_wildcard(const struct names *names, const char *name)
{
    const char *dot = strchr(name, '.');
    char pattern[NAME_SIZE + 1] = "*";

    if (dot == NULL || dot == name || name[0] == '*' || strlen(dot) > NAME_SIZE - 1) {
        return NULL;
    }
    memcpy(pattern + 1, dot, strlen(dot) + 1);
    return find_exactly(names, pattern);
}

const struct names_row *names_find(const struct names *names, const char *name)
{
    size_t len = strlen(name);
    char wanted[NAME_SIZE];

    if (len >= sizeof wanted || name[0] == '*') { /* "*" is a pattern of ours, not a name */
        return NULL;
    }
    normalize(wanted, name, len);
    const struct names_row *row = find_exactly(names, wanted);

    return row != NULL ? row : find_wildcard(names, wanted);
}

/* ---- deciding ---- */

static bool has(uint64_t set, size_t certificate)
{
    return (set >> certificate & 1) != 0;
}

/* `taken`, and the first certificate of `pool` of each kind that is not in it. */
static uint64_t take_kinds(uint64_t taken, uint64_t pool, const unsigned char *kinds, size_t count)
{
    uint64_t seen = 0;

    for (size_t i = 0; i < count; i++) {
        seen |= has(taken, i) ? UINT64_C(1) << kinds[i] : 0;
    }
    for (size_t i = 0; i < count; i++) {
        if (has(pool, i) && !has(seen, kinds[i])) {
            taken |= UINT64_C(1) << i;
            seen |= UINT64_C(1) << kinds[i];
        }
    }
    return taken;
}

/* Rows with the same name become one. */
static void sort_and_merge(struct names *names)
{
    size_t kept = 0;

    if (names->count > 0) {
        qsort(names->rows, names->count, sizeof *names->rows, compare_rows);
    }
    for (size_t i = 0; i < names->count; i++) {
        struct names_row *last = kept > 0 ? &names->rows[kept - 1] : NULL;

        if (last != NULL && strcmp(last->name, names->rows[i].name) == 0) {
            last->set |= names->rows[i].set;
            free(names->rows[i].name);
        } else {
            names->rows[kept++] = names->rows[i];
        }
    }
    names->count = kept;
}

static uint64_t everybody(size_t count)
{
    return count >= 64 ? UINT64_MAX : (UINT64_C(1) << count) - 1;
}

/* Who may stand in for certificate 0. */
static uint64_t relatives(const struct names *names, size_t count)
{
    uint64_t named = 0, shared = 0;

    for (size_t i = 0; i < names->count; i++) {
        named |= names->rows[i].set;
        shared |= has(names->rows[i].set, 0) ? names->rows[i].set : 0;
    }
    return has(named, 0) ? shared : everybody(count) & ~named;
}

void names_settle(struct names *names, const unsigned char *kinds, size_t count)
{
    sort_and_merge(names);
    names->standard = take_kinds(1, relatives(names, count), kinds, count);
    for (size_t i = 0; i < names->count; i++) {
        struct names_row *row = &names->rows[i];
        const struct names_row *wildcard = find_wildcard(names, row->name);

        row->set = take_kinds(0, row->set, kinds, count);
        if (wildcard != NULL) {
            row->set = take_kinds(row->set, wildcard->set, kinds, count);
        }
    }
}

uint64_t names_idle(const struct names *names, size_t count)
{
    uint64_t busy = names->standard;

    for (size_t i = 0; i < names->count; i++) {
        busy |= names->rows[i].set;
    }
    return everybody(count) & ~busy;
}

void names_done(struct names *names)
{
    for (size_t i = 0; i < names->count; i++) {
        free(names->rows[i].name);
    }
    free(names->rows);
    *names = (struct names){0};
}
