/* The names of certificates in ARI (RFC 9773, 4.1). */
#include "acme/certid.h"

#include "tests/cmocka.h"
#include "tests/vectors.h"

static struct arena *a;

static int
setup(void **state)
{
	(void)state;
	a = arena_new();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(a);
	return 0;
}

static const uint8_t serial[] = { 0x87, 0x65, 0x43, 0x21 };

static size_t
octets(const char *hex, uint8_t *out)
{
	size_t n = 0;

	for (; sscanf(hex, "%2hhx", &out[n]) == 1; hex += 2)
		n++;
	return n;
}

/* ARI-02, VEC-04: the example of the RFC; the serial keeps its sign octet. */
TEST(s4_1_the_example_is_read_and_written)
{
	struct vector v[VECTORS_MAX];
	uint8_t key[64], number[64];
	struct fault f = { 0 };
	struct certid id = { .key_id = key, .serial = number }, read;

	assert_int_equal(vectors_of("certid", a, v), 1);
	id.key_id_len = octets(v[0].words[0], key);
	id.serial_len = octets(v[0].words[1], number);
	assert_string_equal(certid_text(&id, a), v[0].words[2]);
	assert_int_equal(certid_read(v[0].words[2], a, &read, &f), OK);
	assert_int_equal(read.key_id_len, id.key_id_len);
	assert_memory_equal(read.key_id, key, id.key_id_len);
	assert_int_equal(read.serial_len, id.serial_len);
	assert_memory_equal(read.serial, number, id.serial_len);
}

/* ARI-03: serials are compared as integers. */
TEST(the_sign_octet_may_be_missing)
{
	struct fault f = { 0 };
	struct certid read;

	assert_int_equal(certid_read("aYhba4dGQEHhs3uEe6CuLN4ByNQ.h2VDIQ", a,
	                     &read, &f),
	    OK);
	assert_int_equal(read.serial_len, sizeof(serial));
	assert_memory_equal(read.serial, serial, sizeof(serial));
}

/* ARI-03 */
TEST(what_names_no_certificate_is_malformed)
{
	static const char *const rows[] = { "", ".", "AA", "AA.", ".AA",
		"AA.=", "AA.AA.AA", "AA=.AA", "AA.AA==", "A.AA", "AA.A",
		"AB.AA", "a+.AA", "AA.a/", " AA.AA", "AA.AA\n", "AA,AA" };
	struct certid read;
	char longer[200];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fault f = { 0 };

		if (certid_read(rows[i], a, &read, &f) != ERR_MALFORMED ||
		    f.detail[0] == '\0')
			fail_msg("\"%s\"", rows[i]);
	}
	memset(longer, 'A', sizeof(longer));
	longer[100] = '.';
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(certid_read(longer, a, &read, &(struct fault){ 0 }),
	    ERR_MALFORMED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(s4_1_the_example_is_read_and_written),
		cmocka_unit_test(the_sign_octet_may_be_missing),
		cmocka_unit_test(what_names_no_certificate_is_malformed),
	};

	return cmocka_run_group_tests_name("certid", tests, setup, teardown);
}
