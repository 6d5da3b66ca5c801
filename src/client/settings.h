/* settings.h - a client's own copy of its settings, checked. */
#ifndef SECHO_CLIENT_SETTINGS_H
#define SECHO_CLIENT_SETTINGS_H

#include <secho/client.h>

#include "base/attributes.h"
#include "tls/trust.h"

/*
 * Copies `from` and its texts into `out`; "[::1]" becomes "::1". Fails with SECHO_ERR_USAGE when
 * host, port, family or version cannot be, SECHO_ERR_MEMORY.
 */
MUST_CHECK int settings_copy(const struct secho_client_settings *from,
                             struct secho_client_settings *out, struct secho_error *err);

void settings_free(struct secho_client_settings *settings); /* {0} is fine */

/* What of them is about TLS. The texts stay the settings'. */
void settings_trust(const struct secho_client_settings *settings, struct trust_settings *out);

/* "1.2", "1.3" or NULL as TLS1_2_VERSION, TLS1_3_VERSION or 0; -1 for another text. */
int settings_version(const char *text);

#endif
