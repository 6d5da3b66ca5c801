#include "config/problems.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/excerpt.h"

bool problems_is_full(const struct problems *problems)
{
    return problems->count >= PROBLEMS_MAX;
}

static void add(struct problems *problems, const struct json_at *at, enum json_spot spot,
                const char *words)
{
    if (!problems_is_full(problems)) {
        json_problem(&problems->items[problems->count], at, spot, "%s", words);
    }
    problems->count++;
}

void problems_add(struct problems *problems, const struct json_at *at, const char *fmt, ...)
{
    char words[JSON_TEXT_SIZE];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(words, sizeof words, fmt, ap);
    va_end(ap);
    add(problems, at, JSON_VALUE, words);
}

void problems_add_key(struct problems *problems, const struct json_at *at, const char *fmt, ...)
{
    char words[JSON_TEXT_SIZE];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(words, sizeof words, fmt, ap);
    va_end(ap);
    add(problems, at, JSON_KEY, words);
}

/* Insertion: few, nearly in order already, and equal ones stay as they were found. */
static void sort(struct json_problem *items, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct json_problem item = items[i];
        size_t to = i;

        for (; to > 0 && items[to - 1].offset > item.offset; to--) {
            items[to] = items[to - 1];
        }
        items[to] = item;
    }
}

void problems_tell(struct problems *problems, const char *file, secho_problem_fn *report,
                   void *context)
{
    size_t kept = problems->count < PROBLEMS_MAX ? problems->count : PROBLEMS_MAX;
    char name[PATH_MAX] = "";
    char line[PATH_MAX + JSON_TEXT_SIZE + 64];

    if (report == NULL) {
        return;
    }
    excerpt_append(name, sizeof name, file, strlen(file), sizeof name);
    sort(problems->items, kept);
    for (size_t i = 0; i < kept; i++) {
        const struct json_problem *item = &problems->items[i];

        if (item->line == 0) {
            (void)snprintf(line, sizeof line, "%s: %s", name, item->text);
        } else {
            (void)snprintf(line, sizeof line, "%s:%u:%u: %s", name, item->line, item->column,
                           item->text);
        }
        report(context, line);
    }
    if (problems->count > kept) {
        (void)snprintf(line, sizeof line, "%s: and %zu more; mend these first", name,
                       problems->count - kept);
        report(context, line);
    }
    if (problems->no_memory) {
        (void)snprintf(line, sizeof line, "%s: no memory", name);
        report(context, line);
    }
}
