/* One issuer after the other: in time, within the root's life, never half. */
#include "crypto/roll.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <openssl/x509v3.h>

#include "crypto/ca_int.h"
#include "crypto/crypto_int.h"
#include "crypto/digest.h"
#include "tests/scratch.h"

enum { DAY = 86400 };

static struct fault f;
static struct ca ca;
static const struct ca_spec usual = { "mayfly", 3650, 365, NULL };

static int
setup(void **state)
{
	(void)state;
	f = (struct fault){ 0 };
	return !scratch_make() || ca_init(dir, &usual, time(NULL), &f) != OK;
}

static enum err
rotate(const struct ca_spec *spec, size_t had, size_t *number)
{
	f = (struct fault){ 0 };
	return ca_rotate(dir, spec, had, time(NULL), number, &f);
}

static void
loads(size_t issuers)
{
	if (ca_load(dir, a, &ca, &f) != OK)
		fail_msg("%s", f.detail);
	assert_int_equal(ca.n_issuers, issuers);
}

static void
has_key(unsigned issuer)
{
	char *pem;

	if (ca_key_read(dir, issuer, NULL, &pem, &f) != OK)
		fail_msg("%s", f.detail);
	free(pem);
}

/* CPR-17: what follows is a CA certificate as the first was. */
TEST(the_next_issuer_has_a_key_of_its_own_and_the_same_root)
{
	static const struct ca_spec other = { "other", 1, 100, NULL };
	size_t number = 0;
	struct stat st;
	X509 *x;
	const uint8_t *der;
	int critical;

	assert_int_equal(rotate(&other, 1, &number), OK);
	assert_int_equal(number, 2);
	assert_int_equal(entries(false), 6);
	loads(2);
	has_key(1);
	has_key(2);
	assert_int_equal(stat(at("issuer-2.key"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_string_equal(ca.issuers[1].subject, "CN=mayfly issuer 2");
	assert_true(llabs(ca.issuers[1].not_after - time(NULL) - 100 * DAY) <
	            10);
	der = ca.issuers[1].der;
	x = d2i_X509(NULL, &der, (long)ca.issuers[1].der_len);
	assert_int_equal(X509_get_pathlen(x), 0);
	assert_int_equal(X509_get_key_usage(x), KU_KEY_CERT_SIGN | KU_CRL_SIGN);
	BASIC_CONSTRAINTS_free(X509_get_ext_d2i(x, NID_basic_constraints,
	    &critical, NULL));
	assert_int_equal(critical, 1);
	assert_int_equal(ASN1_STRING_length(X509_get0_subject_key_id(x)), 20);
	X509_free(x);
	assert_int_equal(rotate(&usual, 0, &number), OK);
	assert_int_equal(number, 3);
	loads(3);
}

TEST(without_the_root_key_it_is_said_what_to_do)
{
	size_t number;

	assert_int_equal(unlink(at("root.key")), 0);
	assert_int_equal(rotate(&usual, 0, &number), ERR_NOT_FOUND);
	assert_non_null(strstr(f.detail,
	    "root.key is not here; `mayfly ca cs"));
	assert_int_equal(entries(false), 3);
	loads(1);
}

TEST(a_key_that_is_not_the_roots_is_refused)
{
	size_t number;

	assert_int_equal(unlink(at("root.key")), 0);
	assert_int_equal(link(at("issuer-1.key"), at("root.key")), 0);
	assert_int_equal(rotate(&usual, 0, &number), ERR_INTERNAL);
	assert_non_null(strstr(f.detail, "root.key: is not the key of"));
	loads(1);
}

TEST(two_at_once_make_one)
{
	size_t number;
	int fd = open(dir, O_RDONLY | O_DIRECTORY);

	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_int_equal(rotate(&usual, 1, &number), ERR_BUSY);
	(void)close(fd);
	assert_int_equal(rotate(&usual, 1, &number), OK);
	assert_int_equal(rotate(&usual, 1, &number), ERR_STALE);
	loads(2);
}

/* What a crash between key and certificate leaves. */
TEST(a_key_without_its_certificate_gets_one)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	char *text = ca_key_text(key, NULL);
	FILE *file = fopen(at("issuer-2.key"), "w");
	size_t number;
	X509 *x;
	const uint8_t *der;

	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(at("issuer-2.key"), 0600), 0);
	free(text);
	loads(1);
	assert_int_equal(rotate(&usual, 0, &number), OK);
	loads(2);
	has_key(2);
	der = ca.issuers[1].der;
	x = d2i_X509(NULL, &der, (long)ca.issuers[1].der_len);
	assert_int_equal(EVP_PKEY_eq(X509_get0_pubkey(x), key), 1);
	X509_free(x);
	EVP_PKEY_free(key);
}

/* CPR-04: no issuer outlives its root, nor begins before it. */
TEST(an_issuer_lives_within_its_roots_life)
{
	static const struct ca_spec eternal = { "x", 1, 36500, NULL };
	size_t number;

	assert_int_equal(rotate(&eternal, 0, &number), OK);
	loads(2);
	assert_true(ca.issuers[1].not_after == ca.root.not_after);
	assert_true(ca.issuers[1].not_before >= ca.root.not_before);
	assert_false(ca_rotation_helps(&ca));
	assert_true(ca_rotation_helps(&(struct ca){
	    .root = ca.root, .issuers = ca.issuers, .n_issuers = 1 }));
}

TEST(an_expired_root_signs_nothing)
{
	size_t number;

	f = (struct fault){ 0 };
	assert_int_equal(ca_rotate(dir, &usual, 0, time(NULL) + 4000LL * DAY,
	                     &number, &f),
	    ERR_INTERNAL);
	assert_non_null(strstr(f.detail, "the root has expired"));
	loads(1);
}

TEST(keys_are_encrypted_as_those_before)
{
	static const struct ca_spec secret = { "x", 10, 5, "a secret" },
	                            wrong = { "x", 10, 5, "another" };
	size_t number;
	char *pem;

	(void)entries(true);
	assert_int_equal(ca_init(dir, &secret, time(NULL), &f), OK);
	assert_int_equal(rotate(&usual, 0, &number), ERR_INTERNAL);
	assert_non_null(strstr(f.detail, "root.key: is encrypted"));
	assert_int_equal(rotate(&wrong, 0, &number), ERR_INTERNAL);
	assert_non_null(strstr(f.detail, "the passphrase is wrong"));
	assert_int_equal(rotate(&secret, 0, &number), OK);
	assert_int_equal(ca_key_read(dir, 2, NULL, &pem, &f), ERR_INTERNAL);
	assert_int_equal(ca_key_read(dir, 2, "a secret", &pem, &f), OK);
	free(pem);
}

/* CPR-17: the overlap is longer than the longest leaf lives. */
TEST(a_rotation_is_due_before_any_leaf_is_cut)
{
	static const struct {
		int64_t life, overlap, longest, before;
	} rows[] = {
		{ 300 * DAY, 0, 600, 100 * DAY },
		{ 300 * DAY, 10 * DAY, 600, 10 * DAY },
		{ 300 * DAY, 10 * DAY, 20 * DAY, 20 * DAY + 3600 },
		{ 300 * DAY, 0, 150 * DAY, 150 * DAY + 3600 },
		{ 300 * DAY, 250 * DAY, 600, 200 * DAY }, /* not at once */
		{ 30, 0, DAY, 20 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ca_cert one = { .not_before = 1000,
			.not_after = 1000 + rows[i].life - 1 };
		const struct ca that = { .issuers = &one, .n_issuers = 1 };

		assert_int_equal(one.not_after - ca_rotation_due(&that,
		                                     rows[i].overlap,
		                                     rows[i].longest),
		    rows[i].before);
	}
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, scratch_remove)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_next_issuer_has_a_key_of_its_own_and_the_same_root),
		T(without_the_root_key_it_is_said_what_to_do),
		T(a_key_that_is_not_the_roots_is_refused),
		T(two_at_once_make_one),
		T(a_key_without_its_certificate_gets_one),
		T(an_issuer_lives_within_its_roots_life),
		T(an_expired_root_signs_nothing),
		T(keys_are_encrypted_as_those_before),
		T(a_rotation_is_due_before_any_leaf_is_cut),
	};

	crypto_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
