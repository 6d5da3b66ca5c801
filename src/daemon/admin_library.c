#include "daemon/admin_library.h"

#include <dlfcn.h>
#include <stdbool.h>

#include "daemon/admin.h"

struct admin_library mhd;

/* POSIX makes the pointer to a function from one to void: dlsym(3), NOTES. */
static bool find(void *library, const char *name, void *member)
{
    *(void **)member = dlsym(library, name);
    return *(void **)member != NULL;
}

int admin_library_load(const char **why)
{
    void *library = dlopen(SECHO_MICROHTTPD, RTLD_NOW | RTLD_LOCAL);
    bool whole = library != NULL;

#define FIND(name) whole = whole && find(library, "MHD_" #name, &mhd.name);
    ADMIN_LIBRARY(FIND)
    if (!whole) {
        *why = dlerror();
        return -1;
    }
    return 0; /* it stays for as long as the process */
}

const char *admin_library(void)
{
    const char *why = NULL;

    return admin_library_load(&why) == 0 ? mhd.get_version() : why;
}
