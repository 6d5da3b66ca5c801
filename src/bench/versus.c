#include "bench/versus.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/excerpt.h"
#include "base/json_print.h"
#include "bench/figures.h"

static const char *text_at(const struct versus_run *run, const char *object, const char *key)
{
    const cJSON *inner = cJSON_GetObjectItemCaseSensitive(run->json.root, object);
    const cJSON *value = key != NULL ? cJSON_GetObjectItemCaseSensitive(inner, key) : inner;

    return cJSON_IsString(value) ? value->valuestring : "";
}

/* Is this row of any use here? Not when nobody has it, or both have nothing. */
static bool is_told(double a, double b)
{
    return !(isnan(a) && isnan(b)) && !(a == 0 && b == 0);
}

static bool is_true(const struct versus_run *run, const char *key)
{
    return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(run->json.root, key));
}

/* Figures of what went wrong, or ended early, are those of an accident. */
static bool is_whole(const struct versus_run *run)
{
    return is_true(run, "ok") && !is_true(run, "interrupted");
}

static bool are_alike(const struct versus_run *a, const struct versus_run *b)
{
    for (size_t i = 0; i < versus_same_count; i++) {
        if (versus_differs(a, b, i)) {
            return false;
        }
    }
    return true;
}

static bool are_comparable(const struct versus_run *a, const struct versus_run *b)
{
    return is_whole(a) && is_whole(b) && are_alike(a, b);
}

/* ---- for people ---- */

/* Of a text in a file: what may be shown, in one line and not too much of it. */
static void print_value(const struct versus_run *run, const char *path, FILE *out)
{
    const cJSON *inner = run->json.root;
    char keys[64], *rest = keys;

    (void)snprintf(keys, sizeof keys, "%s", path);
    for (char *key; inner != NULL && (key = strsep(&rest, "/")) != NULL;) {
        inner = cJSON_GetObjectItemCaseSensitive(inner, key);
    }
    if (inner == NULL) {
        (void)fputs("nothing", out);
        return;
    }
    char *text = cJSON_IsString(inner) ? strdup(inner->valuestring) : cJSON_PrintUnformatted(inner);

    for (const char *c = text; c != NULL && *c != '\0' && c - text < 60; c++) {
        (void)fputc(*c < ' ' || *c > '~' ? '?' : *c, out); /* no control reaches a terminal */
    }
    free(text);
}

static void print_accident(const struct versus_run *run, char name, FILE *out)
{
    if (!is_true(run, "ok")) {
        (void)fprintf(out, "\nnot comparable: %c failed\n", name);
    } else if (!is_whole(run)) {
        (void)fprintf(out, "\nnot comparable: %c was interrupted\n", name);
    }
}

static void print_differences(const struct versus_run *a, const struct versus_run *b, FILE *out)
{
    print_accident(a, 'A', out);
    print_accident(b, 'B', out);
    if (are_alike(a, b)) {
        return;
    }
    (void)fputs("\nnot comparable: these differ\n", out);
    for (size_t i = 0; i < versus_same_count; i++) {
        if (versus_differs(a, b, i)) {
            (void)fprintf(out, "  %-28s ", versus_same[i]);
            print_value(a, versus_same[i], out);
            (void)fputs(" against ", out);
            print_value(b, versus_same[i], out);
            (void)fputs("\n", out);
        }
    }
}

static struct figure as_figure(const struct versus_row *row, double value)
{
    if (isnan(value)) {
        return (struct figure){"-"};
    }
    switch (row->unit) {
    case VERSUS_RATE:
        return figure_rate(value);
    case VERSUS_US:
        return figure_time(value * 1e3);
    case VERSUS_S:
        return figure_time(value * 1e9);
    case VERSUS_BYTES:
    case VERSUS_BYTES_RATE:
    default:
        return figure_bytes(value);
    }
}

static void print_row(const struct versus_row *row, double a, double b, FILE *out)
{
    char ratio[32] = "-";

    if (a > 0 && !isnan(b)) {
        (void)snprintf(ratio, sizeof ratio, "%.*f", b / a < 0.0995 ? 3 : 2, b / a);
    }
    (void)fprintf(out, "  %-24s %16s %16s %10s\n", row->words, as_figure(row, a).text,
                  as_figure(row, b).text, ratio);
}

static void print_run(const struct versus_run *run, char name, FILE *out)
{
    char path[PATH_MAX];

    (void)fprintf(out, "%c  %s: ", name, excerpt_text(path, sizeof path, run->path));
    print_value(run, "mode", out);
    (void)fputs(", ", out);
    print_value(run, "machine/time", out);
    if (!is_true(run, "ok")) {
        (void)fputs(", FAILED: ", out);
        print_value(run, "code", out);
    }
    if (is_true(run, "interrupted")) {
        (void)fputs(", interrupted", out);
    }
    (void)fputs("\n", out);
}

void versus_print(const struct versus_run *a, const struct versus_run *b, struct look style,
                  FILE *out)
{
    print_run(a, 'A', out);
    print_run(b, 'B', out);
    print_differences(a, b, out);
    (void)fprintf(out,
                  style.colours ? "\n\033[1m  %-24s %16s %16s %10s\033[0m\n"
                                : "\n  %-24s %16s %16s %10s\n",
                  "", "A", "B", "B/A");
    for (size_t i = 0; i < versus_row_count; i++) {
        double one = versus_number(a, versus_rows[i].path);
        double other = versus_number(b, versus_rows[i].path);

        if (is_told(one, other)) {
            print_row(&versus_rows[i], one, other, out);
        }
    }
    (void)fputs("\none pair of runs proves little: repeat both in turn\n", out);
}

/* ---- for programs ---- */

static void put_run(cJSON *root, const char *name, const struct versus_run *run)
{
    cJSON *object = cJSON_AddObjectToObject(root, name);
    char path[PATH_MAX];

    cJSON_AddStringToObject(object, "file", excerpt_text(path, sizeof path, run->path));
    cJSON_AddStringToObject(object, "mode", text_at(run, "mode", NULL));
    cJSON_AddStringToObject(object, "time", text_at(run, "machine", "time"));
    cJSON_AddBoolToObject(object, "ok", is_true(run, "ok"));
    cJSON_AddStringToObject(object, "code", text_at(run, "code", NULL));
    cJSON_AddBoolToObject(object, "interrupted", is_true(run, "interrupted"));
}

static void put_differences(cJSON *root, const struct versus_run *a, const struct versus_run *b)
{
    cJSON_AddBoolToObject(root, "comparable", are_comparable(a, b));
    cJSON *list = cJSON_AddArrayToObject(root, "differences");

    for (size_t i = 0; i < versus_same_count; i++) {
        if (versus_differs(a, b, i)) {
            cJSON_AddItemToArray(list, cJSON_CreateString(versus_same[i]));
        }
    }
}

/* A pair of numbers, and their ratio where there is one. */
static void put_row(cJSON *list, const struct versus_row *row, double a, double b)
{
    cJSON *item = cJSON_AddObjectToObject(list, row->path);

    if (!isnan(a)) {
        cJSON_AddNumberToObject(item, "a", a);
    }
    if (!isnan(b)) {
        cJSON_AddNumberToObject(item, "b", b);
    }
    if (a > 0 && !isnan(b)) {
        cJSON_AddNumberToObject(item, "ratio", b / a);
    }
}

char *versus_as_json(const struct versus_run *a, const struct versus_run *b)
{
    cJSON *root = cJSON_CreateObject();

    cJSON_AddNumberToObject(root, "secho_bench_compare", 1);
    put_run(root, "a", a);
    put_run(root, "b", b);
    put_differences(root, a, b);
    cJSON *list = cJSON_AddObjectToObject(root, "figures");

    for (size_t i = 0; i < versus_row_count; i++) {
        double one = versus_number(a, versus_rows[i].path);
        double other = versus_number(b, versus_rows[i].path);

        if (is_told(one, other)) {
            put_row(list, &versus_rows[i], one, other);
        }
    }
    char *text = list != NULL ? json_print(root) : NULL;

    cJSON_Delete(root);
    return text;
}
