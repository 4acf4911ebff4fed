#include "base/ident.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/cmocka.h"

static struct arena *arena;
static struct fault f;
static struct ident id;

static int
setup(void **state)
{
	(void)state;
	arena = arena_new();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static enum err
parse(const char *type, const char *value)
{
	memset(&f, 0, sizeof(f));
	memset(&id, 0, sizeof(id));
	return ident_parse(type, value, arena, &id, &f);
}

#define L63 "a23456789-123456789-123456789-123456789-123456789-123456789-123"
#define L61 "a23456789-123456789-123456789-123456789-123456789-123456789-1"

struct row {
	const char *value, *says;
};

static void
check_refusals(const char *type, enum err code, const struct row *rows,
    size_t n)
{
	for (size_t i = 0; i < n; i++) {
		enum err e = parse(type, rows[i].value);

		if (e != code || f.code != code ||
		    strstr(f.detail, rows[i].says) == NULL)
			fail_msg("%s: %d, %s", rows[i].value, (int)e, f.detail);
	}
}

/* IDN-01, IDN-09. */
TEST(names_come_out_in_lower_case)
{
	static const struct {
		const char *value, *name;
		bool wildcard;
	} rows[] = {
		{ "example.com", "example.com", false },
		{ "WWW.Example.COM", "www.example.com", false },
		{ "localhost", "localhost", false },
		{ "*.Example.com", "example.com", true },
		{ "*.local", "local", true },
		{ "a-b--c.x1", "a-b--c.x1", false },
		{ "1.2.3.4.example", "1.2.3.4.example", false },
		{ "3com.0xyz", "3com.0xyz", false },
		{ "xn--bcher-kva.example", "xn--bcher-kva.example", false },
		{ "XN--Bcher-KVA.example", "xn--bcher-kva.example", false },
		{ "xn--strae-oqa.example", "xn--strae-oqa.example", false },
		{ "xn--wgv71a119e.jp", "xn--wgv71a119e.jp", false },
		{ L63 ".x", L63 ".x", false },
		{ L63 "." L63 "." L63 "." L61, L63 "." L63 "." L63 "." L61,
		    false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (parse("dns", rows[i].value) != OK)
			fail_msg("%s: %s", rows[i].value, f.detail);
		assert_int_equal(id.type, IDENT_DNS);
		assert_string_equal(id.value, rows[i].name);
		assert_int_equal(id.wildcard, rows[i].wildcard);
	}
}

/* IDN-01, IDN-02, IDN-03, IDN-05. */
TEST(names_that_no_certificate_should_carry_are_refused)
{
	static const struct row rows[] = {
		{ "", "is no name" },
		{ "*", "one star" },
		{ "*.", "is no name" },
		{ ".", "ends with a dot" },
		{ "example.com.", "ends with a dot" },
		{ ".example.com", "empty label" },
		{ "a..b", "empty label" },
		{ "*..b", "empty label" },
		{ "*.*.example.com", "one star" },
		{ "a.*.example.com", "one star" },
		{ "a*.example.com", "one star" },
		{ "**.example.com", "one star" },
		{ "*example.com", "one star" },
		{ "-a.example", "hyphen" },
		{ "a-.example", "hyphen" },
		{ "a.-", "hyphen" },
		{ "_acme-challenge.example", "has a '_'" },
		{ "a b.example", "has a ' '" },
		{ "a@b.example", "has a '@'" },
		{ "a\tb.example", "has a '?'" },
		{ "example.com:8443", "scheme, port or path" },
		{ "https://example.com", "scheme, port or path" },
		{ "example.com/x", "scheme, port or path" },
		{ "ab--cd.example", "reserved" },
		{ "1.2.3", "ends in a number" },
		{ "1.2.3.400", "ends in a number" },
		{ "127.1", "ends in a number" },
		{ "2130706433", "ends in a number" },
		{ "web.42", "ends in a number" },
		{ "0x7f000001", "ends in a number" },
		{ "a.0X1F", "ends in a number" },
		{ "a.0x", "ends in a number" },
		{ "a" L63 ".x", "longer than 63" },
		{ L63 "." L63 "." L63 "." L61 "a", "longer than 253" },
		{ "*." L63 "." L63 "." L63 "." L61, "longer than 253" },
	};

	check_refusals("dns", ERR_REJECTED_IDENTIFIER, rows,
	    sizeof(rows) / sizeof(rows[0]));
}

/* IDN-03, VEC-08. */
TEST(a_labels_must_come_back_the_same)
{
	static const struct row rows[] = {
		{ "xn--", "hyphen" },
		{ "xn--.example", "hyphen" },
		{ "xn--a.example", "no A-label" },
		{ "xn--abc-.example", "hyphen" },
		{ "xn--example-.com", "hyphen" },
		{ "xn--0.example", "no A-label" },
		{ "xn--99999999.example", "no A-label" },
		{ "xn--ls8h.example", "no A-label" }, /* an emoji */
		{ "xn--bcher-jva0.example", "no A-label" },
		{ "xn--bucher-xyd.example", "no A-label" }, /* u, dots: NFD */
		{ "www.xn--xn---epa.example", "no A-label" },
	};

	check_refusals("dns", ERR_REJECTED_IDENTIFIER, rows,
	    sizeof(rows) / sizeof(rows[0]));
}

/* IDN-04. */
TEST(u_labels_are_refused_with_the_a_label_to_ask_for)
{
	static const struct row rows[] = {
		{ "b\xc3\xbc"
		  "cher.example",
		    "ask for \"xn--bcher-kva.example\"" },
		{ "*.B\xc3\x9c"
		  "CHER.example",
		    "ask for \"*.xn--bcher-kva.example\"" },
		{ "bu\xcc\x88"
		  "cher.example",
		    "ask for \"xn--bcher-kva.example\"" },
		{ "\xff\xfe.example", "no internationalised name either" },
	};

	check_refusals("dns", ERR_REJECTED_IDENTIFIER, rows,
	    sizeof(rows) / sizeof(rows[0]));
}

/* IDN-08, ORD-24. */
TEST(an_address_sent_as_a_name_gets_a_hint)
{
	static const struct row rows[] = {
		{ "1.2.3.4", "use type \"ip\"" },
		{ "::1", "use type \"ip\"" },
		{ "2001:DB8::1", "use type \"ip\"" },
		{ "[2001:db8::1]", "use type \"ip\"" },
		{ "*.1.2.3.4", "use type \"ip\", without a star" },
	};

	check_refusals("dns", ERR_MALFORMED, rows,
	    sizeof(rows) / sizeof(rows[0]));
}

/* IPI-01. */
TEST(addresses_are_taken_in_their_one_spelling)
{
	static const char *const rows[] = { "192.0.2.1", "10.0.0.255",
		"127.0.0.1", "255.255.255.0", "::1", "2001:db8::1", "fe80::1",
		"2001:db8:0:1:1:1:1:1", "2001:db8::1:0:0:1",
		"1::", "64:ff9b::102:304" };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (parse("ip", rows[i]) != OK)
			fail_msg("%s: %s", rows[i], f.detail);
		assert_int_equal(id.type, IDENT_IP);
		assert_false(id.wildcard);
		assert_string_equal(id.value, rows[i]);
	}
}

/* IPI-01, VEC-08. */
TEST(other_spellings_of_addresses_are_refused_with_the_right_one)
{
	static const struct row rows[] = {
		{ "2001:DB8::1", "write \"2001:db8::1\"" },
		{ "2001:db8::0001", "write \"2001:db8::1\"" },
		{ "2001:db8:0:0:0:0:0:1", "write \"2001:db8::1\"" },
		{ "2001:db8::1:1:1:1:1", "write \"2001:db8:0:1:1:1:1:1\"" },
		{ "2001:db8:0:0:1::1", "write \"2001:db8::1:0:0:1\"" },
		{ "64:ff9b::1.2.3.4", "write \"64:ff9b::102:304\"" },
		{ "[::1]", "without brackets" },
		{ "", "no IPv4 or IPv6 address" },
		{ "1.2.3", "no IPv4 or IPv6 address" },
		{ "01.2.3.4", "no IPv4 or IPv6 address" },
		{ "1.2.3.4 ", "no IPv4 or IPv6 address" },
		{ "1.2.3.256", "no IPv4 or IPv6 address" },
		{ "0x7f.0.0.1", "no IPv4 or IPv6 address" },
		{ "10.0.0.0/8", "no IPv4 or IPv6 address" },
		{ "*.1.2.3.4", "no IPv4 or IPv6 address" },
		{ ":::", "no IPv4 or IPv6 address" },
		{ "example.com", "use type \"dns\"" },
	};

	check_refusals("ip", ERR_MALFORMED, rows,
	    sizeof(rows) / sizeof(rows[0]));
}

/* IPI-04. */
TEST(addresses_nobody_can_have_are_refused)
{
	static const struct row rows[] = {
		{ "0.0.0.0", "unspecified" },
		{ "0.1.2.3", "unspecified" },
		{ "::", "unspecified" },
		{ "224.0.0.1", "multicast" },
		{ "239.255.255.255", "multicast" },
		{ "ff02::1", "multicast" },
		{ "255.255.255.255", "broadcast" },
		{ "::ffff:192.0.2.1", "IPv4-mapped" },
		{ "::ffff:c000:201", "IPv4-mapped" },
		{ "::192.0.2.1", "IPv4-compatible" },
		{ "::2", "reserved" },
		{ "fe80::1%eth0", "zone" },
		{ "fe80::1%25eth0", "zone" },
	};

	check_refusals("ip", ERR_REJECTED_IDENTIFIER, rows,
	    sizeof(rows) / sizeof(rows[0]));
}

/* ORD-05. */
TEST(other_types_are_unsupported)
{
	static const char *const types[] = { "", "DNS", "email", "dns " };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		assert_int_equal(parse(types[i], "a"),
		    ERR_UNSUPPORTED_IDENTIFIER);
}

TEST(text_is_what_a_client_writes)
{
	assert_int_equal(parse("dns", "*.A.example"), OK);
	assert_string_equal(ident_text(&id, arena), "*.a.example");
	assert_string_equal(ident_type_text(id.type), "dns");
	assert_int_equal(parse("ip", "::1"), OK);
	assert_string_equal(ident_text(&id, arena), "::1");
	assert_string_equal(ident_type_text(id.type), "ip");
}

TEST(an_address_has_bytes_and_a_name_has_none)
{
	static const unsigned char v6[16] = { 0x20, 0x01, 0x0d,
		0xb8, [15] = 1 };
	unsigned char bytes[16];

	assert_int_equal(parse("ip", "192.0.2.1"), OK);
	assert_int_equal(ident_address(&id, bytes), 4);
	assert_memory_equal(bytes, "\xc0\x00\x02\x01", 4);
	assert_int_equal(parse("ip", "2001:db8::1"), OK);
	assert_int_equal(ident_address(&id, bytes), 16);
	assert_memory_equal(bytes, v6, 16);
	assert_int_equal(parse("dns", "a"), OK);
	assert_int_equal(ident_address(&id, bytes), 0);
}

TEST(order_is_by_type_then_value_then_star)
{
	static const struct ident sorted[] = {
		{ IDENT_DNS, "a.example", false },
		{ IDENT_DNS, "a.example", true },
		{ IDENT_DNS, "b.example", false },
		{ IDENT_IP, "10.0.0.1", false },
		{ IDENT_IP, "a.example", false },
	};
	enum { N = sizeof(sorted) / sizeof(sorted[0]) };
	struct ident mixed[N] = { sorted[4], sorted[1], sorted[3], sorted[0],
		sorted[2] };

	qsort(mixed, N, sizeof(mixed[0]), ident_compare);
	for (size_t i = 0; i < N; i++)
		for (size_t j = 0; j < N; j++)
			assert_int_equal(ident_equal(&mixed[i], &sorted[j]),
			    i == j);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_come_out_in_lower_case),
		cmocka_unit_test(
		    names_that_no_certificate_should_carry_are_refused),
		cmocka_unit_test(a_labels_must_come_back_the_same),
		cmocka_unit_test(
		    u_labels_are_refused_with_the_a_label_to_ask_for),
		cmocka_unit_test(an_address_sent_as_a_name_gets_a_hint),
		cmocka_unit_test(addresses_are_taken_in_their_one_spelling),
		cmocka_unit_test(
		    other_spellings_of_addresses_are_refused_with_the_right_one),
		cmocka_unit_test(addresses_nobody_can_have_are_refused),
		cmocka_unit_test(other_types_are_unsupported),
		cmocka_unit_test(text_is_what_a_client_writes),
		cmocka_unit_test(an_address_has_bytes_and_a_name_has_none),
		cmocka_unit_test(order_is_by_type_then_value_then_star),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
