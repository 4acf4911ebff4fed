/* Lists of keys that are refused: how they are read, and who is refused. */
#include "crypto/blocked.h"

#include <stdlib.h>
#include <unistd.h>

#include "crypto/digest.h"
#include "crypto/jwk.h"
#include "crypto/known_keys.h"
#include "tests/cmocka.h"
#include "tests/fake/ca.h"

static char path[] = "/tmp/mayfly-blocked.XXXXXX";
static struct fault f;

static void
write_file(const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
	assert_int_equal(fclose(file), 0);
}

static struct blocked *
list_of(const char *text)
{
	write_file(text);
	f = (struct fault){ 0 };
	return blocked_new(path, &f);
}

#define ONE "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define TWO "FF112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF"

static const uint8_t one[32] = { 0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
	0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff, 0x00, 0x11, 0x22, 0x33,
	0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee,
	0xff };

/* PKY-08: as sha256sum writes them, in any order, with comments. */
TEST(a_file_has_a_digest_a_line)
{
	struct blocked *b = list_of("# keys\n\n" TWO "  key.der\r\n\t" ONE
	                            "# mine\n" ONE " -\n   \n" TWO);
	uint8_t two[32], none[32] = { 1 };

	if (b == NULL)
		fail_msg("%s", f.detail);
	memcpy(two, one, 32);
	two[0] = 0xff;
	assert_int_equal(blocked_count(b), n_known_keys + 4);
	assert_true(blocked_has(b, one));
	assert_true(blocked_has(b, two));
	assert_false(blocked_has(b, none));
	assert_false(blocked_has(NULL, one));
	blocked_free(b);
}

TEST(what_is_no_digest_is_told_by_its_line)
{
	static const char *const bad[] = { ONE "0\n", "0011\n", "x" ONE "\n",
		ONE "x\n", "00:11\n", "0x" ONE "\n", "00112233 " ONE };
	char *longest = calloc(1, 3000);

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char *text = calloc(1, 300);

		(void)sprintf(text, "# a\n%s", bad[i]);
		assert_null(list_of(text));
		if (strstr(f.detail, ":2: expected") == NULL)
			fail_msg("%s: %s", bad[i], f.detail);
		free(text);
	}
	memset(longest, '#', 2000);
	assert_null(list_of(longest));
	free(longest);
}

TEST(a_file_that_cannot_be_read_is_no_empty_list)
{
	f = (struct fault){ 0 };
	assert_null(blocked_new("/nowhere/keys", &f));
	assert_non_null(strstr(f.detail, "/nowhere/keys"));
	assert_null(blocked_new("/tmp", &f));
	assert_non_null(strstr(f.detail, "not a file"));
}

static const char *const published[] = {
	/* RFC 7515, A.3 */
	"{\"kty\":\"EC\",\"crv\":\"P-256\","
	"\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
	"\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}",
	/* RFC 8032, 7.1 and RFC 8037, A.2 */
	"{\"kty\":\"OKP\",\"crv\":\"Ed25519\","
	"\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}",
	/* RFC 7517, A.1 */
	"{\"kty\":\"EC\",\"crv\":\"P-256\","
	"\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\","
	"\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\"}",
	/* P-256, private key 1: the generator */
	"{\"kty\":\"EC\",\"crv\":\"P-256\","
	"\"x\":\"axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY\","
	"\"y\":\"T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU\"}",
};

/* PKY-11: keys that are printed in standards need no file. */
TEST(published_keys_are_known)
{
	struct blocked *b = blocked_new(NULL, &f);
	uint8_t digest[32];
	struct jwk *key;

	assert_int_equal(blocked_count(b), n_known_keys);
	for (size_t i = 0; i < sizeof(published) / sizeof(published[0]); i++) {
		assert_int_equal(jwk_parse(published[i], strlen(published[i]),
		                     &key, &f),
		    OK);
		jwk_spki_sha256(key, digest);
		if (!blocked_has(b, digest))
			fail_msg("%s", published[i]);
		jwk_free(key);
	}
	blocked_free(b);
}

TEST(all_of_a_long_list_are_found)
{
	enum { N = 5000 };
	struct blocked *b;
	FILE *file = fopen(path, "w");
	uint8_t digest[32];

	for (uint32_t i = 0; i < N; i++) {
		sha256(&i, sizeof(i), digest);
		for (size_t k = 0; k < sizeof(digest); k++)
			(void)fprintf(file, "%02x", digest[k]);
		(void)fputc('\n', file);
	}
	assert_int_equal(fclose(file), 0);
	b = blocked_new(path, &f);
	assert_int_equal(blocked_count(b), N + n_known_keys);
	for (uint32_t i = 0; i < 2 * N; i++) {
		sha256(&i, sizeof(i), digest);
		assert_int_equal(blocked_has(b, digest), i < N);
	}
	blocked_free(b);
}

/* A list with the key of this signer alone. */
static struct blocked *
list_with(struct fake_signer *s)
{
	const char *json = fake_signer_jwk(s);
	char text[80] = "";
	uint8_t digest[32];
	struct jwk *key;

	assert_int_equal(jwk_parse(json, strlen(json), &key, &f), OK);
	jwk_spki_sha256(key, digest);
	jwk_free(key);
	for (size_t i = 0; i < 32; i++)
		(void)sprintf(text + 2 * i, "%02x", digest[i]);
	return list_of(text);
}

/* PKY-08, PKY-06, FIN-10, FIN-18: a key of the list is in no certificate. */
TEST(a_listed_key_is_not_certified)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w), *key = fake_client_bare(w);
	struct fake_order o = fake_order(c, "a.example");
	struct blocked *b = list_with(key->signer);
	struct fake_reply *r;

	fake_prove(c, &o);
	w->config.blocked = b;
	r = fake_post(c, o.finalize, fake_csr_by(c, key->signer, "a.example"));
	assert_true(fake_problem(w, r, 400, "badCSR"));
	assert_non_null(strstr(r->body, "known to others"));
	assert_string_equal(fake_status(c, o.path), "ready");
	assert_int_equal(fake_post(c, o.finalize, fake_csr(c, "a.example"))
	                     ->status,
	    200);
	w->config.blocked = NULL;
	blocked_free(b);
}

/* PKY-08, JWS-10: nor is an account opened for one. */
TEST(a_listed_key_opens_no_account)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_bare(w);
	struct blocked *b = list_with(c->signer);
	struct fake_reply *r;

	w->config.blocked = b;
	r = fake_post(c, "/acme/new-account",
	    "{\"termsOfServiceAgreed\":true}");
	assert_true(fake_problem(w, r, 400, "badPublicKey"));
	w->config.blocked = NULL;
	r = fake_post(c, "/acme/new-account",
	    "{\"termsOfServiceAgreed\":true}");
	assert_int_equal(r->status, 201);
	blocked_free(b);
}

/* PKY-09: what is the CA's own is nobody else's. */
TEST(keys_of_the_ca_are_blocked_by_their_certificates)
{
	struct fake_ca *w = *state;
	const struct certificate *cert;
	struct fake_client *c = fake_client_new(w);
	struct blocked *b = blocked_new(NULL, &f);

	cert = fake_cert_record(w, fake_issue(c, "a.example"));
	assert_false(blocked_has(b, cert->spki_sha256));
	blocked_add_owner(b, cert->der, cert->der_len);
	assert_true(blocked_has(b, cert->spki_sha256));
	blocked_free(b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_has_a_digest_a_line),
		cmocka_unit_test(what_is_no_digest_is_told_by_its_line),
		cmocka_unit_test(a_file_that_cannot_be_read_is_no_empty_list),
		cmocka_unit_test(published_keys_are_known),
		cmocka_unit_test(all_of_a_long_list_are_found),
		CA_CASE(a_listed_key_is_not_certified),
		CA_CASE(a_listed_key_opens_no_account),
		CA_CASE(keys_of_the_ca_are_blocked_by_their_certificates),
	};
	int failed, fd = mkstemp(path);

	crypto_start();
	(void)close(fd);
	failed = cmocka_run_group_tests_name("blocked", tests, NULL, NULL);
	(void)unlink(path);
	return failed;
}
