/*
 * What a request costs in cryptography and JSON, each part beside the floor of
 * arithmetic that it cannot go below; CPU time of this thread.  With a word,
 * that part only; with a number after it so often, to count instructions with.
 */
#include <stdio.h>
#include <time.h>

#include <openssl/pem.h>

#include "acme/limits.h"
#include "acme/nonce.h"
#include "base/b64url.h"
#include "base/json.h"
#include "crypto/check.h"
#include "crypto/jws.h"
#include "crypto/lint.h"
#include "crypto/signer_int.h"
#include "tests/issuer.h"
/* then what has names for a test of its own */
#include "tests/csr.h"

#define URL "https://ca.lan:8443/acme/new-order"
#define KID "https://ca.lan:8443/acme/acct/AAABmiVUr6wCxq5xKZ8mTg"
#define ORDER                                                             \
	"{\"identifiers\":[{\"type\":\"dns\",\"value\":\"n1.internal\"}," \
	"{\"type\":\"dns\",\"value\":\"n2.internal\"}]}"

enum { ROUNDS = 5, ADDRESS = 4 };

/* One P-256 key of everyone's, and what each part works on. */
static struct bench {
	EVP_PKEY *key;
	EVP_PKEY_CTX *verify, *sign;
	uint8_t digest[SHA256_SIZE], sig[SIGNATURE_MAX];
	size_t sig_len;
	struct jwk *jwk;
	const char *body;
	struct piece csr;
	struct test_ca ca;
	struct profile *profile;
	struct leaf leaf;
	const uint8_t *tbs;
	size_t tbs_len;
	struct signer *signer;
	struct check *check;
	uint8_t cert[4096];
	size_t cert_len;
	struct nonces *nonces;
	struct limits *limits;
} b;

/* A payload of newOrder. */
struct asked {
	struct name {
		const char *type, *value;
	} * names;
	size_t n_names;
};

static const struct json_field name_fields[] = {
	JSON_STR_REQUIRED("type", struct name, type, 1, 32),
	JSON_STR_REQUIRED("value", struct name, value, 1, 255),
	JSON_END,
};
static const struct json_field order_fields[] = {
	JSON_ITEMS("identifiers", struct asked, names, n_names, name_fields,
	    struct name, 1, 100),
	JSON_END,
};

static void
verify_floor(struct arena *at)
{
	(void)at;
	need(EVP_PKEY_verify(b.verify, b.sig, b.sig_len, b.digest,
	         SHA256_SIZE) == 1);
}

static void
jws_read(struct arena *at)
{
	struct jws j;

	need(jws_parse(b.body, strlen(b.body), at, &j, &f) == OK);
}

static void
jws_whole(struct arena *at)
{
	struct jws j;

	need(jws_parse(b.body, strlen(b.body), at, &j, &f) == OK &&
	     jws_verify(&j, b.jwk, &f) == OK);
}

static void
csr_floor(struct arena *at)
{
	struct der all = der_over(b.csr.at, b.csr.len);
	struct der request = der_get(&all, DER_SEQUENCE);
	struct der info = der_raw(&request, DER_SEQUENCE);
	struct der algorithm = der_raw(&request, DER_SEQUENCE);
	struct der sig = der_bits(&request), spki;
	struct pubkey k;
	EVP_PKEY *pkey;
	EVP_PKEY_CTX *ctx;

	(void)at;
	(void)algorithm;
	info = der_get(&info, DER_SEQUENCE);
	(void)der_uint(&info);
	(void)der_raw(&info, DER_SEQUENCE);
	spki = der_raw(&info, DER_SEQUENCE);
	need(spki_read(&spki, ERR_BAD_CSR, &k, &f) == OK &&
	     pubkey_load(&k, ERR_BAD_CSR, &pkey, &f) == OK);
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	need(ctx != NULL && EVP_PKEY_verify_init(ctx) == 1 &&
	     EVP_PKEY_verify(ctx, sig.at, sig.len, b.digest, SHA256_SIZE) == 0);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(pkey);
}

static void
csr_whole(struct arena *at)
{
	need(csr_parse(b.csr.at, b.csr.len, at, &csr, &f) == OK);
}

static void
sign_floor(struct arena *at)
{
	uint8_t sig[SIGNATURE_MAX];
	size_t len = sizeof(sig);

	(void)at;
	need(EVP_PKEY_sign(b.sign, sig, &len, b.digest, SHA256_SIZE) == 1);
}

static void
sign_whole(struct arena *at)
{
	uint8_t sig[SIGNATURE_MAX];

	(void)at;
	need(signer_sign(b.signer, b.tbs, b.tbs_len, sig) != 0);
}

static void
cert_check(struct arena *at)
{
	(void)at;
	need(check_certificate(b.check, b.tbs, b.tbs_len, b.cert, b.cert_len,
	         &f) == OK);
}

static void
cert_build(struct arena *at)
{
	const uint8_t *der;
	size_t len;

	need(tbs_build(b.profile, &b.leaf, at, &der, &len, &f) == OK);
}

static void
cert_fits(struct arena *at)
{
	(void)at;
	need(tbs_fits(b.profile, b.tbs, b.tbs_len, &f) == OK);
}

static void
cert_lint(struct arena *at)
{
	(void)at;
	need(tbs_lint(b.profile, &b.leaf, b.tbs, b.tbs_len, &f) == OK);
}

static void
nonce_both(struct arena *at)
{
	char text[NONCE_TEXT];

	(void)at;
	nonce_issue(b.nonces, text);
	need(nonce_spend(b.nonces, text));
}

static void
limit_take(struct arena *at)
{
	static int64_t now_ms = INT64_C(1763000000000);
	struct charge c = { .limit = LIMIT_REQUESTS,
		.rate = { 1000000, 1000 },
		.who = "\x0a\x00\x00\x01",
		.who_len = ADDRESS,
		.n = 1 };
	const struct charge *hit;

	(void)at;
	need(limits_take(b.limits, &c, 1, now_ms++, &hit) == 0);
}

static void
order_bind(struct arena *at)
{
	struct asked order = { 0 };

	need(json_bind(ORDER, sizeof(ORDER) - 1, order_fields, &order, at,
	         &f) == OK);
}

static void
nothing(struct arena *at)
{
	need(arena_alloc(at, 1, 1) != NULL);
}

static void
id_make(struct arena *at)
{
	char text[ID_TEXT];

	(void)at;
	id_text(id_new(NOW * 1000), text);
}

static const struct part {
	const char *name;
	void (*run)(struct arena *at);
	int n;
} parts[] = {
	{ "arena", nothing, 20000 },
	{ "verify_floor", verify_floor, 1000 },
	{ "jws_parse", jws_read, 5000 },
	{ "jws", jws_whole, 1000 },
	{ "csr_floor", csr_floor, 500 },
	{ "csr", csr_whole, 500 },
	{ "sign_floor", sign_floor, 1000 },
	{ "sign", sign_whole, 500 },
	{ "cert_check", cert_check, 1000 },
	{ "cert_build", cert_build, 5000 },
	{ "cert_fits", cert_fits, 20000 },
	{ "cert_lint", cert_lint, 2000 },
	{ "nonce", nonce_both, 10000 },
	{ "limit", limit_take, 20000 },
	{ "order_bind", order_bind, 10000 },
	{ "id", id_make, 10000 },
};

static int64_t
cpu_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* The least of some rounds: what disturbs one only ever adds. */
static void
measure(const struct part *p, int rounds, int n)
{
	int64_t least = INT64_MAX;

	for (int r = 0; r < rounds; r++) {
		int64_t took, began = cpu_ns();

		for (int i = 0; i < n; i++) {
			struct arena *at = arena_new();

			p->run(at);
			arena_free(at);
		}
		took = cpu_ns() - began;
		least = took < least ? took : least;
	}
	(void)printf("%-16s %8d %10lld ns/op\n", p->name, n,
	    (long long)least / n);
}

/* r and s side by side, as a JWS has them, of what this key signs. */
static const char *
raw_signature(const char *input)
{
	struct piece der = signature(&(struct shape){ .key = b.key },
	    (struct piece){ input, strlen(input) });
	struct der bits = der_over(der.at, der.len), seq, r, s;
	uint8_t raw[64] = { 0 };

	bits = der_bits(&bits);
	seq = der_get(&bits, DER_SEQUENCE);
	r = der_uint(&seq);
	s = der_uint(&seq);
	memcpy(raw + 32 - r.len, r.at, r.len);
	memcpy(raw + 64 - s.len, s.at, s.len);
	return b64url_text(raw, sizeof(raw), a);
}

static void
frame_make(void)
{
	struct der spki = der_over(b.leaf.spki, b.leaf.spki_len);
	struct pubkey k;
	const char *jwk, *header, *input;

	need(spki_read(&spki, ERR_INTERNAL, &k, &f) == OK);
	jwk = pubkey_jwk(&k, a);
	need(jwk_parse(jwk, strlen(jwk), &b.jwk, &f) == OK);
	header = "{\"alg\":\"ES256\",\"kid\":\"" KID "\",\"nonce\":\""
	         "AAAAAAAAAAEAAAAAAAAAAAAAAAAAAAAA\",\"url\":\"" URL "\"}";
	input = arena_printf(a, "%s.%s", b64url_text(header, strlen(header), a),
	    b64url_text(ORDER, sizeof(ORDER) - 1, a));
	b.body = arena_printf(a,
	    "{\"protected\":\"%.*s\",\"payload\":\"%s\",\"signature\":\"%s\"}",
	    (int)strcspn(input, "."), input, strchr(input, '.') + 1,
	    raw_signature(input));
}

static char *
pem_of(EVP_PKEY *key, X509 *cert)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *at, *text;
	long len;

	need(key != NULL ? PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0,
	                       NULL, NULL) == 1
	                 : PEM_write_bio_X509(bio, cert) == 1);
	len = BIO_get_mem_data(bio, &at);
	text = arena_bytes(a, at, (size_t)len);
	BIO_free(bio);
	return text;
}

static void
cert_make(void)
{
	struct der algorithm;
	struct derw w;

	b.ca = test_ca_new(EVP_EC_gen("P-256"), BEGIN, END, NULL);
	b.profile = profile_new(&test_spec, b.ca.der, b.ca.len, &f);
	b.signer = signer_new(pem_of(b.ca.key, NULL), &f);
	b.check = check_new(pem_of(NULL, b.ca.cert), &f);
	need(b.profile != NULL && b.signer != NULL && b.check != NULL &&
	     tbs_build(b.profile, &b.leaf, a, &b.tbs, &b.tbs_len, &f) == OK);
	algorithm = signer_algorithm(b.signer);
	b.sig_len = signer_sign(b.signer, b.tbs, b.tbs_len, b.sig);
	derw_start(&w, b.cert, sizeof(b.cert));
	derw_open(&w, DER_SEQUENCE);
	derw_raw(&w, b.tbs, b.tbs_len);
	derw_raw(&w, algorithm.at, algorithm.len);
	derw_bits(&w, b.sig, b.sig_len);
	derw_close(&w);
	need(derw_end(&w));
	b.cert_len = w.len;
}

static void
floor_make(void)
{
	b.sign = EVP_PKEY_CTX_new_from_pkey(NULL, b.key, NULL);
	b.verify = EVP_PKEY_CTX_new_from_pkey(NULL, b.key, NULL);
	sha256("floor", 5, b.digest);
	b.sig_len = sizeof(b.sig);
	need(EVP_PKEY_sign_init(b.sign) == 1 &&
	     EVP_PKEY_sign(b.sign, b.sig, &b.sig_len, b.digest, SHA256_SIZE) ==
	         1 &&
	     EVP_PKEY_verify_init(b.verify) == 1);
}

static void
begin(void)
{
	uint8_t *der = NULL;
	size_t len;

	a = arena_new();
	json_start();
	b.key = p256 = EVP_EC_gen("P-256");
	b.leaf = test_leaf(a, NOW);
	len = (size_t)i2d_PUBKEY(b.key, &der);
	b.leaf.spki = (uint8_t *)arena_bytes(a, der, len);
	b.leaf.spki_len = len;
	b.leaf.n_names = 1;
	OPENSSL_free(der);
	b.csr = make((struct shape){
	    .attributes = attribute(OID_REQUEST, usual()) });
	b.nonces = nonces_new();
	b.limits = limits_new();
	cert_make();
	frame_make();
	floor_make();
}

static void
end(void)
{
	EVP_PKEY_CTX_free(b.sign);
	EVP_PKEY_CTX_free(b.verify);
	limits_free(b.limits);
	nonces_free(b.nonces);
	check_free(b.check);
	signer_free(b.signer);
	profile_free(b.profile);
	test_ca_free(&b.ca);
	jwk_free(b.jwk);
	EVP_PKEY_free(b.key);
	arena_free(a);
}

int
main(int argc, char **argv)
{
	begin();
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (argc < 2)
			measure(&parts[i], ROUNDS, parts[i].n);
		else if (strcmp(parts[i].name, argv[1]) == 0)
			measure(&parts[i], argc < 3 ? ROUNDS : 1,
			    argc < 3 ? parts[i].n
			             : (int)strtoul(argv[2], NULL, 10));
	end();
	return 0;
}
