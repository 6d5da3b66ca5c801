/* Any bytes: sniff() stays within them and knows "nothing" from "something". */
#include <assert.h>

#include "diagnosis/sniff.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    enum sniffed is = sniff(data, len);

    assert((is == SNIFFED_NOTHING) == (len == 0));
    /* What lies behind the bytes that are looked at cannot change the verdict. */
    assert(len <= SNIFF_BYTES || sniff(data, SNIFF_BYTES) == is);
    return 0;
}
