/* The DER reader takes one spelling of everything; the writer writes it. */
#include "crypto/der.h"

#include "tests/cmocka.h"

static const struct {
	const char *why;
	size_t len;
	uint8_t bytes[8];
} broken[] = {
	{ "empty", 0, { 0 } },
	{ "no length", 1, { 0x04 } },
	{ "ends too early", 3, { 0x04, 0x02, 0x61 } },
	{ "indefinite", 4, { 0x04, 0x80, 0x00, 0x00 } },
	{ "long form of a short length", 4, { 0x04, 0x81, 0x01, 0x61 } },
	{ "leading zero in the length", 5, { 0x04, 0x82, 0x00, 0x81, 0x61 } },
	{ "four octets of length", 6, { 0x04, 0x84, 0x01, 0x00, 0x00, 0x00 } },
	{ "another tag", 3, { 0x05, 0x01, 0x61 } },
};

TEST(what_is_not_der_is_refused)
{
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		struct der d = der_over(broken[i].bytes, broken[i].len);
		struct der got = der_get(&d, DER_OCTET_STRING);

		if (!got.bad || !d.bad || der_end(&d))
			fail_msg("%s", broken[i].why);
	}
}

TEST(a_length_has_no_leading_zeros)
{
	uint8_t bytes[4 + 0x81] = { 0x04, 0x82, 0x00, 0x81 };
	struct der d = der_over(bytes, sizeof(bytes));

	assert_true(der_get(&d, DER_OCTET_STRING).bad);
	bytes[1] = 0x81;
	bytes[2] = 0x82;
	d = der_over(bytes, sizeof(bytes));
	assert_int_equal(der_get(&d, DER_OCTET_STRING).len, 0x82);
}

TEST(the_first_fault_sticks)
{
	static const uint8_t bytes[] = { 0x05, 0x00, 0x05, 0x00 };
	struct der d = der_over(bytes, sizeof(bytes));

	(void)der_get(&d, DER_SEQUENCE);
	(void)der_get(&d, DER_NULL);
	assert_false(der_next(&d, DER_NULL));
	assert_false(der_end(&d));
}

TEST(integers_are_minimal_and_not_negative)
{
	static const uint8_t padded[] = { 0x02, 0x02, 0x00, 0x7f };
	static const uint8_t negative[] = { 0x02, 0x01, 0x80 };
	static const uint8_t none[] = { 0x02, 0x00 };
	static const uint8_t zero[] = { 0x02, 0x01, 0x00 };
	static const uint8_t high[] = { 0x02, 0x02, 0x00, 0x80 };
	struct der d = der_over(padded, sizeof(padded)), n;

	assert_true(der_uint(&d).bad);
	d = der_over(negative, sizeof(negative));
	assert_true(der_uint(&d).bad);
	d = der_over(none, sizeof(none));
	assert_true(der_uint(&d).bad);
	d = der_over(zero, sizeof(zero));
	n = der_uint(&d);
	assert_true(der_end(&d) && !n.bad && n.len == 0);
	d = der_over(high, sizeof(high));
	n = der_uint(&d);
	assert_true(der_end(&d) && der_equal(&n, "\x80", 1));
}

TEST(an_integer_is_written_minimally)
{
	static const uint8_t want[] = { 0x02, 0x01, 0x00, 0x02, 0x02, 0x00,
		0x80, 0x02, 0x01, 0x7f };
	uint8_t buf[32];
	struct derw w;

	derw_start(&w, buf, sizeof(buf));
	derw_uint(&w, "\0\0", 2);
	derw_uint(&w, "\0\0\x80", 3);
	derw_uint(&w, "\0\x7f", 2);
	assert_true(derw_end(&w));
	assert_int_equal(w.len, sizeof(want));
	assert_memory_equal(buf, want, sizeof(want));
}

TEST(lengths_of_every_size_come_back)
{
	static const size_t sizes[] = { 0, 1, 127, 128, 255, 256, 65535,
		65536 };
	static uint8_t data[65536], buf[65536 + 16];
	struct derw w;
	struct der d, in;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		derw_start(&w, buf, sizeof(buf));
		derw_open(&w, DER_SEQUENCE);
		derw_put(&w, DER_OCTET_STRING, data, sizes[i]);
		derw_close(&w);
		assert_true(derw_end(&w));
		d = der_over(buf, w.len);
		in = der_get(&d, DER_SEQUENCE);
		assert_int_equal(der_get(&in, DER_OCTET_STRING).len, sizes[i]);
		assert_true(der_end(&d) && der_end(&in));
	}
}

TEST(a_full_writer_says_so_at_its_end)
{
	static uint8_t data[130];
	uint8_t buf[130];
	struct derw w;

	derw_start(&w, buf, sizeof(buf));
	derw_put(&w, DER_OCTET_STRING, data, 129); /* no room for 3 octets */
	assert_false(derw_end(&w));
	derw_start(&w, buf, sizeof(buf));
	derw_put(&w, DER_OCTET_STRING, data,
	    128); /* contents fit, header not */
	assert_false(derw_end(&w));
	derw_start(&w, buf, sizeof(buf));
	for (int i = 0; i <= DER_NESTED; i++)
		derw_open(&w, DER_SEQUENCE);
	assert_false(derw_end(&w));
	derw_start(&w, buf, sizeof(buf));
	derw_close(&w);
	assert_false(derw_end(&w));
}

static const struct {
	int64_t t;
	const char *text;
	unsigned tag;
} times[] = {
	{ 0, "700101000000Z", DER_UTC_TIME },
	{ -1, "691231235959Z", DER_UTC_TIME },
	{ 2524607999, "491231235959Z", DER_UTC_TIME },
	{ 2524608000, "20500101000000Z", DER_GENERALIZED_TIME },
	{ -631152001, "19491231235959Z", DER_GENERALIZED_TIME },
	{ 253402300799, "99991231235959Z", DER_GENERALIZED_TIME },
};

TEST(times_change_form_in_2050)
{
	uint8_t buf[32];
	struct derw w;
	struct der d;

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		size_t n = strlen(times[i].text);

		derw_start(&w, buf, sizeof(buf));
		derw_time(&w, times[i].t);
		assert_true(derw_end(&w));
		assert_int_equal(w.len, n + 2);
		assert_int_equal(buf[0], times[i].tag);
		assert_memory_equal(buf + 2, times[i].text, n);
		d = der_over(buf, w.len);
		assert_true(der_time(&d) == times[i].t);
		assert_true(der_end(&d));
	}
}

static const struct {
	unsigned tag;
	const char *text;
} no_times[] = {
	{ DER_UTC_TIME, "260229000000Z" },
	{ DER_UTC_TIME, "261301000000Z" },
	{ DER_UTC_TIME, "260101246000Z" },
	{ DER_UTC_TIME, "2601010000Z" },
	{ DER_UTC_TIME, "260101000000+" },
	{ DER_UTC_TIME, "26010100000 Z" },
	{ DER_GENERALIZED_TIME, "20260101000000Z" },
	{ DER_GENERALIZED_TIME, "20500101000000.5Z" },
	{ DER_GENERALIZED_TIME, "500101000000Z" },
};

/* RFC 6960 has no other form, whatever the year. */
TEST(generalized_times_are_so_in_every_year)
{
	static const int64_t at[] = { 0, 1763000000, 2524608000 };
	uint8_t buf[32];
	struct derw w;
	struct der d;

	for (size_t i = 0; i < 3; i++) {
		derw_start(&w, buf, sizeof(buf));
		derw_generalized(&w, at[i]);
		assert_true(derw_end(&w));
		assert_int_equal(w.len, 17);
		assert_int_equal(buf[0], DER_GENERALIZED_TIME);
		d = der_over(buf, w.len);
		assert_true(der_generalized(&d) == at[i]);
		assert_true(der_end(&d));
	}
	derw_start(&w, buf, sizeof(buf));
	derw_time(&w, at[1]);
	d = der_over(buf, w.len);
	(void)der_generalized(&d);
	assert_false(der_end(&d));
}

TEST(times_have_one_spelling)
{
	uint8_t buf[32];
	struct derw w;
	struct der d;

	for (size_t i = 0; i < sizeof(no_times) / sizeof(no_times[0]); i++) {
		derw_start(&w, buf, sizeof(buf));
		derw_put(&w, no_times[i].tag, no_times[i].text,
		    strlen(no_times[i].text));
		d = der_over(buf, w.len);
		(void)der_time(&d);
		if (!d.bad)
			fail_msg("%s", no_times[i].text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_der_is_refused),
		cmocka_unit_test(a_length_has_no_leading_zeros),
		cmocka_unit_test(the_first_fault_sticks),
		cmocka_unit_test(integers_are_minimal_and_not_negative),
		cmocka_unit_test(an_integer_is_written_minimally),
		cmocka_unit_test(lengths_of_every_size_come_back),
		cmocka_unit_test(a_full_writer_says_so_at_its_end),
		cmocka_unit_test(times_change_form_in_2050),
		cmocka_unit_test(generalized_times_are_so_in_every_year),
		cmocka_unit_test(times_have_one_spelling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
