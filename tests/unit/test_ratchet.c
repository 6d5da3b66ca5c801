/* Ticket keys that change by themselves: who has which of them at what time. */
#include "tls/ratchet.h"

#include <string.h>

#include "suite.h"

#define EPOCH(n) ((int64_t)(n)*RATCHET_EPOCH_S)
#define BEGIN    EPOCH(1000) /* when the seed is made */

static struct ratchet_seed seed;
static struct ratchet ratchet, other;

static void setup(void)
{
    ck_assert_int_eq(ratchet_seed_make(&seed, BEGIN), 0);
    ck_assert_int_eq(ratchet_init(&ratchet), 0);
    ck_assert_int_eq(ratchet_init(&other), 0);
    ck_assert_int_eq(ratchet_begin(&ratchet, &seed), 0);
}

static void teardown(void)
{
    ratchet_done(&ratchet);
    ratchet_done(&other);
}

static struct ticket_key key_at(struct ratchet *holder, int64_t now_s)
{
    struct ticket_key key;

    ratchet_current(holder, now_s, &key);
    return key;
}

static bool are_equal(struct ticket_key one, struct ticket_key two)
{
    return memcmp(&one, &two, sizeof one) == 0;
}

/* ---- which tickets are accepted ---- */

static const struct {
    const char *name;
    int64_t made, shown; /* in epochs after BEGIN */
    bool accepted;
    enum ratchet_age age;
} tickets[] = {
    {"at once", 0, 0, true, RATCHET_NOW},
    {"in the next epoch", 0, 1, true, RATCHET_BEFORE},
    {"two epochs later", 0, 2, false, RATCHET_NOW},
    {"much later", 0, 500, false, RATCHET_NOW},
    {"by who is one epoch behind", 1, 0, true, RATCHET_AFTER},
    {"by who is two epochs behind", 2, 0, false, RATCHET_NOW},
    {"of before the start, at the start", -1, 0, true, RATCHET_BEFORE},
};

START_TEST(a_ticket_is_accepted_in_its_epoch_and_beside_it)
{
    struct ratchet_seed early = seed;
    struct ticket_key key, found;
    enum ratchet_age age = RATCHET_NOW;

    early.epoch--; /* so that the maker of tickets can be in the epoch before BEGIN */
    ck_assert_int_eq(ratchet_begin(&ratchet, &early), 0);
    ck_assert_int_eq(ratchet_begin(&other, &early), 0);
    key = key_at(&other, BEGIN + EPOCH(tickets[_i].made));
    bool accepted =
        ratchet_find(&ratchet, BEGIN + EPOCH(tickets[_i].shown), key.name, &found, &age);

    ck_assert_msg(accepted == tickets[_i].accepted, "%s", tickets[_i].name);
    if (accepted) {
        ck_assert_msg(age == tickets[_i].age, "%s", tickets[_i].name);
        ck_assert(are_equal(key, found));
    }
}
END_TEST

START_TEST(a_key_of_somebody_else_is_not_found)
{
    struct ratchet_seed stranger;
    struct ticket_key key, found;
    enum ratchet_age age;

    ck_assert_int_eq(ratchet_seed_make(&stranger, BEGIN), 0);
    ck_assert_int_eq(ratchet_begin(&other, &stranger), 0);
    key = key_at(&other, BEGIN);
    ck_assert(!ratchet_find(&ratchet, BEGIN, key.name, &found, &age));
}
END_TEST

/* ---- agreement ---- */

static const int64_t times[] = {0, 1, RATCHET_EPOCH_S - 1, RATCHET_EPOCH_S, EPOCH(2), EPOCH(7) + 5};

START_TEST(who_has_the_same_seed_has_the_same_keys_at_any_time)
{
    ck_assert_int_eq(ratchet_begin(&other, &seed), 0);
    ck_assert(are_equal(key_at(&ratchet, BEGIN + times[_i]), key_at(&other, BEGIN + times[_i])));
    ck_assert_mem_eq(ratchet.keys, other.keys, sizeof ratchet.keys);
}
END_TEST

START_TEST(who_gets_the_seed_later_agrees_with_who_was_there)
{
    ratchet_step(&ratchet, BEGIN + times[_i]);
    ratchet_seed_step(&seed, BEGIN + times[_i]);
    ck_assert_int_eq(ratchet_begin(&other, &seed), 0);
    ratchet_step(&other, BEGIN + times[_i]);
    ck_assert_int_eq(ratchet.epoch, other.epoch);
    ck_assert_mem_eq(ratchet.keys, other.keys, sizeof ratchet.keys);
    ck_assert_mem_eq(ratchet.chain, other.chain, sizeof ratchet.chain);
}
END_TEST

START_TEST(many_steps_at_once_are_many_single_steps)
{
    ck_assert_int_eq(ratchet_begin(&other, &seed), 0);
    for (int i = 0; i <= 30; i++) {
        ratchet_step(&ratchet, BEGIN + EPOCH(i));
    }
    ratchet_step(&other, BEGIN + EPOCH(30));
    ck_assert_int_eq(ratchet.epoch, other.epoch);
    ck_assert_mem_eq(ratchet.keys, other.keys, sizeof ratchet.keys);
}
END_TEST

START_TEST(a_key_stays_for_an_epoch_and_is_another_in_the_next)
{
    struct ticket_key first = key_at(&ratchet, BEGIN);

    ck_assert(are_equal(first, key_at(&ratchet, BEGIN + RATCHET_EPOCH_S - 1)));
    ck_assert(!are_equal(first, key_at(&ratchet, BEGIN + RATCHET_EPOCH_S)));
}
END_TEST

/* ---- what is over is over ---- */

static bool remembers(const void *where, size_t size, const void *what, size_t len)
{
    return memmem(where, size, what, len) != NULL;
}

START_TEST(nothing_of_an_old_epoch_is_left_after_two_steps)
{
    struct ticket_key key = key_at(&ratchet, BEGIN);

    ratchet_step(&ratchet, BEGIN + EPOCH(1));
    ck_assert(remembers(&ratchet, sizeof ratchet, key.cipher_key, sizeof key.cipher_key));
    ratchet_step(&ratchet, BEGIN + EPOCH(2));
    ck_assert(!remembers(&ratchet, sizeof ratchet, key.cipher_key, sizeof key.cipher_key));
    ck_assert(!remembers(&ratchet, sizeof ratchet, seed.chain, sizeof seed.chain));
}
END_TEST

START_TEST(a_seed_forgets_the_chain_that_is_over)
{
    struct ratchet_seed before = seed;

    ratchet_seed_step(&seed, BEGIN + RATCHET_EPOCH_S - 1);
    ck_assert_mem_eq(&seed, &before, sizeof seed);
    ratchet_seed_step(&seed, BEGIN + RATCHET_EPOCH_S);
    ck_assert_int_eq(seed.epoch, before.epoch + 1);
    ck_assert_mem_ne(seed.chain, before.chain, sizeof seed.chain);
}
END_TEST

START_TEST(time_that_goes_back_changes_nothing)
{
    struct ticket_key key = key_at(&ratchet, BEGIN + EPOCH(5));

    ratchet_seed_step(&seed, BEGIN + EPOCH(5));
    struct ratchet_seed before = seed;

    ck_assert(are_equal(key, key_at(&ratchet, BEGIN)));
    ratchet_seed_step(&seed, BEGIN);
    ck_assert_mem_eq(&seed, &before, sizeof seed);
}
END_TEST

START_TEST(a_long_sleep_is_made_up_for_in_steps_of_bounded_work)
{
    int64_t now_s = BEGIN + EPOCH(2 * RATCHET_EPOCHS_MAX + 1);
    int64_t before = ratchet.epoch;

    ratchet_step(&ratchet, now_s);
    ck_assert_int_eq(ratchet.epoch, before + RATCHET_EPOCHS_MAX);
    ck_assert_int_eq(ratchet_due_ms(&ratchet, now_s), 0); /* there is more to do at once */
    ratchet_step(&ratchet, now_s);
    ratchet_step(&ratchet, now_s);
    ck_assert_int_eq(ratchet.epoch, before + 2 * RATCHET_EPOCHS_MAX + 1);
    ck_assert_int_gt(ratchet_due_ms(&ratchet, now_s), 0);
}
END_TEST

START_TEST(a_step_is_due_when_the_epoch_ends)
{
    ck_assert_int_eq(ratchet_due_ms(&ratchet, BEGIN), RATCHET_EPOCH_S * 1000);
    ck_assert_int_eq(ratchet_due_ms(&ratchet, BEGIN + RATCHET_EPOCH_S - 1), 1000);
    ck_assert_int_eq(ratchet_due_ms(&ratchet, BEGIN + RATCHET_EPOCH_S), 0);
    ck_assert_int_eq(ratchet_seed_due_ms(&seed, BEGIN), RATCHET_EPOCH_S * 1000);
    ck_assert_int_eq(ratchet_seed_due_ms(&seed, BEGIN + RATCHET_EPOCH_S), 0);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, a_ticket_is_accepted_in_its_epoch_and_beside_it, 0, COUNT(tickets));
    tcase_add_test(tests, a_key_of_somebody_else_is_not_found);
    tcase_add_loop_test(tests, who_has_the_same_seed_has_the_same_keys_at_any_time, 0,
                        COUNT(times));
    tcase_add_loop_test(tests, who_gets_the_seed_later_agrees_with_who_was_there, 0, COUNT(times));
    tcase_add_test(tests, many_steps_at_once_are_many_single_steps);
    tcase_add_test(tests, a_key_stays_for_an_epoch_and_is_another_in_the_next);
    tcase_add_test(tests, nothing_of_an_old_epoch_is_left_after_two_steps);
    tcase_add_test(tests, a_seed_forgets_the_chain_that_is_over);
    tcase_add_test(tests, time_that_goes_back_changes_nothing);
    tcase_add_test(tests, a_long_sleep_is_made_up_for_in_steps_of_bounded_work);
    tcase_add_test(tests, a_step_is_due_when_the_epoch_ends);
}

int main(void)
{
    return suite_run("ratchet", add, setup, teardown);
}
