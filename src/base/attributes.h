/* attributes.h - the only compiler extensions that secho uses. */
#ifndef SECHO_ATTRIBUTES_H
#define SECHO_ATTRIBUTES_H

#define PRINTF_LIKE(format_at, first_at) __attribute__((format(printf, format_at, first_at)))
#define MUST_CHECK                       __attribute__((warn_unused_result))

/* The number of the highest bit that is set, 0..63; `value` is not 0. */
#define HIGHEST_BIT(value) (63u - (unsigned)__builtin_clzll(value))

#endif
