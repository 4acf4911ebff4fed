/* Pruning keeps up with issuance, and the file keeps its level (DESIGN 6). */
#include "acme/due.h"

#include "acme/acme_int.h"
#include "tests/cmocka.h"
#include "tests/fake/ca.h"
#include "tests/mix.h"

enum {
	LIFETIME_S = 600,
	LIFETIMES = 6,
	AT_ONCE = 25,     /* issuances in a batch of the test's own */
	ISSUED = 40 * 25, /* in a lifetime */
	OWN = 4,          /* rows and events of the CA's own */
};

static void
mix_short(struct mix *m, struct fake_ca *w)
{
	mix_init(m, id_new(loop_now(w->loop)), LIFETIME_S, 0);
	m->order_s = m->authz_s = LIFETIME_S;
}

/* A lifetime's worth of what is over, as if it had been issued just now. */
static void
issue_many(struct fake_ca *w, struct mix *m)
{
	struct mix_issuance last;

	for (unsigned n = 0; n < ISSUED; n += AT_ONCE) {
		struct arena *a = arena_new();
		struct batch *b = batch_new(a);

		for (unsigned i = 0; i < AT_ONCE; i++) {
			(void)snprintf(last.name, sizeof(last.name),
			    "host-%u.example", n + i);
			mix_past(b, a, m, &last, true, loop_now(w->loop));
		}
		fake_commit(w, b);
		arena_free(a);
	}
}

static struct store_stat
stat_of(struct fake_ca *w)
{
	struct store_stat stat;

	store_stat(w->store, &stat);
	return stat;
}

TEST(all_of_a_lifetime_goes_in_one_pass_and_the_level_stays)
{
	struct fake_ca *w = *state;
	struct mix m;
	struct store_stat now;
	uint64_t level = 0;

	w->config.keep_s = 0;
	w->config.keep_journal_s = LIFETIME_S;
	acme_resume(w->ca);
	mix_short(&m, w);
	for (int i = 1; i <= LIFETIMES; i++) {
		issue_many(w, &m);
		assert_int_equal(stat_of(w).certificates, ISSUED);
		if (i == 2) /* with what lies between two lifetimes */
			level = stat_of(w).used_bytes;
		if (i > 2)
			assert_true(stat_of(w).used_bytes <= level + level / 8);
		fake_clock(w, (int64_t)i * 2 * LIFETIME_S * 1000);
		FAKE_UNTIL(w,
		    stat_of(w).certificates == 0 && stat_of(w).events <= OWN);
		now = stat_of(w);
		assert_int_equal(now.orders, 0);
		assert_int_equal(now.authzs, 0);
		assert_true(now.events <= OWN);
		assert_true(now.due <= OWN);
	}
}

/* A row of a later kind, behind many of an earlier one. */
TEST(what_is_urgent_does_not_wait_for_what_is_much)
{
	struct fake_ca *w = *state;
	struct mix m;
	struct due d = { .kind = DUE_ISSUANCE, .object = issuer_id(1) };
	struct batch *b;

	w->config.keep_s = 0;
	acme_resume(w->ca);
	fake_settle(w);
	mix_short(&m, w);
	issue_many(w, &m);
	fake_clock(w, 2LL * LIFETIME_S * 1000);
	FAKE_UNTIL(w, stat_of(w).orders < ISSUED);
	assert_true(stat_of(w).orders > 0);
	b = batch_new(w->arena);
	d.at_ms = loop_now(w->loop) - 1;
	batch_due(b, &d);
	fake_commit(w, b);
	FAKE_UNTIL(w, fake_due_rows(w, DUE_ISSUANCE) == 0 ||
	                  stat_of(w).certificates == 0);
	assert_true(stat_of(w).certificates > 0);
}

/* The first pass takes rows over from before it; those of now as well. */
TEST(a_first_pass_of_more_than_a_lease_sees_what_is_urgent)
{
	struct fake_ca *w = *state;
	struct mix m;
	struct due d = { .kind = DUE_ISSUANCE, .object = issuer_id(1) };
	struct batch *b;

	w->config.keep_s = 0;
	mix_short(&m, w);
	issue_many(w, &m);
	fake_clock(w, 2LL * LIFETIME_S * 1000);
	acme_resume(w->ca);
	FAKE_UNTIL(w, stat_of(w).orders < ISSUED);
	assert_true(stat_of(w).orders > 0);
	fake_clock(w, (2LL * LIFETIME_S + 70) * 1000);
	b = batch_new(w->arena);
	d.at_ms = loop_now(w->loop) - 1;
	batch_due(b, &d);
	fake_commit(w, b);
	FAKE_UNTIL(w, fake_due_rows(w, DUE_ISSUANCE) == 0 ||
	                  stat_of(w).certificates == 0);
	assert_true(stat_of(w).certificates > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CA_CASE(all_of_a_lifetime_goes_in_one_pass_and_the_level_stays),
		CA_CASE(what_is_urgent_does_not_wait_for_what_is_much),
		CA_CASE(a_first_pass_of_more_than_a_lease_sees_what_is_urgent),
	};

	return cmocka_run_group_tests_name("prune", tests, NULL, NULL);
}
