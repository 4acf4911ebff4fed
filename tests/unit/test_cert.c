/* Certificates, fetched (RFC 8555, 7.4.2 and 9.1; CONFORMANCE CRT). */
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "tests/cmocka.h"
#include "tests/fake/ca.h"

enum { CHAIN_MAX = 5 };

static size_t
read_chain(const struct fake_reply *r, X509 *out[CHAIN_MAX])
{
	BIO *bio = BIO_new_mem_buf(r->body, (int)r->body_len);
	size_t n = 0;

	while (n < CHAIN_MAX &&
	       (out[n] = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL)
		n++;
	BIO_free(bio);
	return n;
}

static X509 *
read_root(struct fake_ca *w)
{
	BIO *bio = BIO_new_mem_buf(w->config.root_pem, -1);
	X509 *root = PEM_read_bio_X509(bio, NULL, NULL, NULL);

	BIO_free(bio);
	assert_non_null(root);
	return root;
}

/* As a TLS client does, knowing the root alone. */
static bool
verifies(struct fake_ca *w, X509 **chain, size_t n, const char *name)
{
	X509_STORE *trust = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	STACK_OF(X509) *rest = sk_X509_new_null();
	X509_VERIFY_PARAM *param;
	X509 *root = read_root(w);
	bool good;

	for (size_t i = 1; i < n; i++)
		(void)sk_X509_push(rest, chain[i]);
	assert_int_equal(X509_STORE_add_cert(trust, root), 1);
	assert_int_equal(X509_STORE_CTX_init(ctx, trust, chain[0], rest), 1);
	param = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_X509_STRICT);
	assert_int_equal(X509_VERIFY_PARAM_set1_host(param, name, 0), 1);
	assert_int_equal(X509_VERIFY_PARAM_set_purpose(param,
	                     X509_PURPOSE_SSL_SERVER),
	    1);
	good = X509_verify_cert(ctx) == 1;
	if (!good)
		print_message("%s\n", X509_verify_cert_error_string(
		                          X509_STORE_CTX_get_error(ctx)));
	sk_X509_free(rest);
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(trust);
	X509_free(root);
	return good;
}

TEST(s7_4_2_the_chain_verifies_for_its_names_from_the_root)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	const char *path = fake_issue(c, "a.example,*.b.example,192.0.2.5");
	X509 *chain[CHAIN_MAX];
	size_t n = read_chain(fake_post(c, path, ""), chain);
	const ASN1_TIME *from, *to;
	int days, seconds;

	assert_true(n >= 2); /* certbot wants no less (CRT-03) */
	assert_true(verifies(w, chain, n, "a.example"));
	assert_true(verifies(w, chain, n, "x.b.example"));
	assert_false(verifies(w, chain, n, "b.example"));
	assert_false(verifies(w, chain, n, "c.example"));
	assert_int_equal(X509_check_ip_asc(chain[0], "192.0.2.5", 0), 1);
	assert_int_equal(X509_check_ca(chain[0]), 0);
	from = X509_get0_notBefore(chain[0]);
	to = X509_get0_notAfter(chain[0]);
	assert_int_equal(ASN1_TIME_diff(&days, &seconds, from, to), 1);
	assert_int_equal(days * 86400 + seconds, 629); /* 30 + 600 - 1 */
	for (size_t i = 0; i < n; i++)
		X509_free(chain[i]);
}

/*
 * CRT-02, CRT-03, QRK-06, QRK-49, CRT-01: leaf and issuer, strict RFC 7468,
 * no root.
 */
TEST(s9_1_it_is_pem_and_nothing_but_pem)
{
	static const char begin[] = "-----BEGIN CERTIFICATE-----",
	                  end[] = "-----END CERTIFICATE-----";
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_reply *r = fake_post(c, fake_issue(c, "a.example"), "");
	char *text = arena_bytes(w->arena, r->body, r->body_len), *line, *save;
	size_t blocks = 0;
	bool inside = false;

	assert_string_equal(fake_header(r, "Content-Type"),
	    "application/pem-certificate-chain");
	assert_null(strchr(text, '\r'));
	assert_null(strstr(text, "\n\n"));
	assert_int_equal(text[r->body_len - 1], '\n');
	assert_int_not_equal(text[r->body_len - 2], '\n');
	for (line = strtok_r(text, "\n", &save); line != NULL;
	     line = strtok_r(NULL, "\n", &save)) {
		assert_true(strlen(line) <= 64);
		if (strcmp(line, begin) == 0 || strcmp(line, end) == 0) {
			assert_int_equal(inside, strcmp(line, end) == 0);
			inside = !inside;
			blocks += inside;
		} else {
			assert_true(inside);
		}
	}
	assert_false(inside);
	assert_int_equal(blocks, 2); /* the root is not sent */
}

/* CRT-06: whatever else is preferred, it is PEM, and never 406. */
TEST(it_is_pem_whatever_is_asked_for)
{
	static const char *const accepts[] = { "*/*", "application/pkix-cert",
		"application/pkcs7-mime", "text/html" };
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	const char *path = fake_issue(c, "a.example");

	for (size_t i = 0; i < sizeof(accepts) / sizeof(accepts[0]); i++) {
		struct fake_reply *r =
		    fake_ask(w, &(struct fake_ask){ .path = path,
		                    .body = fake_frame(c, path, ""),
		                    .extra = { "Accept", accepts[i] } });

		assert_int_equal(r->status, 200);
		assert_string_equal(fake_header(r, "Content-Type"),
		    "application/pem-certificate-chain");
	}
}

/* PAG-05, SEC-08, CRT-07. */
TEST(somebody_else_s_looks_like_none)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w), *other = fake_client_new(w);
	const char *path = fake_issue(c, "a.example");
	struct fake_reply *foreign = fake_post(other, path, ""),
	                  *missing = fake_post(c,
	                      "/acme/cert/AAAAAAAAAAAAAAAAAAAAAA", "");

	assert_true(fake_problem(w, foreign, 404, "malformed"));
	assert_true(fake_problem(w, missing, 404, "malformed"));
	assert_string_equal(foreign->body, missing->body);
	assert_true(fake_problem(w, fake_post(c, path, "{}"), 400,
	    "malformed"));
	assert_true(fake_problem(w, fake_post_jwk(c, path, ""), 400,
	    "malformed"));
	assert_true(fake_problem(w, fake_get(w, path), 405, "malformed"));
}

/* CRT-05, CRT-08. */
TEST(it_is_the_same_bytes_after_restart_revocation_and_expiry)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	const char *path = fake_issue(c, "a.example"), *first;

	first = fake_post(c, path, "")->body;
	fake_ca_restart(w);
	assert_string_equal(fake_post(c, path, "")->body, first);
	assert_int_equal(fake_post(c, "/acme/revoke-cert",
	                     arena_printf(w->arena, "%s}",
	                         fake_revocation(c, path)))
	                     ->status,
	    200);
	assert_string_equal(fake_post(c, path, "")->body, first);
	fake_clock(w, 700 * 1000);
	assert_string_equal(fake_post(c, path, "")->body, first);
}

/* From now on these are the chains of our issuer. */
static void
chains_are(struct fake_ca *w, const struct ca_chain *list, size_t n)
{
	struct ca_chains *chains = ARENA_NEW(w->arena, struct ca_chains);
	struct ca_chain *copy = ARENA_ARRAY(w->arena, struct ca_chain, n);

	memcpy(copy, list, n * sizeof(*list));
	*chains = (struct ca_chains){ .list = copy, .n = n };
	w->config.chains = chains;
}

/* All links of a reply that say `alternate`, one after the other. */
static const char *
alternates(struct fake_ca *w, const struct fake_reply *r)
{
	const char *all = "";

	for (size_t i = 0; i < r->n_headers; i++)
		if (strcmp(r->headers[i].name, "Link") == 0 &&
		    strstr(r->headers[i].value, ";rel=\"alternate\"") != NULL)
			all = arena_printf(w->arena, "%s%s\n", all,
			    r->headers[i].value);
	return all;
}

/*
 * CRT-04, QRK-27: every other chain is linked, a line each, is there for the
 * same account, and links back.
 */
TEST(s7_4_2_alternate_chains_are_linked_and_there)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w), *other = fake_client_new(w);
	const struct ca_chain *own = w->config.chains[0].list;
	const struct ca_chain list[] = { own[0],
		{ w->config.root_pem, 1, own->not_after }, own[0] };
	const char *path = fake_issue(c, "a.example"), *at, *url, *back;
	struct fake_reply *r = fake_post(c, path, "");

	assert_string_equal(alternates(w, r), "");
	assert_true(fake_problem(w,
	    fake_post(c, arena_printf(w->arena, "%s/alternate/1", path), ""),
	    404, "malformed"));
	chains_are(w, list, 3);
	r = fake_post(c, path, "");
	url = arena_printf(w->arena, "https://%s%s", fake_host, path);
	assert_string_equal(alternates(w, r),
	    arena_printf(w->arena,
	        "<%s/alternate/1>;rel=\"alternate\"\n"
	        "<%s/alternate/2>;rel=\"alternate\"\n",
	        url, url));
	at = arena_printf(w->arena, "%s/alternate/1", path);
	r = fake_post(c, at, "");
	assert_int_equal(r->status, 200);
	assert_string_equal(fake_header(r, "Content-Type"),
	    "application/pem-certificate-chain");
	assert_non_null(strstr(r->body, w->config.root_pem));
	assert_null(strstr(r->body, own->pem));
	back = arena_printf(w->arena,
	    "<%s>;rel=\"alternate\"\n<%s/alternate/2>;rel=\"alternate\"\n", url,
	    url);
	assert_string_equal(alternates(w, r), back);
	assert_true(fake_problem(w, fake_post(other, at, ""), 404,
	    "malformed"));
}

/* CRT-04. */
TEST(a_chain_that_is_not_there_is_not_found)
{
	static const char *const none[] = { "0", "2", "01", "-1", "x",
		"18446744073709551617" };
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	const struct ca_chain *own = w->config.chains[0].list;
	const struct ca_chain list[] = { own[0], own[0] };
	const char *path = fake_issue(c, "a.example");

	chains_are(w, list, 2);
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_true(fake_problem(w,
		    fake_post(c,
		        arena_printf(w->arena, "%s/alternate/%s", path,
		            none[i]),
		        ""),
		    404, "malformed"));
}

TEST(a_chain_that_has_expired_is_there_but_not_linked)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	const struct ca_chain *own = w->config.chains[0].list;
	const struct ca_chain list[] = { own[0], { own->pem, 1, 1000 } };
	const char *path = fake_issue(c, "a.example");

	chains_are(w, list, 2);
	assert_string_equal(alternates(w, fake_post(c, path, "")), "");
	assert_int_equal(fake_post(c,
	                     arena_printf(w->arena, "%s/alternate/1", path), "")
	                     ->status,
	    200);
}

/* SEC-06. */
TEST(serials_are_positive_long_and_each_another)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	X509 *chain[2][CHAIN_MAX];
	BIGNUM *serial[2];

	for (int i = 0; i < 2; i++) {
		size_t n =
		    read_chain(fake_post(c, fake_issue(c, "a.example"), ""),
		        chain[i]);

		serial[i] =
		    ASN1_INTEGER_to_BN(X509_get0_serialNumber(chain[i][0]),
		        NULL);
		assert_false(BN_is_negative(serial[i]));
		assert_true(BN_num_bits(serial[i]) > 100);
		assert_true(BN_num_bytes(serial[i]) <= 20);
		for (size_t j = 0; j < n; j++)
			X509_free(chain[i][j]);
	}
	assert_int_not_equal(BN_cmp(serial[0], serial[1]), 0);
	BN_free(serial[0]);
	BN_free(serial[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CA_CASE(s7_4_2_the_chain_verifies_for_its_names_from_the_root),
		CA_CASE(s9_1_it_is_pem_and_nothing_but_pem),
		CA_CASE(it_is_pem_whatever_is_asked_for),
		CA_CASE(somebody_else_s_looks_like_none),
		CA_CASE(s7_4_2_alternate_chains_are_linked_and_there),
		CA_CASE(a_chain_that_is_not_there_is_not_found),
		CA_CASE(a_chain_that_has_expired_is_there_but_not_linked),
		CA_CASE(
		    it_is_the_same_bytes_after_restart_revocation_and_expiry),
		CA_CASE(serials_are_positive_long_and_each_another),
	};

	return cmocka_run_group_tests_name("cert", tests, NULL, NULL);
}
