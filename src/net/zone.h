/* zone.h - names of network interfaces, in addresses such as fe80::1%eth0 (RFC 4007). */
#ifndef SECHO_ZONE_H
#define SECHO_ZONE_H

#include <net/if.h>

/*
 * Asks the system for all of them now: zone_name() looks at these from then on, and asks nobody.
 * For processes that will not be allowed to. Before there are threads.
 */
void zone_learn_all(void);

/* The name of the interface with this number; the number, where nobody knows its name. */
void zone_name(unsigned index, char name[static IF_NAMESIZE]);

#endif
