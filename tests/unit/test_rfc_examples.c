/* What RFCs give as examples: requests are read, replies have such members. */
#include "acme/endpoints.h"
#include "base/ident.h"
#include "tests/cmocka.h"
#include "tests/fake/ca.h"
#include "tests/vectors.h"

#define SCHEMA(x)                         \
	{                                 \
#x, x##_schema, &x##_size \
	}
static const struct schema {
	const char *name;
	const struct json_field *fields;
	const size_t *size;
} schemas[] = { SCHEMA(new_account), SCHEMA(account), SCHEMA(new_order),
	SCHEMA(finalize), SCHEMA(new_authz), SCHEMA(challenge), SCHEMA(authz),
	SCHEMA(revoke) };

static void
read_payload(const char *name, const char *text, struct arena *a)
{
	struct fault f = { 0 };

	for (size_t i = 0; i < sizeof(schemas) / sizeof(schemas[0]); i++) {
		const struct schema *s = &schemas[i];

		if (strcmp(s->name, name) != 0)
			continue;
		if (json_bind(text, strlen(text), s->fields,
		        arena_alloc(a, 1, *s->size), a, &f) != OK)
			fail_msg("%s: %s: %s", name, text, f.detail);
		return;
	}
	fail_msg("%s: no such schema", name);
}

/* VEC-10: RFC 8555, 7.3 to 7.6; what is elided there is cut short here. */
TEST(payloads_of_rfc_8555_are_read)
{
	struct arena *a = arena_new();
	struct vector v[VECTORS_MAX];
	size_t n = vectors_of("payload", a, v);

	assert_in_range(n, 10, VECTORS_MAX);
	for (size_t i = 0; i < n; i++)
		read_payload(v[i].words[0], v[i].words[1], a);
	arena_free(a);
}

/* All of these members, at a path, beside what else is there. */
static void
has(struct fake_ca *w, const struct fake_reply *r, const char *at,
    const char *const *members, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (fake_json(w, r,
		        arena_printf(w->arena, "%s%s", at, members[i])) == NULL)
			fail_msg("no %s%s in %s", at, members[i], r->body);
}
#define HAS(w, r, at, ...)                                        \
	has((w), (r), (at), (const char *const[]){ __VA_ARGS__ }, \
	    sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

/* VEC-10: RFC 8555, 7.1.1 to 7.1.5; what does not apply yet is absent. */
TEST(objects_have_the_members_of_those_in_rfc_8555)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_bare(w);
	struct fake_reply *r = fake_get(w, "/acme/directory");
	struct fake_order o;

	HAS(w, r, "", "newNonce", "newAccount", "newOrder", "newAuthz",
	    "revokeCert", "keyChange");
	HAS(w, r, "meta.", "termsOfService", "website");
	r = fake_post(c, "/acme/new-account",
	    "{\"termsOfServiceAgreed\":true,"
	    "\"contact\":[\"mailto:admin@example.org\"]}");
	HAS(w, r, "", "status", "contact", "termsOfServiceAgreed", "orders");
	c->kid = fake_header(r, "Location");
	o = fake_order(c, "example.org");
	HAS(w, o.reply, "", "status", "expires", "identifiers.0.type",
	    "identifiers.0.value", "authorizations.0", "finalize");
	r = fake_post(c, o.authz[0], "");
	HAS(w, r, "", "status", "expires", "identifier.type",
	    "identifier.value");
	HAS(w, r, "challenges.0.", "url", "type", "status", "token");
	fake_prove(c, &o);
	r = fake_post(c, o.authz[0], "");
	HAS(w, r, "challenges.0.", "url", "type", "status", "token",
	    "validated");
	r = fake_post(c, o.finalize, fake_csr(c, "example.org"));
	HAS(w, r, "", "certificate");
	r = fake_post(c, o.finalize, "{}");
	HAS(w, r, "", "type", "detail");
}

/* VEC-08: RFC 3492, 7.1, as far as IDNA 2008 has such names. */
TEST(punycode_of_rfc_3492_is_taken_as_it_is)
{
	static const char *const rows[] = {
		"xn--ihqwcrb4cv8a8dqg056pqjye",
		"xn--ihqwctvzc91f659drss3x8bo0yb",
		"xn--proprostnemluvesky-uyb24dma41a",
		"xn--4dbcagdahymbxekheh6e0a7fei0b",
		"xn--b1abfaaepdrnnbgefbadotcwatmq2g4l",
		"xn--porqunopuedensimplementehablarenespaol-fmd56a",
		"xn--tisaohkhngthchnitingvit-kjcr8268qyxafd2f1b9g",
	};
	struct arena *a = arena_new();

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *name = arena_printf(a, "%s.example", rows[i]);
		struct fault f = { 0 };
		struct ident id;

		if (ident_parse("dns", name, a, &id, &f) != OK)
			fail_msg("%s: %s", name, f.detail);
		assert_string_equal(id.value, name);
	}
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(payloads_of_rfc_8555_are_read),
		CA_CASE(objects_have_the_members_of_those_in_rfc_8555),
		cmocka_unit_test(punycode_of_rfc_3492_is_taken_as_it_is),
	};

	return cmocka_run_group_tests_name("rfc_examples", tests, NULL, NULL);
}
