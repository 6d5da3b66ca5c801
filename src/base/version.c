#include <secho/secho.h>

const char *secho_version(void)
{
    return SECHO_VERSION;
}
