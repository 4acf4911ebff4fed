/* The state machines of RFC 8555, 7.1.6, against the table of the RFC. */
#include "acme/state.h"

#include "tests/cmocka.h"

/* Every legal move; all others are refused. */
static const struct {
	enum state_object what;
	int from, to;
} legal[] = {
	{ STATE_CHALLENGE, CHALLENGE_PENDING, CHALLENGE_PROCESSING },
	{ STATE_CHALLENGE, CHALLENGE_PROCESSING, CHALLENGE_VALID },
	{ STATE_CHALLENGE, CHALLENGE_PROCESSING, CHALLENGE_INVALID },
	{ STATE_AUTHZ, AUTHZ_PENDING, AUTHZ_VALID },
	{ STATE_AUTHZ, AUTHZ_PENDING, AUTHZ_INVALID },
	{ STATE_AUTHZ, AUTHZ_PENDING, AUTHZ_DEACTIVATED },
	{ STATE_AUTHZ, AUTHZ_VALID, AUTHZ_DEACTIVATED },
	{ STATE_AUTHZ, AUTHZ_VALID, AUTHZ_REVOKED },
	{ STATE_ORDER, ORDER_READY, ORDER_PROCESSING },
	{ STATE_ORDER, ORDER_PROCESSING, ORDER_VALID },
	{ STATE_ORDER, ORDER_PROCESSING, ORDER_INVALID },
	{ STATE_ACCOUNT, ACCOUNT_VALID, ACCOUNT_DEACTIVATED },
	{ STATE_ACCOUNT, ACCOUNT_VALID, ACCOUNT_REVOKED },
};

static bool
is_legal(enum state_object what, int from, int to)
{
	for (size_t i = 0; i < sizeof(legal) / sizeof(legal[0]); i++)
		if (legal[i].what == what && legal[i].from == from &&
		    legal[i].to == to)
			return true;
	return false;
}

/* AUT-02, STM-01, STM-02. */
TEST(s7_1_6_every_other_move_is_refused)
{
	for (int what = STATE_ACCOUNT; what <= STATE_CHALLENGE; what++)
		for (int from = 0; from < 6; from++)
			for (int to = 0; to < 6; to++)
				assert_int_equal(state_may((enum state_object)
				                               what,
				                     from, to),
				    is_legal((enum state_object)what, from,
				        to));
}

/* AUT-02. */
TEST(every_status_has_its_name)
{
	assert_string_equal(account_status_text(ACCOUNT_DEACTIVATED),
	    "deactivated");
	assert_string_equal(order_status_text(ORDER_PENDING), "pending");
	assert_string_equal(order_status_text(ORDER_READY), "ready");
	assert_string_equal(order_status_text(ORDER_PROCESSING), "processing");
	assert_string_equal(order_status_text(ORDER_VALID), "valid");
	assert_string_equal(order_status_text(ORDER_INVALID), "invalid");
	assert_string_equal(authz_status_text(AUTHZ_EXPIRED), "expired");
	assert_string_equal(authz_status_text(AUTHZ_REVOKED), "revoked");
	assert_string_equal(challenge_status_text(CHALLENGE_PROCESSING),
	    "processing");
}

/* An order of two names, its authorizations as given, seen at time 1000. */
static enum order_status
seen(enum order_status stored, enum authz_status one, enum authz_status two,
    unixtime authz_expires, unixtime order_expires, struct reason *why)
{
	struct arena *a = arena_new();
	struct ident names[2] = { { IDENT_DNS, "one.example", false },
		{ IDENT_DNS, "two.example", false } };
	struct authz z1 = {
		.status = one, .expires = authz_expires, .ident = names[0]
	};
	struct authz z2 = { .status = two, .expires = 5000, .ident = names[1] };
	struct authz *zs[2] = { &z1, &z2 };
	struct order o = { .status = stored,
		.expires = order_expires,
		.idents = names,
		.n_idents = 2 };
	enum order_status state = order_state(&o, zs, 1000, a, why);

	arena_free(a);
	return state;
}

/* STM-03. */
TEST(an_order_is_what_its_authorizations_are)
{
	static const struct {
		enum order_status stored;
		enum authz_status one, two;
		unixtime authz_expires, order_expires;
		enum order_status want;
	} rows[] = {
		{ ORDER_PENDING, AUTHZ_PENDING, AUTHZ_PENDING, 2000, 2000,
		    ORDER_PENDING },
		{ ORDER_PENDING, AUTHZ_VALID, AUTHZ_PENDING, 2000, 2000,
		    ORDER_PENDING },
		{ ORDER_PENDING, AUTHZ_VALID, AUTHZ_VALID, 2000, 2000,
		    ORDER_READY },
		{ ORDER_PENDING, AUTHZ_INVALID, AUTHZ_VALID, 2000, 2000,
		    ORDER_INVALID },
		{ ORDER_PENDING, AUTHZ_PENDING, AUTHZ_DEACTIVATED, 2000, 2000,
		    ORDER_INVALID },
		{ ORDER_PENDING, AUTHZ_REVOKED, AUTHZ_VALID, 2000, 2000,
		    ORDER_INVALID },
		/* time: the second that `expires` names is too late */
		{ ORDER_PENDING, AUTHZ_VALID, AUTHZ_VALID, 1001, 1001,
		    ORDER_READY },
		{ ORDER_PENDING, AUTHZ_VALID, AUTHZ_VALID, 1000, 2000,
		    ORDER_INVALID },
		{ ORDER_PENDING, AUTHZ_VALID, AUTHZ_VALID, 2000, 1000,
		    ORDER_INVALID },
		/* what is stored for good does not change any more */
		{ ORDER_PROCESSING, AUTHZ_DEACTIVATED, AUTHZ_VALID, 900, 900,
		    ORDER_PROCESSING },
		{ ORDER_VALID, AUTHZ_DEACTIVATED, AUTHZ_INVALID, 900, 900,
		    ORDER_VALID },
		{ ORDER_INVALID, AUTHZ_VALID, AUTHZ_VALID, 2000, 2000,
		    ORDER_INVALID },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct reason why;

		assert_int_equal(seen(rows[i].stored, rows[i].one, rows[i].two,
		                     rows[i].authz_expires,
		                     rows[i].order_expires, &why),
		    rows[i].want);
		if (rows[i].want == ORDER_INVALID &&
		    rows[i].stored == ORDER_PENDING) {
			assert_non_null(why.type);
			assert_non_null(why.detail);
		}
	}
}

TEST(a_pruned_authorization_makes_an_order_invalid)
{
	struct arena *a = arena_new();
	struct ident name = { IDENT_DNS, "one.example", false };
	struct authz *gone[1] = { NULL };
	struct order o = { .status = ORDER_PENDING,
		.expires = 2000,
		.idents = &name,
		.n_idents = 1 };
	struct reason why;

	assert_int_equal(order_state(&o, gone, 1000, a, &why), ORDER_INVALID);
	assert_non_null(why.type);
	arena_free(a);
}

TEST(the_reason_is_the_failed_challenges_own)
{
	struct arena *a = arena_new();
	struct challenge c = { .status = CHALLENGE_INVALID,
		.error = { "connection", "refused" } };
	struct ident name = { IDENT_DNS, "one.example", false };
	struct authz z = { .status = AUTHZ_INVALID,
		.expires = 2000,
		.challenges = &c,
		.n_challenges = 1,
		.ident = name };
	struct authz *zs[1] = { &z };
	struct order o = { .status = ORDER_PENDING,
		.expires = 2000,
		.idents = &name,
		.n_idents = 1 };
	struct reason why;

	assert_int_equal(order_state(&o, zs, 1000, a, &why), ORDER_INVALID);
	assert_string_equal(why.type, "connection");
	assert_string_equal(why.detail, "refused");
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(s7_1_6_every_other_move_is_refused),
		cmocka_unit_test(every_status_has_its_name),
		cmocka_unit_test(an_order_is_what_its_authorizations_are),
		cmocka_unit_test(a_pruned_authorization_makes_an_order_invalid),
		cmocka_unit_test(the_reason_is_the_failed_challenges_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
