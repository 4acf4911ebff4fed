/* When to renew (RFC 9773, 4; CONFORMANCE ARI). */
#include <stdlib.h>

#include "acme/certid.h"
#include "tests/fake/ca.h"
#include "tests/order.h"

#define BASE "/acme/renewal-info/"

/* What a client makes of a certificate it has. */
static const char *
certid_of(struct fake_ca *w, const struct certificate *x)
{
	const struct ca_chains *issuer = &w->config.chains[x->issuer - 1];
	struct certid id = { issuer->key_id, x->serial.bytes,
		issuer->key_id_len, ID_SIZE };

	return certid_text(&id, w->arena);
}

static struct fake_reply *
ask(struct fake_ca *w, const struct certificate *x)
{
	return fake_get(w, arena_printf(w->arena, BASE "%s", certid_of(w, x)));
}

static struct certificate *
issued(struct fake_client *c, const char *name)
{
	return fake_cert_record(c->w, fake_issue(c, name));
}

/* ARI-01, ARI-04: anybody may ask; a window, and nothing else. */
TEST(s4_2_anybody_is_told_a_window)
{
	struct fake_ca *w = *state;
	struct certificate *x = issued(fake_client_new(w), "a.example");
	struct fake_reply *r = ask(w, x);

	assert_int_equal(r->status, 200);
	assert_string_equal(fake_header(r, "Content-Type"), "application/json");
	assert_int_equal(fake_json_count(w, r, "suggestedWindow"), 2);
	assert_int_equal(fake_json_count(w, r, ""), 1);
	assert_true(time_at(w, r, "suggestedWindow.start") <
	            time_at(w, r, "suggestedWindow.end"));
}

/* ARI-04, ARI-06: around the middle, not open yet, over before the end. */
TEST(the_window_suits_lives_of_minutes)
{
	static const unsigned lives[] = { 5, 20, 60, 600, 86400 };
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct certificate *x = issued(c, "a.example");

	for (size_t i = 0; i < sizeof(lives) / sizeof(lives[0]); i++)
		for (unsigned back = 0; back <= 60; back += 30) {
			int64_t now = loop_now(w->loop) / 1000, start, end;
			struct batch *b = batch_new(w->arena);
			struct fake_reply *r;

			x->version = 0;
			x->serial = id_new(now * 1000);
			x->not_before = now - back;
			x->not_after = now + lives[i] - 1;
			batch_put_certificate(b, x);
			fake_commit(w, b);
			r = ask(w, x);
			start = time_at(w, r, "suggestedWindow.start");
			end = time_at(w, r, "suggestedWindow.end");
			assert_true(start > now);
			assert_true(start - now >= lives[i] / 3);
			assert_true(end > start);
			assert_true(end <= x->not_after);
			assert_true(end - now <= lives[i] * 3 / 4 + 1);
		}
}

/* ARI-06: half of its life is over, two thirds are not. */
TEST(a_window_of_ten_minutes_is_where_it_should_be)
{
	struct fake_ca *w = *state;
	struct certificate *x = issued(fake_client_new(w), "a.example");
	struct fake_reply *r = ask(w, x);
	int64_t life = x->not_after + 1 - x->not_before;
	int64_t start = time_at(w, r, "suggestedWindow.start") - x->not_before,
	        end = time_at(w, r, "suggestedWindow.end") - x->not_before;

	assert_int_equal(life, 630);
	assert_true(start >= life / 2);
	assert_true(end <= life * 2 / 3);
}

/* ARI-06: a fleet is spread; each certificate has its own, and keeps it. */
TEST(windows_differ_and_stay)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	const char *starts[8];
	size_t same = 0;

	for (size_t i = 0; i < 8; i++) {
		struct certificate *x = issued(c, "a.example");
		struct fake_reply *r = ask(w, x), *again;
		char text[RFC3339_TEXT];

		/* As if all were issued at one moment. */
		assert_true(rfc3339_write(time_at(w, r,
		                              "suggestedWindow.start") -
		                              x->not_before,
		    text));
		starts[i] = arena_text(w->arena, text);
		fake_clock(w, 30000);
		again = ask(w, x);
		assert_string_equal(again->body, r->body);
		fake_clock(w, 0);
		for (size_t k = 0; k < i; k++)
			if (strcmp(starts[k], starts[i]) == 0)
				same++;
	}
	assert_true(same < 8); /* of 28 pairs */
}

/* ARI-05, BLD-23: an interval, a whole number of seconds, on every answer. */
TEST(s4_3_it_says_when_to_ask_again)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);

	for (int i = 0; i < 5; i++) {
		struct fake_reply *r = ask(w, issued(c, "a.example"));
		const char *after = fake_header(r, "Retry-After");

		assert_non_null(after);
		assert_int_equal(strspn(after, "0123456789"), strlen(after));
		assert_true(atoi(after) >= 48 && atoi(after) <= 60);
	}
	w->config.ari_poll_s = 5;
	assert_string_equal(fake_header(ask(w, issued(c, "a.example")),
	                        "Retry-After"),
	    "5");
}

/* ARI-12: kept by caches until then; no nonce; HEAD. */
TEST(it_is_cheap_and_can_be_cached)
{
	struct fake_ca *w = *state;
	struct certificate *x = issued(fake_client_new(w), "a.example");
	struct fake_reply *r = ask(w, x), *head;

	assert_string_equal(fake_header(r, "Cache-Control"),
	    arena_printf(w->arena, "public, max-age=%s",
	        fake_header(r, "Retry-After")));
	assert_null(fake_header(r, "Replay-Nonce"));
	head = fake_ask(w,
	    &(struct fake_ask){ .method = "HEAD",
	        .path = arena_printf(w->arena, BASE "%s", certid_of(w, x)) });
	assert_int_equal(head->status, 200);
	assert_string_equal(fake_header(head, "Retry-After"),
	    fake_header(r, "Retry-After"));
	r = fake_send(w, arena_printf(w->arena, BASE "%s", certid_of(w, x)),
	    "{}");
	assert_true(fake_problem(w, r, 405, "malformed"));
}

/* ARI-07, BLD-23: renew at once, and here is why. */
TEST(what_is_revoked_is_to_be_renewed_at_once)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	const char *path = fake_issue(c, "a.example");
	struct certificate *x = fake_cert_record(w, path);
	struct fake_reply *r;
	const char *url;

	assert_null(fake_json(w, ask(w, x), "explanationURL"));
	assert_int_equal(fake_post(c, "/acme/revoke-cert",
	                     arena_printf(w->arena, "%s}",
	                         fake_revocation(c, path)))
	                     ->status,
	    200);
	r = ask(w, x);
	assert_int_equal(r->status, 200);
	assert_true(time_at(w, r, "suggestedWindow.start") <
	            time_at(w, r, "suggestedWindow.end"));
	assert_true(time_at(w, r, "suggestedWindow.end") <
	            loop_now(w->loop) / 1000);
	url = fake_json(w, r, "explanationURL");
	assert_non_null(url);
	assert_int_equal(fake_get(w, fake_path(url))->status, 200);
	w->config.ari_explanation_url = "https://ops.example/why";
	assert_string_equal(fake_json(w, ask(w, x), "explanationURL"),
	    "https://ops.example/why");
}

/* ARI-03: what is no name is malformed; what names nothing is not found. */
TEST(what_is_not_ours_is_not_there)
{
	struct fake_ca *w = *state;
	struct certificate *x = issued(fake_client_new(w), "a.example");
	const char *good = certid_of(w, x), *serial = strchr(good, '.');
	static const char *const bad[] = { "a", ".", "AA", "AA==.AA",
		"AA.AA=", "A!.AA", "aYhba4dGQEHhs3uEe6CuLN4ByNQ." };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (!fake_problem(w,
		        fake_get(w, arena_printf(w->arena, BASE "%s", bad[i])),
		        400, "malformed"))
			fail_msg("%s", bad[i]);
	/* Another issuer's; none that was issued. */
	assert_true(fake_problem(w,
	    fake_get(w, arena_printf(w->arena,
	                    BASE "aYhba4dGQEHhs3uEe6CuLN4ByNQ%s", serial)),
	    404, "malformed"));
	assert_true(fake_problem(w,
	    fake_get(w, arena_printf(w->arena, BASE "%.*s.AIdlQyE",
	                    (int)(serial - good), good)),
	    404, "malformed"));
	assert_true(fake_problem(w, fake_get(w, BASE), 404, "malformed"));
}

/* ARI-13: past its end, until it is pruned; then it is not there. */
TEST(what_has_expired_is_still_told_for_a_while)
{
	struct fake_ca *w = *state;
	struct certificate *x = issued(fake_client_new(w), "a.example");
	struct fake_reply *r;

	fake_clock(w, 700 * 1000);
	r = ask(w, x);
	assert_int_equal(r->status, 200);
	assert_true(time_at(w, r, "suggestedWindow.end") <
	            loop_now(w->loop) / 1000);
	fake_clock(w, (700 + 3700) * 1000);
	acme_resume(w->ca);
	FAKE_UNTIL(w, ask(w, x)->status == 404);
	assert_true(fake_problem(w, ask(w, x), 404, "malformed"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CA_CASE(s4_2_anybody_is_told_a_window),
		CA_CASE(the_window_suits_lives_of_minutes),
		CA_CASE(a_window_of_ten_minutes_is_where_it_should_be),
		CA_CASE(windows_differ_and_stay),
		CA_CASE(s4_3_it_says_when_to_ask_again),
		CA_CASE(it_is_cheap_and_can_be_cached),
		CA_CASE(what_is_revoked_is_to_be_renewed_at_once),
		CA_CASE(what_is_not_ours_is_not_there),
		CA_CASE(what_has_expired_is_still_told_for_a_while),
	};

	return cmocka_run_group_tests_name("renewal_info", tests, NULL, NULL);
}
