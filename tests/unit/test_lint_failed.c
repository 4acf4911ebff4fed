/* An order whose bytes the lint refuses: nothing is recorded, all is told. */
#include "crypto/lint.h"
#include "tests/cmocka.h"
#include "tests/fake/ca.h"

/* In place of the lint's own: what is built would pass that. */
static bool lint_refuses;

enum err
tbs_lint(const struct profile *p, const struct leaf *leaf, const uint8_t *tbs,
    size_t len, struct fault *f)
{
	(void)p;
	(void)leaf;
	(void)tbs;
	(void)len;
	return lint_refuses ? fault(f, ERR_LINT, "lint: a secret reason") : OK;
}

/*
 * CPR-14, FIN-16, BLD-41: fail closed: the order ends, nothing was recorded
 * or signed.
 */
TEST(what_the_lint_refuses_is_neither_recorded_nor_signed)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "a.example");
	const struct order *record;
	struct fake_reply *r;
	unsigned asks = w->keeper_asks;

	fake_prove(c, &o);
	lint_refuses = true;
	r = fake_post(c, o.finalize, fake_csr(c, "a.example"));
	assert_int_equal(r->status, 200);
	assert_string_equal(fake_json(w, r, "status"), "invalid");
	assert_string_equal(fake_json(w, r, "error.type"),
	    "urn:ietf:params:acme:error:serverInternal");
	assert_null(strstr(r->body, "secret"));
	assert_int_equal(fake_events(w, "lint.failed"), 1);
	assert_int_equal(fake_events(w, "order.processing"), 0);
	assert_int_equal(w->keeper_asks, asks);
	record = fake_order_record(w, o.path);
	assert_int_equal(record->status, ORDER_INVALID);
	assert_int_equal(record->tbs_len, 0);
	assert_int_equal(fake_due_rows(w, DUE_ISSUANCE), 0);
	r = fake_post(c, o.finalize, fake_csr(c, "a.example"));
	assert_true(fake_problem(w, r, 403, "orderNotReady"));
	lint_refuses = false; /* the proof is as good as it was */
	(void)fake_issue(c, "a.example");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CA_CASE(what_the_lint_refuses_is_neither_recorded_nor_signed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
