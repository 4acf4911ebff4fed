/* Problem documents (RFC 8555, 6.7; RFC 7807; CONFORMANCE ERR). */
#include "acme/problem.h"

#include <stdio.h>

#include "tests/cmocka.h"

#define URN "urn:ietf:params:acme:error:"

static struct arena *a;

static int
before(void **state)
{
	(void)state;
	a = arena_new();
	return 0;
}

static int
after(void **state)
{
	(void)state;
	arena_free(a);
	return 0;
}

static const char *
text_of(const struct fault *f, enum err e)
{
	size_t len = 0;
	const char *text =
	    problem_text(f, e, (struct problem_extra){ 0 }, a, &len);

	assert_int_equal(strlen(text), len);
	return text;
}

/*
 * ERR-02: 6.7, with those of RFC 9773 and draft-ietf-acme-profiles; their
 * statuses.
 */
TEST(s6_7_every_error_has_a_registered_type_and_its_status)
{
	static const struct {
		const char *type;
		int http[7];
	} known[] = {
		{ "accountDoesNotExist", { 400 } },
		{ "alreadyReplaced", { 409 } },
		{ "alreadyRevoked", { 400 } },
		{ "badCSR", { 400 } },
		{ "badNonce", { 400 } },
		{ "badPublicKey", { 400 } },
		{ "badRevocationReason", { 400 } },
		{ "badSignatureAlgorithm", { 400 } },
		{ "caa", { 403 } },
		{ "compound", { 400, 403 } },
		{ "connection", { 400 } },
		{ "dns", { 400 } },
		{ "externalAccountRequired", { 403 } },
		{ "incorrectResponse", { 400 } },
		{ "invalidContact", { 400 } },
		{ "invalidProfile", { 400 } },
		{ "malformed", { 400, 404, 405, 409, 413, 415, 421 } },
		{ "orderNotReady", { 403 } },
		{ "rateLimited", { 429 } },
		{ "rejectedIdentifier", { 400, 403 } },
		{ "serverInternal", { 500, 503 } },
		{ "tls", { 400 } },
		{ "unauthorized", { 403, 401 } },
		{ "unsupportedContact", { 400 } },
		{ "unsupportedIdentifier", { 400, 403 } },
		{ "userActionRequired", { 403 } },
	};

	for (int e = OK + 1; e < ERR__COUNT; e++) {
		const struct problem *p = problem_of((enum err)e);
		bool found = false;

		assert_true(p->fallback[0] != '\0');
		for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
			for (size_t j = 0; j < 7; j++)
				found = found ||
				        (strcmp(known[i].type, p->type) == 0 &&
				            known[i].http[j] == p->http);
		if (!found)
			fail_msg("%s %d", p->type, p->http);
	}
}

/* ERR-02. */
TEST(what_is_no_error_is_told_as_an_internal_one)
{
	const struct problem *internal = problem_of(ERR_INTERNAL);

	assert_int_equal(internal->http, 500);
	assert_ptr_equal(problem_of(OK), internal);
	assert_ptr_equal(problem_of(ERR__COUNT), internal);
	assert_ptr_equal(problem_of((enum err) - 1), internal);
	assert_ptr_equal(problem_named("nonsense"), internal);
	assert_string_equal(problem_named("caa")->type, "caa");
	assert_int_equal(problem_named("malformed")->http, 400);
	assert_int_equal(problem_named("unauthorized")->http, 403);
	assert_int_equal(problem_named("rejectedIdentifier")->http, 400);
}

/* ERR-01, ERR-06. */
TEST(a_fault_is_told_with_type_detail_and_status)
{
	struct fault f = { 0 };

	(void)fault(&f, ERR_BAD_CSR, "RSA key of %d bits", 1024);
	assert_string_equal(text_of(&f, f.code),
	    "{\"type\":\"" URN "badCSR\",\"detail\":\"RSA key of 1024 bits\","
	    "\"status\":400}");
}

/* NON-11. */
TEST(without_a_detail_of_its_own_the_table_speaks)
{
	struct fault f = { 0 };

	(void)fault_plain(&f, ERR_BAD_NONCE);
	/* acme.sh goes by these words (NON-11). */
	assert_non_null(strstr(text_of(&f, f.code),
	    "\"detail\":\"JWS has an invalid anti-replay nonce"));
}

/* ERR-07, BLD-06. */
TEST(what_broke_inside_is_never_told)
{
	struct fault f = { 0 };
	struct reason why;

	(void)fault(&f, ERR_INTERNAL, "key at /etc/mayfly/secret");
	assert_null(strstr(text_of(&f, f.code), "secret"));
	why = problem_reason(&f, a);
	assert_string_equal(why.type, "serverInternal");
	assert_null(strstr(why.detail, "secret"));
}

TEST(s7_3_3_where_to_act_is_told_if_there_is_something_to_do)
{
	struct fault f = { 0 };
	size_t len;

	(void)fault(&f, ERR_USER_ACTION_REQUIRED, "agree");
	assert_string_equal(problem_text(&f, f.code,
	                        (struct problem_extra){
	                            .instance = "https://ops.example/t" },
	                        a, &len),
	    "{\"type\":\"" URN "userActionRequired\",\"detail\":\"agree\","
	    "\"status\":403,\"instance\":\"https://ops.example/t\"}");
}

/* ERR-04, JWS-08. */
TEST(s6_2_an_algorithm_we_refuse_is_answered_with_ours)
{
	struct fault f = { 0 };
	const char *text;

	(void)fault_plain(&f, ERR_BAD_SIGNATURE_ALGORITHM);
	text = text_of(&f, f.code);
	assert_non_null(strstr(text, "\"algorithms\":["));
	assert_non_null(strstr(text, "\"ES256\""));
	assert_non_null(strstr(text, "\"RS256\""));
	assert_null(strstr(text, "HS256"));
	assert_null(strstr(text, "none"));
	(void)fault_plain(&f, ERR_MALFORMED);
	assert_null(strstr(text_of(&f, f.code), "algorithms"));
}

/* ERR-03, ERR-05. */
TEST(s6_7_1_subproblems_carry_the_identifier_each)
{
	static const struct ident ids[] = { { IDENT_DNS, "a.example", true },
		{ IDENT_IP, "192.0.2.1", false } };
	struct fault subs[2] = { 0 }, f = { 0 };
	const char *text;

	(void)fault(&subs[0], ERR_REJECTED_IDENTIFIER, "not this");
	(void)fault(&subs[1], ERR_UNSUPPORTED_IDENTIFIER, "nor that");
	subs[0].ident = &ids[0];
	subs[1].ident = &ids[1];
	(void)fault(&f, ERR_COMPOUND, "two");
	f.subproblems = subs;
	f.n_subproblems = 2;
	text = text_of(&f, f.code);
	assert_string_equal(text,
	    "{\"type\":\"" URN "compound\",\"detail\":\"two\",\"status\":400,"
	    "\"subproblems\":[{\"type\":\"" URN "rejectedIdentifier\","
	    "\"detail\":\"not this\",\"status\":400,\"identifier\":{\"type\":"
	    "\"dns\",\"value\":\"*.a.example\"}},{\"type\":\"" URN
	    "unsupportedIdentifier\",\"detail\":\"nor that\",\"status\":400,"
	    "\"identifier\":{\"type\":\"ip\",\"value\":\"192.0.2.1\"}}]}");
}

/* ERR-07. */
TEST(a_name_that_is_no_text_costs_the_detail_and_not_the_reply)
{
	static const struct ident odd = { IDENT_DNS, "\xff\xfe", false };
	struct fault sub = { 0 }, f = { 0 };
	const char *text;

	(void)fault(&sub, ERR_REJECTED_IDENTIFIER, "no name");
	sub.ident = &odd;
	(void)fault(&f, ERR_REJECTED_IDENTIFIER, "no name");
	f.subproblems = &sub;
	f.n_subproblems = 1;
	text = text_of(&f, f.code);
	assert_non_null(strstr(text, URN "rejectedIdentifier"));
	assert_non_null(strstr(text, "\"status\":400"));
}

/* ERR-05. */
TEST(at_rest_and_told_again_it_is_the_same_shape)
{
	struct jsonw *w = jsonw_new(a);
	struct fault f = { 0 };
	struct reason why;

	(void)fault(&f, ERR_CONNECTION, "refused by %s", "192.0.2.1");
	why = problem_reason(&f, a);
	assert_string_equal(why.type, "connection");
	jsonw_object(w, NULL);
	problem_member(w, "error", &why);
	jsonw_end(w);
	assert_string_equal(jsonw_text(w, NULL),
	    "{\"error\":{\"type\":\"" URN "connection\",\"detail\":\"refused "
	    "by 192.0.2.1\",\"status\":400}}");
}

TEST(a_refusal_before_acme_keeps_http_s_status)
{
	struct fault f = { 0 };
	size_t len;

	(void)fault(&f, ERR_MALFORMED, "header too long");
	assert_non_null(strstr(problem_refusal(&f, f.code, 431, a, &len),
	    "\"status\":431"));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, before, after)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(s6_7_every_error_has_a_registered_type_and_its_status),
		CASE(what_is_no_error_is_told_as_an_internal_one),
		CASE(a_fault_is_told_with_type_detail_and_status),
		CASE(without_a_detail_of_its_own_the_table_speaks),
		CASE(what_broke_inside_is_never_told),
		CASE(s7_3_3_where_to_act_is_told_if_there_is_something_to_do),
		CASE(s6_2_an_algorithm_we_refuse_is_answered_with_ours),
		CASE(s6_7_1_subproblems_carry_the_identifier_each),
		CASE(a_name_that_is_no_text_costs_the_detail_and_not_the_reply),
		CASE(at_rest_and_told_again_it_is_the_same_shape),
		CASE(a_refusal_before_acme_keeps_http_s_status),
	};

	return cmocka_run_group_tests_name("problem", tests, NULL, NULL);
}
