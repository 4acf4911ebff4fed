/* Contacts (RFC 8555, 7.3; CONFORMANCE ACC-10 to ACC-12). */
#include "acme/contact.h"

#include "tests/cmocka.h"

static enum err
check(const char *contact)
{
	struct fault f = { 0 };
	enum err e = contacts_check(&contact, 1, &f);

	assert_int_equal(e, f.code);
	assert_true(e == OK || f.detail[0] != '\0');
	return e;
}

/* ACC-10, ACC-11, ACC-12. */
TEST(s7_3_each_contact_is_judged_by_scheme_and_address)
{
	static const struct {
		const char *contact;
		enum err want;
	} rows[] = {
		{ "mailto:ops@example.org", OK },
		{ "MAILTO:ops@example.org", OK }, /* RFC 3986, 3.1 */
		{ "mailto:ops@example", OK },     /* no public domain needed */
		{ "mailto:ops@localhost", OK },
		{ "mailto:a.b+tag@x-y.example", OK },
		{ "mailto:o'neil@example.org", OK },
		{ "tel:+15550100", ERR_UNSUPPORTED_CONTACT },
		{ "https://example.org/contact", ERR_UNSUPPORTED_CONTACT },
		{ "mailtoo:ops@example.org", ERR_UNSUPPORTED_CONTACT },
		{ "", ERR_INVALID_CONTACT },
		{ "ops@example.org", ERR_INVALID_CONTACT },
		{ "mailto:", ERR_INVALID_CONTACT },
		{ "mailto:@example.org", ERR_INVALID_CONTACT },
		{ "mailto:ops@", ERR_INVALID_CONTACT },
		{ "mailto:ops", ERR_INVALID_CONTACT },
		{ "mailto:a@example.org,b@example.org", ERR_INVALID_CONTACT },
		{ "mailto:a@b@example.org", ERR_INVALID_CONTACT },
		{ "mailto:a@example.org?subject=x", ERR_INVALID_CONTACT },
		{ "mailto:a?cc=b@example.org", ERR_INVALID_CONTACT },
		{ "mailto:a@example.org#fragment", ERR_INVALID_CONTACT },
		{ "mailto:a#b@example.org", ERR_INVALID_CONTACT },
		{ "mailto:a%20b@example.org", ERR_INVALID_CONTACT },
		{ "mailto: a@example.org", ERR_INVALID_CONTACT },
		{ "mailto:a@exa mple.org", ERR_INVALID_CONTACT },
		{ "mailto:a@example..org", ERR_INVALID_CONTACT },
		{ "mailto:a@.example.org", ERR_INVALID_CONTACT },
		{ "mailto:a@example.org.", ERR_INVALID_CONTACT },
		{ "mailto:a@-example.org", ERR_INVALID_CONTACT },
		{ "mailto:a@example-.org", ERR_INVALID_CONTACT },
		{ "mailto:.a@example.org", ERR_INVALID_CONTACT },
		{ "mailto:a.@example.org", ERR_INVALID_CONTACT },
		{ "mailto:a..b@example.org", ERR_INVALID_CONTACT },
		{ "mailto:\xc3\xa4@example.org", ERR_INVALID_CONTACT },
		{ "mailto:a@\xc3\xa4.example", ERR_INVALID_CONTACT },
		{ "mailto:a\r\nBcc:b@example.org", ERR_INVALID_CONTACT },
		{ "mailto:<a@example.org>", ERR_INVALID_CONTACT },
		{ "mailto:\"a b\"@example.org", ERR_INVALID_CONTACT },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (check(rows[i].contact) != rows[i].want)
			fail_msg("%s", rows[i].contact);
}

TEST(a_contact_of_any_length_is_bounded)
{
	char long_one[CONTACT_BYTES_MAX + 64] = "mailto:";

	memset(long_one + 7, 'a', sizeof(long_one) - 8);
	memcpy(long_one + sizeof(long_one) - 12, "@b.example", 11);
	assert_int_equal(check(long_one), ERR_INVALID_CONTACT);
}

TEST(one_bad_contact_spoils_the_list_and_an_empty_list_is_fine)
{
	static const char *const both[] = { "mailto:a@example.org", "tel:1" };
	struct fault f = { 0 };

	assert_int_equal(contacts_check(both, 1, &f), OK);
	assert_int_equal(contacts_check(both, 2, &f), ERR_UNSUPPORTED_CONTACT);
	assert_non_null(strstr(f.detail, "mailto"));
	f = (struct fault){ 0 };
	assert_int_equal(contacts_check(NULL, 0, &f), OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    s7_3_each_contact_is_judged_by_scheme_and_address),
		cmocka_unit_test(a_contact_of_any_length_is_bounded),
		cmocka_unit_test(
		    one_bad_contact_spoils_the_list_and_an_empty_list_is_fine),
	};

	return cmocka_run_group_tests_name("contact", tests, NULL, NULL);
}
