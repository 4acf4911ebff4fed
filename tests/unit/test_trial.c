/* What a CA does to its clients only when a test of theirs asks for it. */
#include "acme/trial.h"

#include "tests/cmocka.h"
#include "tests/fake/ca.h"

TEST(chance_is_what_was_asked_for)
{
	unsigned n = 0;

	for (unsigned i = 0; i < 1000; i++) {
		assert_false(trial_chance(0));
		assert_true(trial_chance(100));
		n += trial_chance(30);
	}
	assert_true(n > 200 && n < 400);
}

/* NON-15, BLD-50: spent all the same, and a fresh one comes with the refusal. */
TEST(good_nonces_are_refused)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	const char *path = fake_path(c->kid);
	struct fake_reply *r;
	const char *frame;

	w->config.trial.nonce_reject = 100;
	frame = fake_frame(c, path, "");
	r = fake_send(w, path, frame);
	assert_true(fake_problem(w, r, 400, "badNonce"));
	assert_non_null(fake_header(r, "Replay-Nonce"));
	w->config.trial.nonce_reject = 0;
	assert_true(fake_problem(w, fake_send(w, path, frame), 400,
	    "badNonce"));
	assert_int_equal(fake_post(c, path, "")->status, 200);
}

/* NON-15: many clients try once more, and no more than once. */
TEST(the_nonce_of_a_refusal_is_not_refused)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	const char *path = fake_path(c->kid);
	unsigned refused = 0;

	w->config.trial.nonce_reject = 50;
	for (int i = 0; i < 40; i++) {
		struct fake_reply *r = fake_post(c, path, "");

		assert_false(trial_refuses(fake_header(fake_get(w,
		                                           "/acme/new-nonce"),
		                               "Replay-Nonce"),
		    50));
		if (r->status == 200)
			continue;
		refused++;
		assert_false(trial_refuses(fake_header(r, "Replay-Nonce"), 50));
	}
	assert_true(refused > 5 && refused < 35);
}

/* BLD-51. */
TEST(proofs_are_not_used_again)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order one, two;

	one = fake_order(c, "a.example");
	fake_prove(c, &one);
	two = fake_order(c, "a.example,b.example");
	assert_string_equal(two.authz[0], one.authz[0]);
	w->config.trial.authz_reuse = 0;
	two = fake_order(c, "a.example,c.example");
	assert_string_not_equal(two.authz[0], one.authz[0]);
	assert_string_equal(fake_status(c, two.authz[0]), "pending");
}

/* BLD-52. */
TEST(the_first_look_waits)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "a.example");
	int64_t began = loop_now(w->loop);

	w->config.trial.delay_ms = 300;
	w->config.linger_ms = w->config.linger_challenge_ms = 0;
	assert_int_equal(fake_post(c, o.http01[0], "{}")->status, 200);
	assert_int_equal(w->network.looks, 0);
	assert_string_equal(fake_status(c, o.authz[0]), "pending");
	assert_true(fake_becomes(c, o.authz[0], "valid"));
	assert_int_equal(w->network.looks, 1);
	assert_true(loop_now(w->loop) - began >= 300);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chance_is_what_was_asked_for),
		CA_CASE(good_nonces_are_refused),
		CA_CASE(the_nonce_of_a_refusal_is_not_refused),
		CA_CASE(proofs_are_not_used_again),
		CA_CASE(the_first_look_waits),
	};

	return cmocka_run_group_tests_name("trial", tests, NULL, NULL);
}
