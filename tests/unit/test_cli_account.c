/* `mayfly account …`, on a store that nobody else has open. */
#include "cli/account.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/guest.h"
#include "tests/cmocka.h"
#include "tests/hear.h"

enum { MAP = 64 << 20 };

struct place {
	char dir[64];
	struct arena *a;
	struct guest_asked asked;
	const char *ids[3]; /* of accounts; the last was deactivated */
};

static void
register_one(struct place *p, struct store *st, int i)
{
	static const char *const contacts[] = { "mailto:ops@a.example" };
	struct batch *b = batch_new(p->a);
	struct account *acct = ARENA_NEW(p->a, struct account);
	char *text = arena_alloc(p->a, ID_TEXT, 1);

	acct->id = id_new(1700000000000 + i);
	acct->status = i == 2 ? ACCOUNT_DEACTIVATED : ACCOUNT_VALID;
	acct->jwk = "{}";
	acct->thumbprint = arena_printf(p->a, "thumbprint-%d", i);
	acct->contacts = contacts;
	acct->n_contacts = i == 0;
	acct->created = 1700000000 + i;
	id_text(acct->id, text);
	p->ids[i] = text;
	batch_put_account(b, acct);
	assert_int_equal(guest_commit(st, b), OK);
}

static int
set_up(void **state)
{
	struct arena *a = arena_new();
	struct place *p = ARENA_NEW(a, struct place);
	struct fault f = { 0 };
	struct store *st;

	p->a = a;
	(void)snprintf(p->dir, sizeof(p->dir), "/tmp/mayfly-acct.XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	assert_int_equal(mkdir(arena_printf(a, "%s/db", p->dir), 0700), 0);
	p->asked = (struct guest_asked){ .dir = p->dir,
		.store = { .map_bytes = MAP },
		.now_ms = 1700000000123 };
	st = guest_open(p->dir, &p->asked.store, &f);
	assert_non_null(st);
	for (int i = 0; i < 3; i++)
		register_one(p, st, i);
	store_close(st);
	*state = p;
	return 0;
}

static int
tear_down(void **state)
{
	struct place *p = *state;
	int rc = system(arena_printf(p->a, "rm -rf '%s'", p->dir));

	arena_free(p->a);
	return rc;
}

static struct account *
record(struct place *p, int i)
{
	struct fault f = { 0 };
	struct store *st = guest_open(p->dir, &p->asked.store, &f);
	struct account *acct;
	struct snap *s;
	struct id id;

	assert_non_null(st);
	assert_true(id_parse(p->ids[i], &id));
	s = snap_open(st);
	acct = snap_account(s, p->a, id);
	snap_close(s);
	store_close(st);
	return acct;
}

static size_t
events(struct place *p, const char *kind)
{
	struct fault f = { 0 };
	struct store *st = guest_open(p->dir, &p->asked.store, &f);
	struct event e[32];
	struct snap *s;
	size_t n, found = 0;

	assert_non_null(st);
	s = snap_open(st);
	n = snap_events(s, p->a, 1, e, 32);
	snap_close(s);
	for (size_t i = 0; i < n; i++)
		found += strcmp(e[i].kind, kind) == 0;
	store_close(st);
	return found;
}

TEST(all_are_listed)
{
	struct place *p = *state;
	static struct said s;

	HEAR(s, cli_account_list(&p->asked));
	assert_int_equal(s.code, 0);
	for (int i = 0; i < 3; i++)
		assert_non_null(strstr(s.text, p->ids[i]));
	assert_non_null(strstr(s.text, "mailto:ops@a.example"));
	assert_non_null(strstr(s.text, "deactivated"));
	p->asked.json = true;
	HEAR(s, cli_account_list(&p->asked));
	assert_int_equal(s.code, 0);
	assert_int_equal(s.text[0], '[');
	assert_non_null(strstr(s.text,
	    arena_printf(p->a, "\"account\":\"%s\"", p->ids[1])));
}

TEST(one_is_shown_by_id_or_url)
{
	struct place *p = *state;
	static struct said s;

	HEAR(s, cli_account_show(&p->asked, p->ids[0]));
	assert_int_equal(s.code, 0);
	assert_non_null(strstr(s.text, "thumbprint-0"));
	HEAR(s, cli_account_show(&p->asked,
	            arena_printf(p->a, "https://ca.test/acme/account/%s",
	                p->ids[1])));
	assert_int_equal(s.code, 0);
	assert_non_null(strstr(s.text, "thumbprint-1"));
	p->asked.json = true;
	HEAR(s, cli_account_show(&p->asked, p->ids[1]));
	assert_non_null(strstr(s.text, "\"orders\":[]"));
}

TEST(what_is_not_there_is_told_apart)
{
	static const char *const none[] = { "", "x", "https://ca.test/",
		"AAAAAAAAAAAAAAAAAAAAAA" };
	struct place *p = *state;
	static struct said s;

	for (size_t i = 0; i < 4; i++) {
		HEAR(s, cli_account_show(&p->asked, none[i]));
		assert_int_equal(s.code, 3);
		assert_non_null(strstr(s.text, "account list"));
		HEAR(s, cli_account_revoke(&p->asked, none[i]));
		assert_int_equal(s.code, 3);
	}
	p->asked.dir = "/nowhere";
	HEAR(s, cli_account_list(&p->asked));
	assert_int_equal(s.code, 1);
	assert_non_null(strstr(s.text, "/nowhere"));
}

TEST(a_policy_is_replaced_or_cleared)
{
	static const char *const allow[] = { ".corp", "10.0.0.0/8" },
	                         *const deny[] = { "x.corp" };
	struct place *p = *state;
	struct account_policy both = {
		.allow = allow, .n_allow = 2, .deny = deny, .n_deny = 1
	};
	struct account_policy one = { .allow = deny, .n_allow = 1 };
	struct account_policy clear = { .clear = true };
	static struct said s;

	HEAR(s, cli_account_policy(&p->asked, p->ids[0], &both));
	assert_int_equal(s.code, 0);
	assert_non_null(strstr(s.text, ".corp"));
	assert_int_equal(record(p, 0)->n_allow, 2);
	assert_string_equal(record(p, 0)->allow[1], "10.0.0.0/8");
	assert_string_equal(record(p, 0)->deny[0], "x.corp");
	HEAR(s, cli_account_policy(&p->asked, p->ids[0], &one));
	assert_int_equal(record(p, 0)->n_allow, 1);
	assert_int_equal(record(p, 0)->n_deny, 1); /* it was not given */
	HEAR(s, cli_account_policy(&p->asked, p->ids[0], &clear));
	assert_int_equal(record(p, 0)->n_allow, 0);
	assert_int_equal(record(p, 0)->n_deny, 0);
	assert_int_equal(events(p, "account.policy"), 3);
	assert_int_equal(record(p, 1)->n_allow, 0);
}

/* ACC-21: an operator suspends an account, and ends that. */
TEST(an_account_is_suspended_and_restored)
{
	struct place *p = *state;
	static struct said s;

	HEAR(s, cli_account_revoke(&p->asked, p->ids[0]));
	assert_int_equal(s.code, 0);
	assert_non_null(strstr(s.text, "revoked"));
	assert_int_equal(record(p, 0)->status, ACCOUNT_REVOKED);
	assert_int_equal(events(p, "account.revoked"), 1);
	HEAR(s, cli_account_restore(&p->asked, p->ids[0]));
	assert_int_equal(s.code, 0);
	assert_int_equal(record(p, 0)->status, ACCOUNT_VALID);
	assert_int_equal(events(p, "account.restored"), 1);
	/* What its owner has ended stays so. */
	HEAR(s, cli_account_restore(&p->asked, p->ids[2]));
	assert_int_equal(s.code, 4);
	HEAR(s, cli_account_revoke(&p->asked, p->ids[2]));
	assert_int_equal(s.code, 4);
	assert_int_equal(record(p, 2)->status, ACCOUNT_DEACTIVATED);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(all_are_listed),
		CASE(one_is_shown_by_id_or_url),
		CASE(what_is_not_there_is_told_apart),
		CASE(a_policy_is_replaced_or_cleared),
		CASE(an_account_is_suspended_and_restored),
	};

	return cmocka_run_group_tests_name("cli_account", tests, NULL, NULL);
}
