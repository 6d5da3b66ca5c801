/* Interfaces keep their names when nobody may ask for them any more. */
#include <string.h>
#include <sys/socket.h>

#include "net/zone.h"
#include "suite.h"

#define NO_INDEX 0x7fffffffu

/* Asked each time first, then from what was learnt: the same names. */
START_TEST(every_interface_has_its_name_before_and_after)
{
    struct if_nameindex *all = if_nameindex();
    char before[IF_NAMESIZE], after[IF_NAMESIZE];

    ck_assert_ptr_nonnull(all);
    for (size_t i = 0; all[i].if_index != 0; i++) {
        zone_name(all[i].if_index, before);
        zone_learn_all();
        zone_name(all[i].if_index, after);
        ck_assert_str_eq(before, all[i].if_name);
        ck_assert_str_eq(after, all[i].if_name);
    }
    if_freenameindex(all);
}
END_TEST

START_TEST(what_has_no_name_has_its_number)
{
    char name[IF_NAMESIZE];

    zone_name(NO_INDEX, name);
    ck_assert_str_eq(name, "2147483647");
    zone_learn_all();
    zone_name(NO_INDEX, name);
    ck_assert_str_eq(name, "2147483647");
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, what_has_no_name_has_its_number);
    tcase_add_test(tests, every_interface_has_its_name_before_and_after);
}

int main(void)
{
    return suite_run("zone", add, NULL, NULL);
}
