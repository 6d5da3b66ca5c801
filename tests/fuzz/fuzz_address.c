/* Any text is an address or is none; what was read prints, and reads back as the same address. */
#include <assert.h>
#include <string.h>

#include "fuzz.h"
#include "net/address.h"

/* Two bytes of port, then the text. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char text[256] = "";
    char printed[ADDRESS_TEXT_SIZE], again[ADDRESS_TEXT_SIZE];
    struct address first, second;

    if (len < 2 || len - 2 >= sizeof text) {
        return 0;
    }
    unsigned port = (unsigned)data[0] << 8 | data[1];

    memcpy(text, data + 2, len - 2);
    if (address_parse(text, port, &first) != 0) {
        return 0;
    }
    assert(address_port(&first) == port);
    address_print(&first, printed);
    assert(strlen(printed) < ADDRESS_TEXT_SIZE);

    /* "::ffff:192.0.2.1" is printed as 192.0.2.1: from then on it stays the same. */
    address_print_host(&first, printed);
    assert(address_parse(printed, port, &second) == 0);
    assert(address_port(&second) == port);
    address_print_host(&second, again);
    assert(strcmp(printed, again) == 0);
    return 0;
}
