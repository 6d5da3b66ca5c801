/* Any bytes: sniff() stays within them and knows "nothing" from "something". */
#include <stdint.h>
#include <stdlib.h>

#include "diagnosis/sniff.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum sniffed is = sniff(data, size);

    if (is > SNIFFED_OTHER || (is == SNIFFED_NOTHING) != (size == 0)) {
        abort();
    }
    /* What lies behind the bytes that are looked at cannot change the verdict. */
    if (size > SNIFF_BYTES && sniff(data, SNIFF_BYTES) != is) {
        abort();
    }
    return 0;
}
