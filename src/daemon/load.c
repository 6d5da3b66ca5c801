#include "daemon/load.h"

#include <stdio.h>
#include <string.h>

#include "config/place.h"
#include "tls/chain.h"

static size_t slots_of(const struct secho_config *config)
{
    return (size_t)config->workers.processes * (size_t)config->workers.threads;
}

static int load_user(struct load *load, secho_problem_fn *report, void *context)
{
    struct secho_error err;

    if (privilege_resolve(load->config->user, &load->privilege, &err) == 0) {
        return 0;
    }
    config_report(load->config, "/user", err.text, report, context);
    return -1;
}

/* What the configuration names. */
static int load_rest(struct load *out, secho_problem_fn *report, void *context)
{
    if (out->config->watch) {
        watch_begin(&out->watch, out->config);
    }
    /* All problems in one go: those of users and files do not wait for the others. */
    int user = load_user(out, report, context);
    int admin = admin_settings_load(out->config, &out->privilege, report, context, &out->admin);
    int service = service_load(&out->service, out->config, slots_of(out->config), report, context);

    return user == 0 && admin == 0 && service == 0 ? 0 : -1;
}

int load_all(const char *path, secho_problem_fn *report, void *context, struct load *out)
{
    *out = (struct load){0};
    int config = config_read(path, report, context, &out->config);

    if (out->config == NULL) {
        return -1;
    }
    return load_rest(out, report, context) == 0 && config == 0 ? 0 : -1;
}

int load_text(const char *text, const char *name, secho_problem_fn *report, void *context,
              struct load *out)
{
    *out = (struct load){0};
    if (secho_config_parse(text, strlen(text), name, report, context, &out->config) != 0) {
        return -1;
    }
    return load_rest(out, report, context);
}

/* Where a warning goes. */
struct told {
    const struct secho_config *config;
    secho_problem_fn *report;
    void *context;
};

static void tell_warning(void *context, const struct listener *listener, const char *pointer,
                         const char *why)
{
    const struct told *told = context;
    char words[CHAIN_WARNING_SIZE + 16];

    (void)listener;
    (void)snprintf(words, sizeof words, "warning: %s", why);
    config_report(told->config, pointer, words, told->report, told->context);
}

void load_warn(const struct load *load, secho_problem_fn *report, void *context)
{
    struct told told = {.config = load->config, .report = report, .context = context};

    service_warn(&load->service, tell_warning, &told);
}

void load_done(struct load *load)
{
    watch_done(&load->watch);
    service_done(&load->service);
    secho_config_free(load->config);
    *load = (struct load){0};
}
