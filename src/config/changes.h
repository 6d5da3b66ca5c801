/* changes.h - what is different between two effective configurations, key by key. */
#ifndef SECHO_CONFIG_CHANGES_H
#define SECHO_CONFIG_CHANGES_H

#define CONFIG_CHANGE_SIZE 256 /* of a value as text; longer ones are cut and end in "..." */

/*
 * One difference. Called with JSON texts; "" stands for a key, or a listener, that is not there.
 *
 *   pointer  JSON pointer (RFC 6901) in the new one; in the old one for what is gone
 */
typedef void config_change_fn(void *context, const char *pointer, const char *before,
                              const char *after);

/*
 * Compares two texts of config_print(). Listeners are the same when they have the same name,
 * wherever they stand. Says nothing of texts that are no JSON, or without memory.
 */
void config_changes(const char *before, const char *after, config_change_fn *tell, void *context);

#endif
