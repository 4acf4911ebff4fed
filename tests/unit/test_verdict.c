/* A verdict is recorded, whatever was seen on the way to it. */
#include "acme/verdict.h"

#include "acme/acme_int.h"
#include "tests/store.h"

enum { LOOK_RECORDS = 128 }; /* as many as one probe may leave */

struct court {
	struct bed b;
	struct acme_config config;
	struct acme ca;
	struct probe probe;
	struct verdict v;
};

static void
court_new(struct court *c)
{
	struct authz *z;
	struct batch *batch;

	memset(c, 0, sizeof(*c));
	bed_new(&c->b);
	c->config.authz_s = 3600;
	c->ca.deps.store = c->b.st;
	c->ca.deps.loop = c->b.loop;
	c->ca.deps.config = &c->config;
	z = some_authz(c->b.a, id_new(1), "www.example.test");
	z->challenges[0].status = CHALLENGE_PROCESSING;
	batch = batch_new(c->b.a);
	batch_put_authz(batch, z);
	assert_int_equal(bed_commit(&c->b, batch), OK);
	c->probe.ident = z->ident;
	c->probe.arena = c->b.a;
	c->probe.result = PROBE_UNREACHED;
	(void)fault(&c->probe.fault, ERR_CONNECTION, "refused");
	c->v = (struct verdict){ .probe = &c->probe,
		.type = "http-01",
		.due = { .kind = DUE_VALIDATION, .object = z->id },
		.at_ms = 1700000000000,
		.looks = 5 };
}

static void
see(struct court *c, const char *question, size_t times)
{
	struct evidence *e;

	while (times-- > 0) {
		e = ARENA_NEW(c->b.a, struct evidence);
		e->who = "http-01";
		e->question = question;
		e->next = c->probe.evidence;
		c->probe.evidence = e;
	}
}

/* Give the verdict; the authorization as it is then. */
static struct authz *
given(struct court *c)
{
	struct batch *batch = batch_new(c->b.a);
	struct authz *z;
	struct snap *s;

	assert_true(verdict_stage(&c->ca, &c->v, batch, c->b.a));
	assert_int_equal(bed_commit(&c->b, batch), OK);
	s = snap_open(c->b.st);
	z = snap_authz(s, c->b.a, c->v.due.object);
	snap_close(s);
	assert_non_null(z);
	return z;
}

TEST(a_verdict_is_recorded_however_much_was_seen)
{
	struct court c;
	struct authz *z;
	char *name;

	court_new(&c);
	name = arena_alloc(c.b.a, 1001, 1);
	memset(name, 'n', 1000);
	see(&c, "the last of it", 1);
	see(&c, name, LOOK_RECORDS - 2);
	see(&c, "the first of it", 1);
	z = given(&c);
	assert_int_equal(z->status, AUTHZ_INVALID);
	assert_true(strlen(z->evidence) <= 17 * 1024);
	assert_true(strlen(z->evidence) >= 15 * 1024);
	assert_non_null(strstr(z->evidence, "the last of it"));
	assert_null(strstr(z->evidence, "the first of it"));
	bed_free(&c.b);
}

TEST(what_is_no_text_costs_its_own_record_only)
{
	struct court c;
	struct authz *z;

	court_new(&c);
	see(&c, "second", 1);
	see(&c, "\xff\xfe", 1);
	see(&c, "first", 1);
	z = given(&c);
	assert_string_equal(z->evidence,
	    "[{\"at\":0,\"who\":\"http-01\",\"question\":\"first\"},"
	    "{\"at\":0,\"who\":\"http-01\",\"question\":\"second\"}]");
	bed_free(&c.b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_verdict_is_recorded_however_much_was_seen),
		cmocka_unit_test(what_is_no_text_costs_its_own_record_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
