/*
 * memory.h - where OpenSSL's buffers for records come from.
 *
 * An idle connection owns no such buffer (SSL_MODE_RELEASE_BUFFERS), so each turn allocates and
 * frees two of 16.7 kB: an eighth of the instructions of a small message, and holes in the heap.
 * With this, each thread keeps a few of them at hand.
 */
#ifndef SECHO_MEMORY_H
#define SECHO_MEMORY_H

/*
 * Call it first in main(): OpenSSL takes it only before its first allocation, and says no later
 * (CRYPTO_set_mem_functions(3)); then everything works as without it. A program's decision, not a
 * library's: libsecho never calls it. Sanitizers see each allocation as it is: there it does
 * nothing.
 */
void memory_keep_record_buffers(void);

#endif
