/* The digests give what FIPS 180-4 and RFC 4231 print. */
#include "crypto/digest.h"

#include <pthread.h>

#include "tests/cmocka.h"

TEST(sha256_of_abc_is_as_published)
{
	static const uint8_t want[] = { 0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01,
		0xcf, 0xea, 0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23,
		0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c, 0xb4, 0x10,
		0xff, 0x61, 0xf2, 0x00, 0x15, 0xad };
	uint8_t got[SHA256_SIZE];

	sha256("abc", 3, got);
	assert_memory_equal(got, want, sizeof(want));
	assert_true(bytes_equal(got, want, sizeof(want)));
	got[31] ^= 1;
	assert_false(bytes_equal(got, want, sizeof(want)));
	bytes_wipe(got, sizeof(got));
	assert_int_equal(got[0] | got[31], 0);
}

/* RFC 4231, 4.2, whose key of 20 octets is padded with zeros to 32. */
TEST(hmac_sha256_is_as_published_and_its_key_matters)
{
	static const uint8_t want[] = { 0xb0, 0x34, 0x4c, 0x61, 0xd8, 0xdb,
		0x38, 0x53, 0x5c, 0xa8, 0xaf, 0xce, 0xaf, 0x0b, 0xf1, 0x2b,
		0x88, 0x1d, 0xc2, 0x00, 0xc9, 0x83, 0x3d, 0xa7, 0x26, 0xe9,
		0x37, 0x6c, 0x2e, 0x32, 0xcf, 0xf7 };
	uint8_t key[SHA256_SIZE] = { 0 }, got[SHA256_SIZE];

	memset(key, 0x0b, 20);
	hmac_sha256(key, "Hi There", 8, got);
	assert_memory_equal(got, want, sizeof(want));
	key[0] = 0;
	hmac_sha256(key, "Hi There", 8, got);
	assert_memory_not_equal(got, want, sizeof(want));
}

/* RFC 7693; the vectors of BLAKE2's authors for a key of 0, 1, 2… 31. */
TEST(a_mac_is_as_published_and_its_key_matters)
{
	static const uint8_t want[2][MAC_SIZE] = {
		{ 0x48, 0xa8, 0x99, 0x7d, 0xa4, 0x07, 0x87, 0x6b, 0x3d, 0x79,
		    0xc0, 0xd9, 0x23, 0x25, 0xad, 0x3b, 0x89, 0xcb, 0xb7, 0x54,
		    0xd8, 0x6a, 0xb7, 0x1a, 0xee, 0x04, 0x7a, 0xd3, 0x45, 0xfd,
		    0x2c, 0x49 },
		{ 0x40, 0xd1, 0x5f, 0xee, 0x7c, 0x32, 0x88, 0x30, 0x16, 0x6a,
		    0xc3, 0xf9, 0x18, 0x65, 0x0f, 0x80, 0x7e, 0x7e, 0x01, 0xe1,
		    0x77, 0x25, 0x8c, 0xdc, 0x0a, 0x39, 0xb1, 0x1f, 0x59, 0x80,
		    0x66, 0xf1 },
	};
	uint8_t key[MAC_KEY], got[MAC_SIZE];
	struct mac *m;

	for (uint8_t i = 0; i < MAC_KEY; i++)
		key[i] = i;
	m = mac_new(key);
	for (size_t n = 0; n < 2; n++) {
		mac_tag(m, "", n, got);
		assert_memory_equal(got, want[n], MAC_SIZE);
	}
	mac_free(m);
	key[31] ^= 1;
	m = mac_new(key);
	mac_tag(m, "", 0, got);
	assert_memory_not_equal(got, want[0], MAC_SIZE);
	mac_free(m);
	mac_free(NULL);
}

/* What is fetched once serves all threads; for the thread sanitizer. */
static struct mac *shared;

static void *
hash_on(void *arg)
{
	uint8_t key[SHA256_SIZE] = { 1 };

	for (int i = 0; i < 1000; i++) {
		sha256("abc", 3, arg);
		hmac_sha256(key, "abc", 3, arg);
		mac_tag(shared, "abc", 3, arg);
	}
	return NULL;
}

/* The example of its authors: 0, 1, 2… as key and as text. */
TEST(siphash_is_as_published_and_its_key_matters)
{
	uint8_t bytes[SCATTER_KEY];
	struct scatter *s;

	for (uint8_t i = 0; i < SCATTER_KEY; i++)
		bytes[i] = i;
	s = scatter_new(bytes);
	for (int again = 0; again < 2; again++)
		assert_true(scatter_of(s, bytes, 15) == 0xa129ca6149be45e5);
	assert_true(scatter_of(s, bytes, 14) != 0xa129ca6149be45e5);
	scatter_free(s);
	bytes[15] ^= 1;
	s = scatter_new(bytes);
	bytes[15] ^= 1;
	assert_true(scatter_of(s, bytes, 15) != 0xa129ca6149be45e5);
	scatter_free(s);
}

TEST(threads_may_hash_at_once)
{
	uint8_t got[3][SHA256_SIZE];
	pthread_t threads[3];

	shared = mac_new((const uint8_t[MAC_KEY]){ 2 });
	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, hash_on,
		                     got[i]),
		    0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_memory_equal(got[0], got[1], SHA256_SIZE);
	assert_memory_equal(got[0], got[2], SHA256_SIZE);
	mac_free(shared);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sha256_of_abc_is_as_published),
		cmocka_unit_test(a_mac_is_as_published_and_its_key_matters),
		cmocka_unit_test(siphash_is_as_published_and_its_key_matters),
		cmocka_unit_test(threads_may_hash_at_once),
		cmocka_unit_test(
		    hmac_sha256_is_as_published_and_its_key_matters),
	};

	crypto_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
