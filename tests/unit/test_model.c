/*
 * The state machines, walked at random (RFC 8555, 7.1.6; CONFORMANCE 29): what
 * can be asked for is asked for in any order, what must come of it is known
 * from what was seen before, and whatever is seen after must be a legal move.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tests/cmocka.h"
#include "tests/fake/ca.h"

enum { STEPS = 120, WALKS = 2, ORDERS = 5, AUTHZS = 3 * ORDERS, NAMES = 4 };

static const char *const sets[NAMES] = { "a.example", "b.example,c.example",
	"*.a.example", "a.example,b.example" };

/* What may be seen later, if this was seen before: moves, and moves of those. */
static const struct {
	const char *what, *from, *to;
} seen_after[] = {
	{ "challenge", "pending", "processing valid invalid" },
	{ "challenge", "processing", "valid invalid" },
	{ "authz", "pending", "valid invalid expired deactivated" },
	{ "authz", "valid", "expired deactivated revoked" },
	{ "order", "pending", "ready processing valid invalid" },
	{ "order", "ready", "processing valid invalid" },
	{ "order", "processing", "valid invalid" },
};

struct seen {
	const char *what, *path;
	char status[16];
};

struct walk {
	struct fake_ca *w;
	struct fake_client *c;
	struct fake_order orders[ORDERS];
	const char *names[ORDERS];
	size_t n_orders;
	struct seen seen[ORDERS + 2 * AUTHZS + 2 * ORDERS * 8];
	size_t n_seen;
	uint64_t state;
	const char *did;
};

static unsigned
chance(struct walk *k, unsigned n)
{
	k->state = k->state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(k->state >> 33) % n;
}

/* A move that the table does not have; what is not in it is final. */
static void
check_move(const struct walk *k, const struct seen *was, const char *now)
{
	if (strcmp(was->status, now) == 0)
		return;
	for (size_t i = 0; i < sizeof(seen_after) / sizeof(seen_after[0]); i++)
		if (strcmp(seen_after[i].what, was->what) == 0 &&
		    strcmp(seen_after[i].from, was->status) == 0 &&
		    strstr(seen_after[i].to, now) != NULL)
			return;
	fail_msg("%s: %s %s was %s and is %s", k->did, was->what, was->path,
	    was->status, now);
}

static void
saw(struct walk *k, const char *what, const char *path, const char *status)
{
	struct seen *s;

	for (size_t i = 0; i < k->n_seen; i++)
		if (strcmp(k->seen[i].path, path) == 0) {
			check_move(k, &k->seen[i], status);
			(void)snprintf(k->seen[i].status,
			    sizeof(k->seen[i].status), "%s", status);
			return;
		}
	assert_true(k->n_seen < sizeof(k->seen) / sizeof(k->seen[0]));
	s = &k->seen[k->n_seen++];
	s->what = what;
	s->path = path;
	(void)snprintf(s->status, sizeof(s->status), "%s", status);
}

/* The status of an authorization; its challenges are seen on the way. */
static const char *
look_at_authz(struct walk *k, const char *path)
{
	struct fake_ca *w = k->w;
	struct fake_reply *r = fake_post(k->c, path, "");
	size_t n = fake_json_count(w, r, "challenges");
	const char *status;

	assert_int_equal(r->status, 200);
	status = fake_json(w, r, "status");
	saw(k, "authz", path, status);
	for (size_t i = 0; i < n; i++) {
		const char *at = arena_printf(w->arena, "challenges.%zu", i);
		const char *url =
		    fake_json(w, r, arena_printf(w->arena, "%s.url", at));
		const char *is =
		    fake_json(w, r, arena_printf(w->arena, "%s.status", at));

		saw(k, "challenge", fake_path(url), is);
		/* Whatever is invalid says why, and nothing else does. */
		assert_int_equal(fake_json(w, r,
		                     arena_printf(w->arena, "%s.error", at)) !=
		                     NULL,
		    strcmp(is, "invalid") == 0);
		if (strcmp(status, "pending") == 0)
			assert_null(strstr("valid invalid", is));
	}
	return status;
}

static const char *
look_at_order(struct walk *k, const struct fake_order *o)
{
	struct fake_reply *r = fake_post(k->c, o->path, "");
	const char *status;

	assert_int_equal(r->status, 200);
	status = fake_json(k->w, r, "status");
	saw(k, "order", o->path, status);
	assert_int_equal(fake_json(k->w, r, "certificate") != NULL,
	    strcmp(status, "valid") == 0);
	assert_int_equal(fake_json(k->w, r, "error") != NULL,
	    strcmp(status, "invalid") == 0);
	return status;
}

/* STM-03: what an order says follows from what its authorizations say. */
static void
look_at_all(struct walk *k)
{
	for (size_t i = 0; i < k->n_orders; i++) {
		const struct fake_order *o = &k->orders[i];
		const char *status = look_at_order(k, o);
		size_t valid = 0, lost = 0;

		for (size_t j = 0; j < o->n; j++) {
			const char *z = look_at_authz(k, o->authz[j]);

			valid += strcmp(z, "valid") == 0;
			lost += strcmp(z, "valid") != 0 &&
			        strcmp(z, "pending") != 0;
		}
		if ((strcmp(status, "ready") == 0 && valid != o->n) ||
		    (strcmp(status, "pending") == 0 &&
		        (lost > 0 || valid == o->n)))
			fail_msg("%s: %s is %s; %zu of %zu valid, %zu lost",
			    k->did, o->path, status, valid, o->n, lost);
	}
}

static void
order(struct walk *k)
{
	size_t at = k->n_orders < ORDERS ? k->n_orders++ : chance(k, ORDERS);

	k->did = "newOrder";
	k->names[at] = sets[chance(k, NAMES)];
	k->orders[at] = fake_order(k->c, k->names[at]);
}

/* 7.5.1: a response is taken while there is something to prove, or proven. */
static void
respond(struct walk *k, const struct fake_order *o)
{
	size_t i = chance(k, (unsigned)o->n);
	const char *url = o->http01[i] != NULL && chance(k, 2) != 0
	                      ? o->http01[i]
	                      : o->dns01[i];
	bool proves = chance(k, 3) != 0;
	const char *was = look_at_authz(k, o->authz[i]);
	bool open = strcmp(was, "pending") == 0 || strcmp(was, "valid") == 0;
	struct fake_reply *r;

	if (url == NULL)
		return;
	k->did = proves ? "a good response" : "a bad response";
	fake_network_says(&k->w->network,
	    proves ? PROBE_PROVED : PROBE_FORBIDDEN, 0);
	r = fake_post(k->c, url, "{}");
	fake_settle(k->w);
	if (open)
		assert_int_equal(r->status, 200);
	else
		assert_true(fake_problem(k->w, r, 400, "malformed"));
	if (strcmp(was, "pending") == 0)
		assert_string_equal(look_at_authz(k, o->authz[i]),
		    proves ? "valid" : "invalid");
}

/* 7.5.2 */
static void
give_up(struct walk *k, const struct fake_order *o)
{
	const char *path = o->authz[chance(k, (unsigned)o->n)],
	           *was = look_at_authz(k, path);
	struct fake_reply *r = fake_post(k->c, path,
	    chance(k, 4) != 0 ? "{\"status\":\"deactivated\"}"
	                      : "{\"status\":\"valid\"}");

	k->did = "deactivation";
	if (r->status == 200) {
		assert_non_null(strstr("pending valid deactivated", was));
		assert_string_equal(fake_json(k->w, r, "status"),
		    "deactivated");
	} else {
		assert_true(fake_problem(k->w, r, 400, "malformed"));
	}
}

/* 7.4 */
static void
finalize(struct walk *k, size_t at)
{
	const struct fake_order *o = &k->orders[at];
	bool good = chance(k, 3) != 0;
	const char *was = look_at_order(k, o);
	size_t issued = fake_events(k->w, "certificate.issued");
	struct fake_reply *r = fake_post(k->c, o->finalize,
	    fake_csr(k->c, good ? k->names[at] : "other.example"));

	k->did = good ? "finalize" : "finalize with other names";
	fake_settle(k->w);
	if (strcmp(was, "ready") != 0)
		assert_true(fake_problem(k->w, r, 403, "orderNotReady"));
	else if (!good)
		assert_true(fake_problem(k->w, r, 400, "badCSR"));
	else
		assert_true(fake_becomes(k->c, o->path, "valid"));
	assert_int_equal(fake_events(k->w, "certificate.issued"),
	    issued + (good && strcmp(was, "ready") == 0));
}

static void
step(struct walk *k, int64_t *ahead_ms)
{
	size_t at = k->n_orders == 0 ? 0 : chance(k, (unsigned)k->n_orders);
	unsigned what = k->n_orders == 0 ? 0 : chance(k, 12);

	if (what == 0)
		order(k);
	else if (what < 6)
		respond(k, &k->orders[at]);
	else if (what == 6)
		give_up(k, &k->orders[at]);
	else if (what < 10)
		finalize(k, at);
	else if (what == 10) {
		k->did = "time";
		fake_clock(k->w, *ahead_ms += 607 * 1000);
	} else {
		k->did = "a restart";
		fake_ca_restart(k->w);
		acme_resume(k->w->ca);
		fake_settle(k->w);
	}
}

/* Another each time, and said, unless MODEL_SEED asks for it again. */
static uint64_t
seed(void)
{
	const char *asked = getenv("MODEL_SEED");
	uint64_t n =
	    asked != NULL ? strtoull(asked, NULL, 10) : (uint64_t)time(NULL);

	print_message("# MODEL_SEED=%llu\n", (unsigned long long)n);
	return n;
}

/* STM-01, STM-02, STM-03, STM-04. */
TEST(no_walk_sees_what_the_table_does_not_have)
{
	for (unsigned walk = 0; walk < WALKS; walk++) {
		struct fake_ca *w = fake_ca_new();
		struct walk k = { .w = w,
			.state = walk == 0 ? 1 : seed(),
			.did = "nothing" };
		int64_t ahead_ms = 0;

		w->config.linger_ms = w->config.linger_challenge_ms = 1;
		w->config.keep_s = 7 * 24 * 3600; /* nothing is pruned */
		k.c = fake_client_new(w);
		for (unsigned i = 0; i < STEPS; i++) {
			step(&k, &ahead_ms);
			look_at_all(&k);
		}
		fake_ca_free(w);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_walk_sees_what_the_table_does_not_have),
	};

	return cmocka_run_group_tests_name("model", tests, NULL, NULL);
}
