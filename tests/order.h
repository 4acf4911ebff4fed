/* tests/order.h: newOrder with members of one's own, and times of replies. */
#ifndef TESTS_ORDER_H
#define TESTS_ORDER_H

#include <time.h>

#include "base/rfc3339.h"
#include "tests/cmocka.h"
#include "tests/fake/ca.h"

/* Order dns `names` ("a.example,b.example"); `more` is ",\"member\":…". */
static inline struct fake_reply *
order_with(struct fake_client *c, const char *names, const char *more)
{
	struct arena *a = c->w->arena;
	char *list = arena_text(a, names), *save = NULL;
	const char *all = "";

	for (char *n = strtok_r(list, ",", &save); n != NULL;
	     n = strtok_r(NULL, ",", &save))
		all = arena_printf(a, "%s%s{\"type\":\"dns\",\"value\":\"%s\"}",
		    all, all[0] != '\0' ? "," : "", n);
	return fake_post(c, "/acme/new-order",
	    arena_printf(a, "{\"identifiers\":[%s]%s}", all, more));
}

static inline int64_t
time_at(struct fake_ca *w, struct fake_reply *r, const char *path)
{
	const char *text = fake_json(w, r, path);
	int64_t at = 0;

	assert_non_null(text);
	assert_int_equal(strlen(text), RFC3339_TEXT - 1); /* Z, no fraction */
	assert_true(rfc3339_read(text, &at));
	return at;
}

/* Prove the first name of the order by http-01. */
static inline void
order_prove(struct fake_client *c, struct fake_reply *r)
{
	const char *authz = fake_path(fake_json(c->w, r, "authorizations.0"));
	struct fake_reply *z = fake_post(c, authz, "");

	(void)fake_post(c, fake_path(fake_json(c->w, z, "challenges.0.url")),
	    "{}");
	assert_true(fake_becomes(c, authz, "valid"));
}

static inline const char *
order_path(const struct fake_reply *r)
{
	const char *url = fake_header(r, "Location");

	assert_int_equal(r->status, 201);
	assert_non_null(url);
	return fake_path(url);
}

#endif
