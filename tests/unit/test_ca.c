/* The hierarchy: made once, never replaced, refused when it would not work. */
#include "crypto/ca.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "crypto/crypto_int.h"
#include "crypto/digest.h"
#include "tests/scratch.h"

static struct fault f;
static struct ca ca;
static const struct ca_spec usual = { "mayfly", 3650, 365, NULL };

static int
setup(void **state)
{
	(void)state;
	f = (struct fault){ 0 };
	return !scratch_make();
}

static enum err
init_at(int64_t now)
{
	f = (struct fault){ 0 };
	return ca_init(dir, &usual, now, &f);
}

static enum err
load(void)
{
	f = (struct fault){ 0 };
	return ca_load(dir, a, &ca, &f);
}

static enum err
key(const char *passphrase)
{
	char *pem;
	enum err e;

	f = (struct fault){ 0 };
	e = ca_key_read(dir, 1, passphrase, &pem, &f);
	assert_true((e == OK) == (pem != NULL));
	if (pem != NULL)
		assert_non_null(strstr(pem, "-----BEGIN PRIVATE KEY-----"));
	free(pem);
	return e;
}

static void
put(const char *name, const char *text, mode_t mode)
{
	int fd = open(at(name), O_WRONLY | O_CREAT | O_TRUNC, mode);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	assert_int_equal(close(fd), 0);
}

static mode_t
mode_of(const char *name)
{
	struct stat st;

	assert_int_equal(stat(at(name), &st), 0);
	return st.st_mode & 07777;
}

static X509 *
x509_of(const struct ca_cert *c)
{
	const uint8_t *p = c->der;
	X509 *x = d2i_X509(NULL, &p, (long)c->der_len);

	assert_non_null(x);
	return x;
}

TEST(what_is_made_can_be_loaded)
{
	int64_t now = time(NULL);

	assert_int_equal(init_at(now), OK);
	assert_int_equal(entries(false), 4);
	assert_int_equal(mode_of("root.key"), 0600);
	assert_int_equal(mode_of("issuer-1.key"), 0600);
	assert_int_equal(mode_of("root.pem"), 0644);
	assert_int_equal(mode_of("issuer-1.pem"), 0644);
	if (load() != OK)
		fail_msg("%s", f.detail);
	assert_int_equal(ca.n_issuers, 1);
	assert_string_equal(ca.root.subject, "CN=mayfly root");
	assert_string_equal(ca.issuers[0].subject, "CN=mayfly issuer 1");
	assert_true(ca.root.not_before == now - 3600);
	assert_true(ca.root.not_after == now + 3650LL * 86400 - 1);
	assert_true(ca.issuers[0].not_after == now + 365LL * 86400 - 1);
	assert_int_equal(strlen(ca.fingerprint), 95);
	assert_int_equal(ca.fingerprint[2], ':');
	assert_int_equal(key(NULL), OK);
}

/* CPR-17. */
TEST(the_certificates_say_what_ca_certificates_must)
{
	X509 *root, *issuer;
	int critical;

	assert_int_equal(init_at(time(NULL)), OK);
	assert_int_equal(load(), OK);
	root = x509_of(&ca.root);
	issuer = x509_of(&ca.issuers[0]);
	assert_int_equal(X509_get_pathlen(root), -1);
	assert_int_equal(X509_get_pathlen(issuer), 0);
	assert_int_equal(X509_check_ca(issuer), 1);
	for (int i = 0; i < 2; i++) {
		X509 *x = i ? issuer : root;

		assert_int_equal(X509_get_key_usage(x),
		    KU_KEY_CERT_SIGN | KU_CRL_SIGN);
		BASIC_CONSTRAINTS_free(X509_get_ext_d2i(x,
		    NID_basic_constraints, &critical, NULL));
		assert_int_equal(critical, 1);
		ASN1_BIT_STRING_free(X509_get_ext_d2i(x, NID_key_usage,
		    &critical, NULL));
		assert_int_equal(critical, 1);
		assert_non_null(X509_get0_subject_key_id(x));
		assert_true(EVP_PKEY_is_a(X509_get0_pubkey(x), "EC"));
	}
	assert_int_equal(ASN1_OCTET_STRING_cmp(X509_get0_subject_key_id(root),
	                     X509_get0_authority_key_id(issuer)),
	    0);
	X509_free(root);
	X509_free(issuer);
}

TEST(an_issuer_does_not_outlive_its_root)
{
	static const struct ca_spec spec = { "x", 10, 20, NULL };

	assert_int_equal(ca_init(dir, &spec, time(NULL), &f), OK);
	assert_int_equal(load(), OK);
	assert_true(ca.issuers[0].not_after == ca.root.not_after);
}

/* SEC-04. */
TEST(keys_are_encrypted_when_there_is_a_passphrase)
{
	static const struct ca_spec spec = { "x", 10, 5, "a secret" };
	char text[64] = "";
	FILE *file;

	assert_int_equal(ca_init(dir, &spec, time(NULL), &f), OK);
	file = fopen(at("issuer-1.key"), "r");
	assert_non_null(fgets(text, sizeof(text), file));
	assert_string_equal(text, "-----BEGIN ENCRYPTED PRIVATE KEY-----\n");
	(void)fclose(file);
	assert_int_equal(key("a secret"), OK);
	assert_int_equal(key("another"), ERR_INTERNAL);
	assert_non_null(strstr(f.detail, "passphrase is wrong"));
	assert_int_equal(key(NULL), ERR_INTERNAL);
	assert_non_null(strstr(f.detail, "issuer-1.key"));
	assert_non_null(strstr(f.detail, "no passphrase"));
}

TEST(nothing_that_exists_is_replaced)
{
	assert_int_equal(init_at(time(NULL)), OK);
	assert_int_equal(init_at(time(NULL)), ERR_INTERNAL);
	assert_non_null(strstr(f.detail, "root.key exists"));
	assert_int_equal(load(), OK);
	(void)entries(true);
	put("issuer-1.key", "precious", 0600);
	assert_int_equal(init_at(time(NULL)), ERR_INTERNAL);
	assert_non_null(strstr(f.detail, "issuer-1.key exists"));
	assert_int_equal(entries(false), 1);
}

TEST(a_failure_leaves_nothing_behind)
{
	struct rlimit old, small; /* of files: a key, but no certificate */

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = (struct rlimit){ 300, old.rlim_max };
	assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(init_at(time(NULL)), ERR_INTERNAL);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_non_null(strstr(f.detail, "issuer-1.pem"));
	assert_int_equal(entries(false), 0);
	assert_int_equal(load(), ERR_NOT_FOUND);
}

TEST(nonsense_is_not_made)
{
	static const struct ca_spec specs[] = { { "", 10, 5, NULL },
		{ "x", 0, 5, NULL }, { "x", 5, 0, NULL },
		{ "x", 4000000, 5, NULL },
		{ "0123456789012345678901234567890123456789x", 1, 1, NULL } };

	for (size_t i = 0; i < sizeof(specs) / sizeof(specs[0]); i++)
		assert_int_equal(ca_init(dir, &specs[i], time(NULL), &f),
		    ERR_INTERNAL);
	assert_int_equal(ca_init("/tmp/mayfly-no-such-dir", &usual, 1000, &f),
	    ERR_INTERNAL);
	assert_non_null(strstr(f.detail, "No such file"));
	assert_int_equal(entries(false), 0);
}

TEST(a_missing_or_broken_file_is_named)
{
	assert_int_equal(load(), ERR_NOT_FOUND);
	assert_non_null(strstr(f.detail, "root.pem"));
	assert_int_equal(init_at(time(NULL)), OK);
	assert_int_equal(rename(at("issuer-1.pem"), at("kept")), 0);
	assert_int_equal(load(), ERR_INTERNAL);
	assert_non_null(strstr(f.detail, "issuer-1.pem"));
	put("issuer-1.pem", "nonsense", 0644);
	assert_int_equal(load(), ERR_INTERNAL);
	assert_non_null(strstr(f.detail, "issuer-1.pem: is not 1 to"));
	assert_int_equal(unlink(at("issuer-1.key")), 0);
	assert_int_equal(key(NULL), ERR_NOT_FOUND);
	assert_non_null(strstr(f.detail, "issuer-1.key"));
	assert_int_equal(mkdir(at("issuer-1.key"), 0700), 0);
	assert_int_equal(key(NULL), ERR_INTERNAL);
	assert_non_null(strstr(f.detail, "is not a file"));
}

TEST(what_has_expired_or_not_begun_is_refused)
{
	assert_int_equal(init_at(time(NULL) - 400LL * 86400), OK);
	assert_int_equal(load(), ERR_INTERNAL);
	assert_non_null(strstr(f.detail, "issuer-1.pem: certificate has exp"));
	(void)entries(true);
	assert_int_equal(init_at(time(NULL) - 4000LL * 86400), OK);
	assert_int_equal(load(), ERR_INTERNAL);
	assert_non_null(strstr(f.detail, "root.pem: certificate has expired"));
	(void)entries(true);
	assert_int_equal(init_at(time(NULL) + 86400), OK);
	assert_int_equal(load(), ERR_INTERNAL);
	assert_non_null(strstr(f.detail, "root.pem: certificate is not yet"));
}

/* The issuer in issuer-1.pem with another key, valid from now on, as the next. */
static void
renew_issuer(void)
{
	FILE *in = fopen(at("root.key"), "r"), *out;
	EVP_PKEY *root = PEM_read_PrivateKey(in, NULL, NULL, NULL), *other;
	X509 *x;

	(void)fclose(in);
	in = fopen(at("issuer-1.pem"), "r");
	x = PEM_read_X509(in, NULL, NULL, NULL);
	(void)fclose(in);
	other = EVP_EC_gen("P-256");
	assert_int_equal(X509_set_pubkey(x, other), 1);
	EVP_PKEY_free(other);
	assert_non_null(X509_gmtime_adj(X509_getm_notAfter(x), 86400));
	assert_true(X509_sign(x, root, md_fetched(MD_SHA256)) > 0);
	out = fopen(at("issuer-2.pem"), "w");
	assert_int_equal(PEM_write_X509(out, x), 1);
	(void)fclose(out);
	X509_free(x);
	EVP_PKEY_free(root);
}

TEST(an_old_issuer_may_have_expired_if_the_newest_has_not)
{
	assert_int_equal(init_at(time(NULL) - 400LL * 86400), OK);
	renew_issuer();
	if (load() != OK)
		fail_msg("%s", f.detail);
	assert_int_equal(ca.n_issuers, 2);
	assert_int_equal(rename(at("issuer-2.pem"), at("issuer-3.pem")), 0);
	assert_int_equal(rename(at("issuer-1.pem"), at("issuer-2.pem")), 0);
	assert_int_equal(rename(at("issuer-3.pem"), at("issuer-1.pem")), 0);
	assert_int_equal(load(), ERR_INTERNAL);
	assert_non_null(strstr(f.detail, "issuer-2.pem: certificate has exp"));
}

TEST(an_issuer_of_another_root_is_refused)
{
	char *root, *issuer;

	assert_int_equal(init_at(time(NULL)), OK);
	assert_int_equal(load(), OK);
	root = arena_text(a, ca.root.pem);
	issuer = arena_text(a, ca.issuers[0].pem);
	(void)entries(true);
	assert_int_equal(init_at(time(NULL)), OK);
	put("root.pem", root, 0644);
	assert_int_equal(load(), ERR_INTERNAL);
	assert_non_null(strstr(f.detail, "issuer-1.pem"));
	put("root.pem", issuer, 0644);
	assert_int_equal(load(), ERR_INTERNAL);
	assert_non_null(strstr(f.detail, "root.pem"));
}

TEST(a_key_must_be_private_and_the_issuers)
{
	assert_int_equal(init_at(time(NULL)), OK);
	assert_int_equal(chmod(at("issuer-1.key"), 0640), 0);
	assert_int_equal(key(NULL), ERR_INTERNAL);
	assert_non_null(strstr(f.detail, "chmod 600"));
	assert_int_equal(rename(at("root.key"), at("issuer-1.key")), 0);
	assert_int_equal(key(NULL), ERR_INTERNAL);
	assert_non_null(strstr(f.detail, "not the key"));
	put("issuer-1.key", "nonsense", 0600);
	assert_int_equal(key(NULL), ERR_INTERNAL);
	assert_non_null(strstr(f.detail, "no private key"));
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, scratch_remove)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(what_is_made_can_be_loaded),
		T(the_certificates_say_what_ca_certificates_must),
		T(an_issuer_does_not_outlive_its_root),
		T(keys_are_encrypted_when_there_is_a_passphrase),
		T(nothing_that_exists_is_replaced),
		T(a_failure_leaves_nothing_behind),
		T(nonsense_is_not_made),
		T(a_missing_or_broken_file_is_named),
		T(what_has_expired_or_not_begun_is_refused),
		T(an_old_issuer_may_have_expired_if_the_newest_has_not),
		T(an_issuer_of_another_root_is_refused),
		T(a_key_must_be_private_and_the_issuers),
	};

	crypto_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
