/* `mayfly eab …`, beside a server that has the store open and without one. */
#include "cli/eab.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/b64url.h"
#include "cli/guest.h"
#include "tests/cmocka.h"
#include "tests/hear.h"

enum { MAP = 64 << 20 };

struct place {
	char dir[64];
	struct arena *a;
	struct guest_asked asked;
};

static int
set_up(void **state)
{
	struct arena *a = arena_new();
	struct place *p = ARENA_NEW(a, struct place);

	p->a = a;
	(void)snprintf(p->dir, sizeof(p->dir), "/tmp/mayfly-eab.XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	assert_int_equal(mkdir(arena_printf(a, "%s/db", p->dir), 0700), 0);
	p->asked = (struct guest_asked){ .dir = p->dir,
		.store = { .map_bytes = MAP },
		.directory_url = "https://ca.test/acme/directory",
		.now_ms = 1700000000123 };
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

/* The string of a member; there is but one of that name. */
static const char *
member(struct place *p, const struct said *s, const char *name)
{
	const char *key = arena_printf(p->a, "\"%s\":\"", name);
	const char *at = strstr(s->text, key);

	if (at == NULL)
		return NULL;
	at += strlen(key);
	return arena_bytes(p->a, at, strcspn(at, "\""));
}

static struct eab *
record(struct place *p, const char *kid)
{
	struct fault f = { 0 };
	struct store *st = guest_open(p->dir, &p->asked.store, &f);
	struct snap *s;
	struct eab *e;
	struct id id;

	assert_non_null(st);
	assert_true(id_parse(kid, &id));
	s = snap_open(st);
	e = snap_eab(s, p->a, id);
	snap_close(s);
	store_close(st);
	return e;
}

static const char *
create(struct place *p, const struct eab_wanted *w)
{
	struct said s;

	p->asked.json = true;
	HEAR(s, cli_eab_create(&p->asked, w));
	p->asked.json = false;
	assert_int_equal(s.code, 0);
	return member(p, &s, "kid");
}

/* EAB-05, EAB-10, QRK-39: 512 bits, in base64url without padding, told once. */
TEST(a_key_is_told_once_and_in_lines_to_copy)
{
	struct place *p = *state;
	const struct eab_wanted w = { .uses_max = 1 };
	const uint8_t *bytes;
	const char *kid, *key, *at;
	struct said s;
	size_t len;

	HEAR(s, cli_eab_create(&p->asked, &w));
	assert_int_equal(s.code, 0);
	at = strstr(s.text, "--eab-kid ") + strlen("--eab-kid ");
	kid = arena_bytes(p->a, at, strcspn(at, " \n"));
	at = strstr(s.text, "--eab-hmac-key ") + strlen("--eab-hmac-key ");
	key = arena_bytes(p->a, at, strcspn(at, " \n"));
	assert_int_not_equal(key[0], '-');
	assert_true(b64url_read(key, strlen(key), p->a, &bytes, &len));
	assert_true(len >= 32);
	assert_memory_equal(record(p, kid)->key, bytes, len);
	assert_int_equal(len, EAB_KEY_SIZE);
	assert_non_null(strstr(s.text,
	    arena_printf(p->a, "--eab --kid %s", kid)));
	assert_non_null(strstr(s.text, arena_printf(p->a, "--hmac %s", key)));
	assert_non_null(strstr(s.text, p->asked.directory_url));
	HEAR(s, cli_eab_show(&p->asked, kid));
	assert_int_equal(s.code, 0);
	assert_null(strstr(s.text, key));
	p->asked.json = true;
	HEAR(s, cli_eab_list(&p->asked));
	assert_string_equal(member(p, &s, "kid"), kid);
	assert_null(strstr(s.text, key));
}

TEST(what_it_may_do_is_kept_and_told)
{
	static const char *const allow[] = { ".a.test" },
	                         *const deny[] = { "x.a.test", "10.0.0.0/8" },
	                         *const profiles[] = { "hour" };
	struct place *p = *state;
	const struct eab_wanted w = { .uses_max = 7,
		.expires_s = 3600,
		.allow = allow,
		.n_allow = 1,
		.deny = deny,
		.n_deny = 2,
		.profiles = profiles,
		.n_profiles = 1,
		.rate = "300/1h",
		.note = "a \"note\"" };
	const char *kid = create(p, &w);
	struct eab *e = record(p, kid);
	struct said s;

	assert_int_equal(e->created, 1700000000);
	assert_int_equal(e->expires, 1700003600);
	assert_int_equal(e->uses_max, 7);
	assert_string_equal(e->allow[0], ".a.test");
	assert_string_equal(e->deny[1], "10.0.0.0/8");
	assert_string_equal(e->profiles[0], "hour");
	assert_string_equal(e->rate, "300/1h");
	HEAR(s, cli_eab_show(&p->asked, kid));
	assert_non_null(strstr(s.text, "0 of 7"));
	assert_non_null(strstr(s.text, "2023-11-14 23:13:20 UTC"));
	assert_non_null(strstr(s.text, "x.a.test"));
	assert_non_null(strstr(s.text, "300/1h"));
	assert_non_null(strstr(s.text, "a \"note\""));
	p->asked.json = true;
	HEAR(s, cli_eab_show(&p->asked, kid));
	assert_string_equal(member(p, &s, "state"), "usable");
	assert_string_equal(member(p, &s, "expires"), "2023-11-14T23:13:20Z");
	assert_non_null(strstr(s.text,
	    "\"deny\":[\"x.a.test\",\"10.0.0.0/8\"]"));
}

/* EAB-06: revoked once and for all, with a word in the journal. */
TEST(revoking_is_for_good_and_can_be_said_twice)
{
	struct place *p = *state;
	const struct eab_wanted w = { .uses_max = 0 };
	const char *kid = create(p, &w);
	struct said s;
	unixtime when;

	HEAR(s, cli_eab_revoke(&p->asked, kid));
	assert_int_equal(s.code, 0);
	when = record(p, kid)->revoked;
	assert_int_equal(when, 1700000000);
	p->asked.now_ms += 5000;
	HEAR(s, cli_eab_revoke(&p->asked, kid));
	assert_int_equal(s.code, 0);
	assert_int_equal(record(p, kid)->revoked, when);
	HEAR(s, cli_eab_list(&p->asked));
	assert_non_null(strstr(s.text, "revoked"));
}

TEST(states_are_what_a_client_would_find)
{
	struct eab e = { .uses_max = 0 };

	assert_string_equal(eab_state(&e, 100), "usable");
	e.expires = 100;
	assert_string_equal(eab_state(&e, 99), "usable");
	assert_string_equal(eab_state(&e, 100), "expired");
	e.expires = 0;
	e.uses_max = e.uses = 2;
	assert_string_equal(eab_state(&e, 100), "used up");
	e.revoked = 1;
	assert_string_equal(eab_state(&e, 100), "revoked");
}

TEST(what_is_not_there_is_not_found)
{
	static const char *const none[] = { "nope", "",
		"AAAAAAAAAAAAAAAAAAAAAA" };
	struct place *p = *state;
	struct said s;

	for (size_t i = 0; i < 3; i++) {
		HEAR(s, cli_eab_show(&p->asked, none[i]));
		assert_int_equal(s.code, 3);
		HEAR(s, cli_eab_revoke(&p->asked, none[i]));
		assert_int_equal(s.code, 3);
	}
	HEAR(s, cli_eab_list(&p->asked));
	assert_int_equal(s.code, 0);
	assert_string_equal(s.text, "");
	p->asked.json = true;
	HEAR(s, cli_eab_list(&p->asked));
	assert_string_equal(s.text, "[]\n");
	p->asked.dir = "/nonexistent";
	HEAR(s, cli_eab_list(&p->asked));
	assert_int_equal(s.code, 1);
	assert_non_null(strstr(s.text, "/nonexistent/db"));
}

TEST(without_a_bound_it_is_good_for_any_number)
{
	struct place *p = *state;
	const struct eab_wanted w = { .uses_max = 0 };
	struct said s;

	(void)create(p, &w);
	HEAR(s, cli_eab_list(&p->asked));
	assert_non_null(strstr(s.text, " 0 of any "));
}

TEST(more_than_a_page_of_them_is_listed_whole)
{
	enum { N = 150 };
	struct place *p = *state;
	const struct eab_wanted w = { .uses_max = 1 };
	struct said s;
	size_t lines = 0;

	for (int i = 0; i < N; i++) {
		p->asked.now_ms++;
		(void)create(p, &w);
	}
	HEAR(s, cli_eab_list(&p->asked));
	for (const char *at = s.text; *at != '\0'; at++)
		lines += *at == '\n';
	assert_int_equal(lines, N);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define CASE(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)
		CASE(a_key_is_told_once_and_in_lines_to_copy),
		CASE(what_it_may_do_is_kept_and_told),
		CASE(without_a_bound_it_is_good_for_any_number),
		CASE(revoking_is_for_good_and_can_be_said_twice),
		CASE(states_are_what_a_client_would_find),
		CASE(what_is_not_there_is_not_found),
		CASE(more_than_a_page_of_them_is_listed_whole),
#undef CASE
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
