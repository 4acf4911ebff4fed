/* Buckets: what passes, when the next may come, what memory it takes. */
#include "acme/limits.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "crypto/digest.h"
#include "tests/cmocka.h"

enum { HOUR = 3600 * 1000 };
static const int64_t t0 = 1700000000000;

static struct charge
of(enum limit limit, const char *who, unsigned n, struct rate rate)
{
	return (struct charge){ .limit = limit,
		.rate = rate,
		.who = who,
		.who_len = strlen(who),
		.n = n };
}

static int64_t
take(struct limits *l, const char *who, unsigned n, int64_t now)
{
	struct charge c = of(LIMIT_ORDERS, who, n, (struct rate){ 10, HOUR });
	const struct charge *hit = NULL;
	int64_t wait = limits_take(l, &c, 1, now, &hit);

	assert_int_equal(hit != NULL, wait > 0);
	return wait;
}

static int
setup(void **state)
{
	crypto_start();
	*state = limits_new();
	return 0;
}

static int
teardown(void **state)
{
	limits_free(*state);
	return 0;
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

/* RL-02, RL-06: a full bucket may be emptied at once; then it drips. */
TEST(what_is_left_can_be_taken_and_the_next_comes_in_its_time)
{
	struct limits *l = *state;

	for (int i = 0; i < 10; i++)
		assert_int_equal(take(l, "a", 1, t0), 0);
	assert_int_equal(take(l, "a", 1, t0), HOUR / 10);
	assert_int_equal(take(l, "b", 1, t0), 0); /* its own */
	/* Refused is not taken; at the time told, and not before, it passes. */
	assert_int_equal(take(l, "a", 1, t0 + HOUR / 10 - 1), 1);
	assert_int_equal(take(l, "a", 1, t0 + HOUR / 10), 0);
	assert_int_equal(take(l, "a", 1, t0 + HOUR / 10), HOUR / 10);
	/* More at a time takes longer; more than there ever is, the whole. */
	assert_int_equal(take(l, "a", 3, t0 + HOUR / 10), 3 * HOUR / 10);
	assert_int_equal(take(l, "a", 1000, t0 + HOUR / 10), HOUR);
	assert_int_equal(take(l, "a", 1000, t0 + HOUR / 10 + HOUR), 0);
	assert_int_equal(limits_hits(l, LIMIT_ORDERS), 5);
	assert_int_equal(limits_hits(l, LIMIT_ACCOUNTS), 0);
}

/* RL-02: of several limits, the one that takes longest is told; none is taken. */
TEST(all_are_taken_or_none)
{
	struct limits *l = *state;
	const struct rate few = { 1, HOUR }, fewer = { 1, 2 * HOUR },
	                  many = { 2, HOUR };
	struct charge c[3] = { of(LIMIT_ORDERS, "a", 1, few),
		of(LIMIT_PENDING, "a", 1, many),
		of(LIMIT_DUPLICATES, "a", 1, fewer) };
	const struct charge *hit = NULL;

	assert_int_equal(limits_take(l, c, 3, t0, &hit), 0);
	assert_int_equal(limits_take(l, c, 3, t0, &hit), 2 * HOUR);
	assert_ptr_equal(hit, &c[2]);
	/* The middle one had one left, and has it still. */
	assert_int_equal(limits_take(l, &c[1], 1, t0, &hit), 0);
	assert_int_equal(limits_take(l, &c[1], 1, t0, &hit), HOUR / 2);
}

/* RL-07, BLD-21: what failed has cost nothing. */
TEST(what_is_given_back_can_be_taken_again)
{
	struct limits *l = *state;
	struct charge c = of(LIMIT_ORDERS, "a", 4, (struct rate){ 10, HOUR });
	const struct charge *hit = NULL;

	for (int i = 0; i < 100; i++) {
		assert_int_equal(limits_take(l, &c, 1, t0, &hit), 0);
		limits_refund(l, &c, 1, t0);
	}
	assert_int_equal(take(l, "a", 10, t0), 0);
	/* Never more than full. */
	for (int i = 0; i < 100; i++)
		limits_refund(l, &c, 1, t0);
	assert_int_equal(take(l, "a", 10, t0), 0);
	assert_true(take(l, "a", 1, t0) > 0);
}

TEST(asking_takes_nothing_and_counting_asks_nothing)
{
	struct limits *l = *state;
	struct charge c = of(LIMIT_FAILURES, "a", 1, (struct rate){ 2, HOUR });
	const struct charge *hit = NULL;

	c.only_ask = true;
	for (int i = 0; i < 10; i++)
		assert_int_equal(limits_take(l, &c, 1, t0, &hit), 0);
	c.only_ask = false;
	for (int i = 0; i < 10; i++) /* more than there is makes it empty */
		limits_count(l, &c, t0);
	assert_int_equal(limits_take(l, &c, 1, t0, &hit), HOUR / 2);
}

TEST(a_limit_that_is_off_lets_all_pass)
{
	struct limits *l = *state;
	struct charge c = of(LIMIT_ORDERS, "a", 1000, (struct rate){ 0, 0 });
	const struct charge *hit = NULL;

	for (int i = 0; i < 1000; i++)
		assert_int_equal(limits_take(l, &c, 1, t0, &hit), 0);
	limits_count(l, &c, t0);
	limits_refund(l, &c, 1, t0);
}

TEST(a_clock_that_is_set_back_keeps_nobody_out_for_long)
{
	struct limits *l = *state;

	assert_int_equal(take(l, "a", 10, t0 + 1000LL * HOUR), 0);
	assert_in_range(take(l, "a", 1, t0), 1, HOUR);
	assert_int_equal(take(l, "a", 1, t0 + HOUR), 0);
}

/* SEC-02: whoever comes by however many names, memory does not grow. */
TEST(many_names_take_no_more_memory_and_push_out_the_fullest)
{
	struct limits *l = *state;
	char who[32];

	assert_int_equal(take(l, "steady", 10, t0), 0);
	for (int i = 0; i < 60000; i++) {
		(void)snprintf(who, sizeof(who), "passer-by %d", i);
		assert_int_equal(take(l, who, 1, t0), 0);
	}
	assert_true(take(l, "steady", 1, t0) > 0);
}

static void *
take_some(void *arg)
{
	static _Atomic int taken;

	for (int i = 0; i < 10000; i++) {
		struct charge c =
		    of(LIMIT_ORDERS, "all", 1, (struct rate){ 15000, HOUR });
		const struct charge *hit = NULL;

		if (limits_take(arg, &c, 1, t0, &hit) == 0)
			taken++;
	}
	return (void *)&taken;
}

TEST(threads_share_what_there_is)
{
	pthread_t threads[4];
	void *taken = NULL;

	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, take_some,
		                     *state),
		    0);
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_join(threads[i], &taken), 0);
	assert_int_equal(*(_Atomic int *)taken, 15000);
}

TEST(a_rate_is_read_as_it_is_written)
{
	static const char *const good[] = { "300/1h", "1/1s", "7/90s", "5/2d",
		"1/250ms", "0" };
	struct arena *a = arena_new();
	struct rate r;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(rate_read(good[i], &r));
		assert_string_equal(rate_text(r, a), good[i]);
	}
	assert_false(rate_read("", &r));
	assert_false(rate_read("1/1h ", &r));
	assert_false(rate_read("/1h", &r));
	assert_false(rate_read("-1/1h", &r));
	arena_free(a);
}

TEST(each_limit_has_a_name_of_its_own)
{
	for (int i = 0; i < LIMIT__COUNT; i++)
		for (int j = 0; j < i; j++)
			assert_string_not_equal(limit_row((enum limit)i)->name,
			    limit_row((enum limit)j)->name);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(what_is_left_can_be_taken_and_the_next_comes_in_its_time),
		CASE(all_are_taken_or_none),
		CASE(what_is_given_back_can_be_taken_again),
		CASE(asking_takes_nothing_and_counting_asks_nothing),
		CASE(a_limit_that_is_off_lets_all_pass),
		CASE(a_clock_that_is_set_back_keeps_nobody_out_for_long),
		CASE(many_names_take_no_more_memory_and_push_out_the_fullest),
		CASE(threads_share_what_there_is),
		cmocka_unit_test(a_rate_is_read_as_it_is_written),
		cmocka_unit_test(each_limit_has_a_name_of_its_own),
	};

	return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}
