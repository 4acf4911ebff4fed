/* A root that is elsewhere: requests go out, certificates come in, or not. */
#include "crypto/offline.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/file.h"
#include "crypto/ca_int.h"
#include "crypto/crypto_int.h"
#include "crypto/digest.h"
#include "crypto/roll.h"
#include "tests/cmocka.h"

enum { DAY = 86400 };

static char dir[64];
static struct arena *a;
static struct fault f;
static struct ca ca;
static const char *d, *away; /* D/ca, and where the root key is */
static const struct ca_spec usual = { "mayfly", 3650, 365, NULL };

static const char *
in(const char *folder, const char *name)
{
	return arena_printf(a, "%s/%s", folder, name);
}

static bool
is_there(const char *folder, const char *name)
{
	return access(in(folder, name), F_OK) == 0;
}

static int
setup(void **state)
{
	(void)state;
	a = arena_new();
	f = (struct fault){ 0 };
	(void)snprintf(dir, sizeof(dir), "/tmp/mayfly-test-off-XXXXXX");
	if (mkdtemp(dir) == NULL)
		return 1;
	d = in(dir, "ca");
	away = in(dir, "away");
	return mkdir(d, 0700) != 0 || mkdir(away, 0700) != 0 ||
	       ca_init_apart(d, away, &usual, time(NULL), &f) != OK;
}

static int
teardown(void **state)
{
	int rc = system(arena_printf(a, "rm -rf '%s'", dir));

	(void)state;
	arena_free(a);
	return rc;
}

static const char *
request(void)
{
	const char *pem = NULL;

	if (ca_request(d, &usual, a, &pem, &f) != OK)
		fail_msg("%s", f.detail);
	return pem;
}

static const char *
sign(const char *csr)
{
	const char *pem = NULL;

	if (ca_sign(away, &usual, csr, time(NULL), a, &pem, &f) != OK)
		fail_msg("%s", f.detail);
	return pem;
}

static enum err
import(const char *pem, const char *cross_root, size_t *number)
{
	const struct ca_import what = { pem, NULL, cross_root };

	f = (struct fault){ 0 };
	return ca_import(d, &what, time(NULL), number, &f);
}

static void
refused(const char *pem, const char *cross_root, enum err e, const char *why)
{
	size_t number;

	assert_int_equal(import(pem, cross_root, &number), e);
	if (strstr(f.detail, why) == NULL)
		fail_msg("%s", f.detail);
}

static void
loads(size_t issuers)
{
	if (ca_load(d, a, &ca, &f) != OK)
		fail_msg("%s", f.detail);
	assert_int_equal(ca.n_issuers, issuers);
}

/* A CA certificate below `by`, for `key`; with room for `room` below it. */
static X509 *
make(const char *cn, X509 *by, EVP_PKEY *by_key, EVP_PKEY *key, int room)
{
	int64_t now = time(NULL);
	struct ca_level l = { cn, room, now - DAY, now + 20 * DAY, key };
	X509 *x = ca_certify(&l, by, by_key, now);

	assert_non_null(x);
	return x;
}

static EVP_PKEY *
key_of(const char *path)
{
	EVP_PKEY *key;

	if (ca_key_load(path, NULL, &key, &f) != OK)
		fail_msg("%s", f.detail);
	return key;
}

TEST(the_root_key_is_apart_from_the_first)
{
	struct stat st;

	assert_true(is_there(away, "root.key"));
	assert_int_equal(stat(in(away, "root.key"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_false(is_there(d, "root.key"));
	assert_string_equal(file_read(in(d, "root.pem"), CA_FILE_MAX, a, &f),
	    file_read(in(away, "root.pem"), CA_FILE_MAX, a, &f));
	loads(1);
	assert_int_equal(ca_init_apart(d, away, &usual, time(NULL), &f),
	    ERR_INTERNAL);
	assert_non_null(strstr(f.detail, "away/root.key exists"));
}

TEST(a_request_goes_out_and_an_issuer_comes_in)
{
	const char *csr = request(), *pem;
	size_t number = 0;
	char *key;

	assert_true(is_there(d, "next.key"));
	loads(1); /* nothing of it counts yet */
	pem = sign(csr);
	assert_int_equal(import(pem, NULL, &number), OK);
	assert_int_equal(number, 2);
	loads(2);
	assert_string_equal(ca.issuers[1].subject, "CN=mayfly issuer 2");
	assert_false(is_there(d, "next.key"));
	assert_int_equal(ca_key_read(d, 2, NULL, &key, &f), OK);
	free(key);
	refused(pem, NULL, ERR_NOT_FOUND, "is for no key that waits");
}

TEST(asked_again_the_request_is_for_the_same_key)
{
	const char *one = sign(request()), *two = sign(request());
	size_t number;

	assert_string_not_equal(one, two);
	assert_int_equal(import(one, NULL, &number), OK);
	refused(two, NULL, ERR_NOT_FOUND, "is for no key that waits");
}

/* What a crash between the two renames leaves. */
TEST(an_import_that_was_interrupted_is_completed)
{
	const char *pem = sign(request());
	size_t number;

	assert_int_equal(rename(in(d, "next.key"), in(d, "issuer-2.key")), 0);
	loads(1);
	assert_int_equal(import(pem, NULL, &number), OK);
	loads(2);
}

/* CPR-17, CPR-04: what the root signs is an issuer, within the root's life. */
TEST(what_is_signed_is_what_an_issuer_must_be)
{
	static const struct ca_spec eternal = { "x", 1, 36500, NULL };
	const char *pem = NULL;
	size_t number;

	assert_int_equal(ca_sign(away, &eternal, request(), time(NULL), a, &pem,
	                     &f),
	    OK);
	assert_int_equal(import(pem, NULL, &number), OK);
	loads(2);
	assert_true(ca.issuers[1].not_after == ca.root.not_after);
}

static const char *
csr_of(EVP_PKEY *key, EVP_PKEY *by, const char *cn, const char *more)
{
	X509_REQ *req = X509_REQ_new();
	X509_NAME *name = X509_REQ_get_subject_name(req);
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	const char *pem;
	long n;

	(void)X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
	    (const uint8_t *)cn, -1, -1, 0);
	if (more != NULL)
		(void)X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8,
		    (const uint8_t *)more, -1, -1, 0);
	assert_int_equal(X509_REQ_set_pubkey(req, key), 1);
	assert_true(X509_REQ_sign(req, by, md_fetched(MD_SHA256)) > 0);
	assert_int_equal(PEM_write_bio_X509_REQ(bio, req), 1);
	n = BIO_get_mem_data(bio, &text);
	pem = arena_bytes(a, text, (size_t)n);
	BIO_free(bio);
	X509_REQ_free(req);
	return pem;
}

static void
unsigned_(const char *csr, const char *why)
{
	const char *pem = NULL;

	f = (struct fault){ 0 };
	assert_int_not_equal(ca_sign(away, &usual, csr, time(NULL), a, &pem,
	                         &f),
	    OK);
	assert_null(pem);
	if (strstr(f.detail, why) == NULL)
		fail_msg("%s", f.detail);
}

TEST(a_request_that_is_not_one_is_not_signed)
{
	EVP_PKEY *p256 = EVP_EC_gen("P-256"), *other = EVP_EC_gen("P-256"),
	         *p521 = EVP_EC_gen("P-521"), *rsa = EVP_RSA_gen(1024);

	unsigned_("", "that is no PKCS#10");
	unsigned_("-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n"
	          "-----END CERTIFICATE REQUEST-----\n",
	    "that is no PKCS#10");
	unsigned_(csr_of(p256, other, "x", NULL), "not signed by its own key");
	unsigned_(csr_of(p256, p256, "x", "y"), "to be one common name");
	unsigned_(csr_of(p521, p521, "x", NULL), "P-256, P-384, or RSA");
	unsigned_(csr_of(rsa, rsa, "x", NULL), "P-256, P-384, or RSA");
	assert_int_equal(unlink(in(away, "root.key")), 0);
	unsigned_(csr_of(p256, p256, "x", NULL), "root.key");
	EVP_PKEY_free(p256);
	EVP_PKEY_free(other);
	EVP_PKEY_free(p521);
	EVP_PKEY_free(rsa);
}

TEST(what_does_not_fit_is_not_installed)
{
	EVP_PKEY *strange = EVP_EC_gen("P-256"), *own;
	X509 *root = make("another root", NULL, strange, strange, -1), *x;
	const char *leaf;

	(void)request();
	own = key_of(in(d, "next.key"));
	refused("", NULL, ERR_INTERNAL, "is not 1 to 5 certificates");
	x = make("issuer", root, strange, own, 0);
	refused(ca_cert_text(x, a), NULL, ERR_INTERNAL,
	    "issuer-2.pem: unable to get");
	refused(arena_printf(a, "%s%s", ca_cert_text(x, a),
	            ca_cert_text(root, a)),
	    NULL, ERR_INTERNAL, "issuer-2.pem: self");
	X509_free(x);
	x = make("issuer", root, strange, strange, 0);
	refused(ca_cert_text(x, a), NULL, ERR_NOT_FOUND, "for no key that");
	X509_free(x);
	x = make("issuer", root, strange, own, 0);
	X509_EXTENSION_free(X509_delete_ext(x, 0));
	assert_true(X509_sign(x, strange, md_fetched(MD_SHA256)) > 0);
	leaf = ca_cert_text(x, a);
	refused(leaf, NULL, ERR_INTERNAL, "may not sign certificates");
	assert_true(is_there(d, "next.key"));
	assert_false(is_there(d, "issuer-2.key"));
	loads(1);
	X509_free(x);
	X509_free(root);
	EVP_PKEY_free(own);
	EVP_PKEY_free(strange);
}

TEST(a_root_of_others_may_have_an_intermediate_below_it)
{
	EVP_PKEY *root_key = EVP_EC_gen("P-256"),
	         *policy_key = EVP_EC_gen("P-384"), *own;
	X509 *root = make("enterprise", NULL, root_key, root_key, -1),
	     *policy = make("policy", root, root_key, policy_key, -1), *x;
	const char *chain;
	size_t number;

	assert_int_equal(system(arena_printf(a, "rm -f '%s'/*", d)), 0);
	assert_int_equal(ca_adopt(d, ca_cert_text(policy, a), &f),
	    ERR_INTERNAL);
	assert_non_null(strstr(f.detail, "is not signed by itself"));
	assert_int_equal(ca_adopt(d,
	                     arena_printf(a, "Somebody's root\n%s",
	                         ca_cert_text(root, a)),
	                     &f),
	    OK);
	assert_int_equal(ca_load(d, a, &ca, &f), ERR_INTERNAL);
	assert_non_null(strstr(f.detail, "`mayfly ca csr` asks for one"));
	(void)request();
	own = key_of(in(d, "next.key"));
	x = make("mayfly issuer 1", policy, policy_key, own, 0);
	chain = arena_printf(a, "%s%s%s", ca_cert_text(x, a),
	    ca_cert_text(policy, a), ca_cert_text(root, a));
	assert_int_equal(import(chain, NULL, &number), OK);
	assert_int_equal(number, 1);
	loads(1);
	assert_string_equal(ca.root.subject, "CN=enterprise");
	assert_int_equal(ca.chains[0].list[0].n, 2);
	X509_free(root);
	X509_free(policy);
	X509_free(x);
	EVP_PKEY_free(own);
	EVP_PKEY_free(root_key);
	EVP_PKEY_free(policy_key);
}

/* CRT-04. */
TEST(a_cross_certificate_is_installed_with_its_root)
{
	EVP_PKEY *old_key = EVP_EC_gen("P-256"), *own;
	X509 *old = make("old root", NULL, old_key, old_key, -1), *x;
	const char *cross;
	size_t number = 0;

	own = key_of(in(away, "root.key"));
	x = make("mayfly root", old, old_key, own, -1);
	cross = ca_cert_text(x, a);
	assert_int_equal(import(cross, ca_cert_text(old, a), &number), OK);
	assert_int_equal(number, 1);
	loads(1);
	assert_int_equal(ca.chains[0].n, 2);
	assert_int_equal(ca.chains[0].list[1].n, 2);
	refused(cross, ca_cert_text(old, a), ERR_MALFORMED,
	    "here already, as cross-1.pem");
	refused(ca_cert_text(old, a), ca_cert_text(old, a), ERR_INTERNAL,
	    "cross-2.pem: has subject and key of neither");
	X509_free(x);
	X509_free(old);
	EVP_PKEY_free(own);
	EVP_PKEY_free(old_key);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_root_key_is_apart_from_the_first),
		T(a_request_goes_out_and_an_issuer_comes_in),
		T(asked_again_the_request_is_for_the_same_key),
		T(an_import_that_was_interrupted_is_completed),
		T(what_is_signed_is_what_an_issuer_must_be),
		T(a_request_that_is_not_one_is_not_signed),
		T(what_does_not_fit_is_not_installed),
		T(a_root_of_others_may_have_an_intermediate_below_it),
		T(a_cross_certificate_is_installed_with_its_root),
	};

	crypto_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
