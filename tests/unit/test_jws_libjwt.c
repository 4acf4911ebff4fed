/*
 * A second implementation: a small client signs ACME requests with libjwt, in
 * compact form, and writes them down as a flattened frame.
 */
#include <stdlib.h>

#include <jwt.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "crypto/crypto_int.h"
#include "crypto/digest.h"
#include "crypto/jws.h"
#include "tests/cmocka.h"

struct client {
	struct arena *a;
	EVP_PKEY *pkey;
	jwt_alg_t alg;
	const char *pem, *jwk;
};

static void
client_start(struct client *c, EVP_PKEY *pkey, jwt_alg_t alg)
{
	BIO *bio = BIO_new(BIO_s_mem());
	struct fault f = { 0 };
	uint8_t *der = NULL;
	struct pubkey k;
	struct der spki;
	char *text;
	long len;

	*c = (struct client){ .a = arena_new(), .pkey = pkey, .alg = alg };
	assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL, 0,
	                     NULL, NULL),
	    1);
	len = BIO_get_mem_data(bio, &text);
	c->pem = arena_bytes(c->a, text, (size_t)len);
	spki = der_over(NULL, 0);
	spki.len = (size_t)i2d_PUBKEY(pkey, &der);
	spki.at = der;
	assert_int_equal(spki_read(&spki, ERR_BAD_CSR, &k, &f), OK);
	c->jwk = pubkey_jwk(&k, c->a);
	OPENSSL_free(der);
	BIO_free(bio);
}

static void
client_end(struct client *c)
{
	EVP_PKEY_free(c->pkey);
	arena_free(c->a);
}

/* kid, or the client's jwk if that is NULL; a flattened body. */
static char *
request(const struct client *c, const char *kid)
{
	jwt_t *jwt = NULL;
	char *compact, *payload, *signature, *body;

	assert_int_equal(jwt_new(&jwt), 0);
	assert_int_equal(jwt_set_alg(jwt, c->alg, (const uint8_t *)c->pem,
	                     (int)strlen(c->pem)),
	    0);
	assert_int_equal(jwt_add_header(jwt, "nonce", "b25jZQ"), 0);
	assert_int_equal(jwt_add_header(jwt, "url",
	                     "https://ca.test/acme/new-account"),
	    0);
	if (kid != NULL)
		assert_int_equal(jwt_add_header(jwt, "kid", kid), 0);
	else
		assert_int_equal(jwt_add_headers_json(jwt,
		                     arena_printf(c->a, "{\"jwk\":%s}",
		                         c->jwk)),
		    0);
	assert_int_equal(jwt_add_grants_json(jwt,
	                     "{\"termsOfServiceAgreed\":true,"
	                     "\"contact\":[\"mailto:a@example.org\"]}"),
	    0);
	compact = jwt_encode_str(jwt);
	assert_non_null(compact);
	payload = strchr(compact, '.');
	*payload++ = '\0';
	signature = strchr(payload, '.');
	*signature++ = '\0';
	body = arena_printf(c->a,
	    "{\"protected\":\"%s\",\"payload\":\"%s\",\"signature\":\"%s\"}",
	    compact, payload, signature);
	free(compact);
	jwt_free(jwt);
	return body;
}

/* OK only if it parses and verifies, with the key it brings or `known`. */
static enum err
server(const char *body, struct jwk *known, struct arena *a)
{
	struct fault f = { 0 };
	struct jwk *key = known;
	struct jws j;
	enum err e;

	TRY(jws_parse(body, strlen(body), a, &j, &f));
	if (j.jwk != NULL)
		TRY(jwk_parse(j.jwk, j.jwk_len, &key, &f));
	e = jws_verify(&j, key, &f);
	if (key != known)
		jwk_free(key);
	return e;
}

/* Another letter at the end of a member, which none of ours ends in. */
static char *
tampered(const struct client *c, const char *body, const char *member)
{
	char *out = arena_text(c->a, body);
	char *at = strstr(out, member) + strlen(member) + 3 + 8;

	*at = *at == 'x' ? 'y' : 'x';
	return out;
}

static void
accepts_and_refuses(struct client *c)
{
	struct jwk *known;
	struct fault f = { 0 };
	char *with_jwk = request(c, NULL);
	char *with_kid = request(c, "https://ca.test/acme/acct/1");

	assert_int_equal(jwk_parse(c->jwk, strlen(c->jwk), &known, &f), OK);
	assert_int_equal(server(with_jwk, NULL, c->a), OK);
	assert_int_equal(server(with_kid, known, c->a), OK);
	assert_int_not_equal(server(tampered(c, with_kid, "protected"), known,
	                         c->a),
	    OK);
	assert_int_equal(server(tampered(c, with_kid, "payload"), known, c->a),
	    ERR_MALFORMED);
	assert_int_equal(server(tampered(c, with_kid, "signature"), known,
	                     c->a),
	    ERR_MALFORMED);
	jwk_free(known);
	client_end(c);
}

TEST(what_libjwt_signs_with_rs256_is_accepted_and_tampering_seen)
{
	struct client c;

	client_start(&c, EVP_RSA_gen(2048), JWT_ALG_RS256);
	accepts_and_refuses(&c);
}

TEST(what_libjwt_signs_with_es256_is_accepted_and_tampering_seen)
{
	struct client c;

	client_start(&c, EVP_EC_gen("P-256"), JWT_ALG_ES256);
	accepts_and_refuses(&c);
}

TEST(another_clients_key_does_not_do)
{
	struct client one, two;
	struct jwk *key;
	struct fault f = { 0 };

	client_start(&one, EVP_EC_gen("P-256"), JWT_ALG_ES256);
	client_start(&two, EVP_EC_gen("P-256"), JWT_ALG_ES256);
	assert_int_equal(jwk_parse(two.jwk, strlen(two.jwk), &key, &f), OK);
	assert_int_equal(server(request(&one, "k"), key, one.a), ERR_MALFORMED);
	jwk_free(key);
	client_end(&one);
	client_end(&two);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    what_libjwt_signs_with_rs256_is_accepted_and_tampering_seen),
		cmocka_unit_test(
		    what_libjwt_signs_with_es256_is_accepted_and_tampering_seen),
		cmocka_unit_test(another_clients_key_does_not_do),
	};

	crypto_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
