/* What a certification request may say, and what of it we go by. */
#include "crypto/csr.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "crypto/crypto_int.h"
#include "crypto/digest.h"
#include "tests/cmocka.h"

static struct arena *a;
static struct fault f;
static struct csr csr;
static EVP_PKEY *p256; /* one for all tests that do not care */

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

static enum err
parse(const uint8_t *der, size_t len)
{
	f = (struct fault){ 0 };
	return csr_parse(der, len, a, &csr, &f);
}

/* A piece of DER, written by a test. */
struct piece {
	const void *at;
	size_t len;
};
#define PIECE(bytes) ((struct piece){ bytes, sizeof(bytes) - 1 })

static struct piece
wrap(unsigned tag, struct piece p)
{
	uint8_t *buf = arena_alloc(a, p.len + 8, 1);
	struct derw w;

	derw_start(&w, buf, p.len + 8);
	derw_put(&w, tag, p.at, p.len);
	assert_true(derw_end(&w));
	return (struct piece){ buf, w.len };
}

static struct piece
join(struct piece x, struct piece y)
{
	uint8_t *buf = arena_alloc(a, x.len + y.len + 1, 1);

	if (x.len != 0)
		memcpy(buf, x.at, x.len);
	if (y.len != 0)
		memcpy(buf + x.len, y.at, y.len);
	return (struct piece){ buf, x.len + y.len };
}

#define OID_SAN     PIECE("\x06\x03\x55\x1d\x11")
#define OID_BASIC   PIECE("\x06\x03\x55\x1d\x13")
#define OID_USAGE   PIECE("\x06\x03\x55\x1d\x0f")
#define OID_EKU     PIECE("\x06\x03\x55\x1d\x25")
#define OID_NC      PIECE("\x06\x03\x55\x1d\x1e")
#define OID_FEATURE PIECE("\x06\x08\x2b\x06\x01\x05\x05\x07\x01\x18")
#define OID_REQUEST PIECE("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x0e")
#define OID_MS      PIECE("\x06\x0a\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x0e")
#define OID_CN      PIECE("\x06\x03\x55\x04\x03")
#define OID_ORG     PIECE("\x06\x03\x55\x04\x0a")
#define CRITICAL    PIECE("\x01\x01\xff")
#define NOTHING     PIECE("")
#define ECDSA256    PIECE("\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02")

static struct piece
ext(struct piece oid, struct piece critical, struct piece value)
{
	return wrap(DER_SEQUENCE,
	    join(oid, join(critical, wrap(DER_OCTET_STRING, value))));
}

static struct piece
dns(const char *name)
{
	return wrap(DER_CONTEXT | 2, (struct piece){ name, strlen(name) });
}

/* subjectAltName around these GeneralNames. */
static struct piece
san(struct piece names)
{
	return ext(OID_SAN, NOTHING, wrap(DER_SEQUENCE, names));
}

static struct piece
attribute(struct piece oid, struct piece extensions)
{
	return wrap(DER_SEQUENCE,
	    join(oid, wrap(DER_SET, wrap(DER_SEQUENCE, extensions))));
}

static struct piece
rdn(struct piece oid, unsigned tag, const char *text)
{
	return wrap(DER_SET,
	    wrap(DER_SEQUENCE,
	        join(oid, wrap(tag, (struct piece){ text, strlen(text) }))));
}

/* A request; zero means the usual. */
struct shape {
	EVP_PKEY *key;
	struct piece subject, attributes; /* contents of each */
	struct piece version, algorithm, spki;
	const char *md;
	int pss_salt; /* PSS if not 0 */
	bool no_attributes;
};

static struct piece
spki_of(EVP_PKEY *key)
{
	uint8_t *der = NULL;
	size_t len = (size_t)i2d_PUBKEY(key, &der);
	struct piece out = { arena_bytes(a, der, len), len };

	OPENSSL_free(der);
	return out;
}

static struct piece
signature(const struct shape *s, struct piece info)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx;
	uint8_t *sig = arena_alloc(a, 1025, 1);
	size_t len = 1024;
	const char *md = s->md;

	if (md == NULL && !EVP_PKEY_is_a(s->key, "ED25519"))
		md = "SHA256";
	assert_int_equal(EVP_DigestSignInit_ex(ctx, &pctx, md, NULL, NULL,
	                     s->key, NULL),
	    1);
	if (s->pss_salt != 0) {
		assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(pctx,
		                     RSA_PKCS1_PSS_PADDING),
		    1);
		assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx,
		                     s->pss_salt),
		    1);
	}
	assert_int_equal(EVP_DigestSign(ctx, sig + 1, &len, info.at, info.len),
	    1);
	EVP_MD_CTX_free(ctx);
	return wrap(DER_BIT_STRING, (struct piece){ sig, len + 1 });
}

static struct piece
make(struct shape s)
{
	struct piece info;

	if (s.key == NULL)
		s.key = p256;
	if (s.algorithm.at == NULL)
		s.algorithm = ECDSA256;
	if (s.version.at == NULL)
		s.version = PIECE("\x02\x01\x00");
	if (s.spki.at == NULL)
		s.spki = spki_of(s.key);
	info = join(s.version, wrap(DER_SEQUENCE, s.subject));
	info = join(info, s.spki);
	if (!s.no_attributes)
		info = join(info, wrap(0xa0, s.attributes));
	info = wrap(DER_SEQUENCE, info);
	return wrap(DER_SEQUENCE,
	    join(join(info, s.algorithm), signature(&s, info)));
}

static enum err
parse_shape(struct shape s)
{
	struct piece p = make(s);

	return parse(p.at, p.len);
}

static enum err
parse_exts(struct piece extensions)
{
	return parse_shape((struct shape){
	    .attributes = attribute(OID_REQUEST, extensions) });
}

static struct piece
usual(void)
{
	return san(dns("a.lan"));
}

TEST(key_and_names_come_out)
{
	struct piece spki = spki_of(p256);
	struct piece names = join(dns("b.lan"), dns("*.A.lan"));
	struct piece p;
	uint8_t digest[32];

	names = join(names, join(dns("a.lan"), dns("B.lan")));
	names = join(names, PIECE("\x87\x04\x0a\x00\x00\x01"));
	p = make((struct shape){ .subject = rdn(OID_CN, DER_UTF8, "b.LAN"),
	    .attributes = attribute(OID_REQUEST, san(names)) });
	assert_int_equal(parse(p.at, p.len), OK);
	assert_int_equal(csr.spki_len, spki.len);
	assert_memory_equal(csr.spki, spki.at, spki.len);
	sha256(spki.at, spki.len, digest);
	assert_memory_equal(csr.spki_sha256, digest, 32);
	assert_false(csr.must_staple);
	assert_int_equal(csr.n_names, 4);
	for (size_t i = 1; i < csr.n_names; i++)
		assert_true(ident_compare(&csr.names[i - 1], &csr.names[i]) <
		            0);
	assert_string_equal(ident_text(&csr.names[0], a), "a.lan");
	assert_string_equal(ident_text(&csr.names[1], a), "*.a.lan");
	assert_string_equal(ident_text(&csr.names[2], a), "b.lan");
	assert_string_equal(ident_text(&csr.names[3], a), "10.0.0.1");
}

TEST(the_thumbprint_is_that_of_the_key_as_a_jwk)
{
	struct piece spki = spki_of(p256);
	struct der d = der_over(spki.at, spki.len);
	struct pubkey k;
	struct jwk *key;
	const char *json;
	char want[JWK_THUMBPRINT];

	assert_int_equal(spki_read(&d, ERR_BAD_CSR, &k, &f), OK);
	json = pubkey_jwk(&k, a);
	assert_int_equal(jwk_parse(json, strlen(json), &key, &f), OK);
	jwk_thumbprint(key, want);
	jwk_free(key);
	assert_int_equal(parse_exts(usual()), OK);
	assert_string_equal(csr.thumbprint, want);
}

TEST(what_openssl_makes_is_read)
{
	X509_REQ *req = X509_REQ_new();
	STACK_OF(X509_EXTENSION) *exts = sk_X509_EXTENSION_new_null();
	const char *conf[][2] = { { "subjectAltName",
		                      "DNS:a.lan,IP:10.0.0.1,IP:fd00::1" },
		{ "basicConstraints", "CA:FALSE" },
		{ "keyUsage", "digitalSignature,keyEncipherment" },
		{ "extendedKeyUsage", "serverAuth,clientAuth" },
		{ "subjectKeyIdentifier", "hash" },
		{ "tlsfeature", "status_request" } };
	X509V3_CTX ctx;
	uint8_t *der = NULL;
	int len;

	assert_int_equal(X509_REQ_set_pubkey(req, p256), 1);
	assert_int_equal(
	    X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(req), "CN",
	        MBSTRING_ASC, (const uint8_t *)"a.lan", -1, -1, 0),
	    1);
	X509V3_set_ctx(&ctx, NULL, NULL, req, NULL, 0);
	for (size_t i = 0; i < sizeof(conf) / sizeof(conf[0]); i++)
		assert_true(sk_X509_EXTENSION_push(exts,
		                X509V3_EXT_conf(NULL, &ctx, conf[i][0],
		                    conf[i][1])) > 0);
	assert_int_equal(X509_REQ_add_extensions(req, exts), 1);
	assert_int_equal(X509_REQ_add1_attr_by_NID(req,
	                     NID_pkcs9_challengePassword, MBSTRING_ASC,
	                     (const uint8_t *)"x", 1),
	    1);
	assert_true(X509_REQ_sign(req, p256, md_fetched(MD_SHA384)) > 0);
	len = i2d_X509_REQ(req, &der);
	assert_int_equal(parse(der, (size_t)len), OK);
	assert_int_equal(csr.n_names, 3);
	assert_true(csr.must_staple);
	OPENSSL_free(der);
	sk_X509_EXTENSION_pop_free(exts, X509_EXTENSION_free);
	X509_REQ_free(req);
}

/* 7.4: "dns" names may be in the CN alone. */
TEST(a_cn_alone_is_a_name)
{
	assert_int_equal(parse_shape((struct shape){
	                     .subject = join(rdn(OID_ORG, DER_UTF8, "Org, Ltd"),
	                         rdn(OID_CN, DER_PRINTABLE, "A.lan")) }),
	    OK);
	assert_int_equal(csr.n_names, 1);
	assert_string_equal(csr.names[0].value, "a.lan");
	assert_int_equal(parse_shape((struct shape){ .no_attributes = true,
	                     .subject = rdn(OID_CN, DER_PRINTABLE, "a.lan") }),
	    OK);
}

TEST(a_cn_beside_the_san_is_one_more_name)
{
	assert_int_equal(parse_shape((struct shape){
	                     .subject = rdn(OID_CN, DER_UTF8, "c.lan"),
	                     .attributes = attribute(OID_REQUEST, usual()) }),
	    OK);
	assert_int_equal(csr.n_names, 2);
}

/* IPI-03: an address is certified from an iPAddress only. */
TEST(an_address_as_cn_needs_its_san)
{
	struct piece ip = PIECE("\x87\x04\x0a\x00\x00\x01");

	assert_int_equal(parse_shape((struct shape){
	                     .subject = rdn(OID_CN, DER_UTF8, "10.0.0.1"),
	                     .attributes = attribute(OID_REQUEST, san(ip)) }),
	    OK);
	assert_int_equal(csr.n_names, 1);
	assert_int_equal(csr.names[0].type, IDENT_IP);
	assert_int_equal(parse_shape((struct shape){
	                     .subject = rdn(OID_CN, DER_UTF8, "10.0.0.2"),
	                     .attributes = attribute(OID_REQUEST, san(ip)) }),
	    ERR_BAD_CSR);
	assert_int_equal(parse_shape((struct shape){
	                     .subject = rdn(OID_CN, DER_UTF8, "10.0.0.1") }),
	    ERR_BAD_CSR);
	assert_int_equal(parse_shape((struct shape){
	                     .subject = rdn(OID_CN, DER_UTF8, "10.0.0.1"),
	                     .attributes = attribute(OID_REQUEST,
	                         san(dns("10.0.0.1"))) }),
	    ERR_BAD_CSR);
}

TEST(subjects_that_are_no_names_are_refused)
{
	struct piece cn = rdn(OID_CN, DER_UTF8, "a.lan");
	struct piece with_nul = { "a.lan\0.evil", 11 };

	assert_int_equal(parse_shape((struct shape){ .subject = NOTHING }),
	    ERR_BAD_CSR);
	assert_int_equal(parse_shape((struct shape){ .subject = join(cn, cn) }),
	    ERR_BAD_CSR);
	assert_int_equal(parse_shape((struct shape){
	                     .subject = rdn(OID_CN, DER_UTF8, "My Company") }),
	    ERR_BAD_CSR);
	assert_int_equal(parse_shape((struct shape){
	                     .subject = rdn(OID_CN, DER_UTF8, "") }),
	    ERR_BAD_CSR);
	assert_int_equal(parse_shape((struct shape){
	                     .subject = rdn(OID_CN, 0x1e, "a.lan") }),
	    ERR_BAD_CSR);
	assert_int_equal(parse_shape((struct shape){
	                     .subject = wrap(DER_SET,
	                         wrap(DER_SEQUENCE,
	                             join(OID_CN,
	                                 wrap(DER_UTF8, with_nul)))) }),
	    ERR_BAD_CSR);
	assert_int_equal(parse_shape((struct shape){
	                     .subject = wrap(DER_SET, NOTHING) }),
	    ERR_BAD_CSR);
}

TEST(names_we_would_not_certify_are_refused_not_ignored)
{
	static const struct piece others[] = {
		{ "\x81\x05"
		  "a@b.c",
		    7 }, /* rfc822Name */
		{ "\x86\x08"
		  "http://a",
		    10 },                      /* URI */
		{ "\x88\x03\x2a\x03\x04", 5 }, /* registeredID */
		{ "\xa4\x02\x30\x00", 4 },     /* directoryName */
		{ "\xa0\x09\x06\x03\x2a\x03\x04\xa0\x02\x05\x00", 11 },
		{ "\x82\x07"
		  "a\0b.lan",
		    9 },
		{ "\x82\x06"
		  "a .lan",
		    8 },
		{ "\x82\x06"
		  "a\xc3\xa9.la",
		    8 },
		{ "\x82\x00", 2 },
		{ "\x82\x06"
		  "a.lan.",
		    8 },
		{ "\x82\x06"
		  "a_.lan",
		    8 },
		{ "\x87\x03\x0a\x00\x00", 5 },
		{ "\x87\x08\x0a\x00\x00\x01\xff\xff\xff\xff", 10 },
		{ "\x87\x04\x00\x00\x00\x00", 6 },
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		enum err e = parse_exts(san(join(dns("a.lan"), others[i])));

		if (e != ERR_BAD_CSR || f.detail[0] == '\0')
			fail_msg("%zu: %d", i, (int)e);
	}
	assert_int_equal(parse_exts(san(NOTHING)), ERR_BAD_CSR);
}

TEST(many_names_are_read_and_too_many_refused)
{
	struct piece names = NOTHING;

	for (int i = 0; i < 101; i++)
		names = join(names, dns(arena_printf(a, "n%d.lan", i)));
	assert_int_equal(parse_exts(san(names)), OK);
	assert_int_equal(csr.n_names, 101);
	assert_int_equal(parse_exts(san(join(names, dns("x.lan")))),
	    ERR_BAD_CSR);
	assert_non_null(strstr(f.detail, "too many"));
}

TEST(what_asks_to_be_a_ca_is_refused)
{
	struct piece ca = PIECE("\x30\x03\x01\x01\xff");
	struct piece explicit_false = PIECE("\x30\x03\x01\x01\x00");
	struct piece path = PIECE("\x30\x03\x02\x01\x00");
	struct piece sign = PIECE("\x03\x02\x02\x84");
	struct piece crl = PIECE("\x03\x02\x05\xa0");

	assert_int_equal(parse_exts(join(usual(),
	                     ext(OID_BASIC, CRITICAL, ca))),
	    ERR_BAD_CSR);
	assert_non_null(strstr(f.detail, "CA"));
	assert_int_equal(parse_exts(join(usual(),
	                     ext(OID_BASIC, NOTHING, path))),
	    ERR_BAD_CSR);
	assert_int_equal(parse_exts(join(usual(),
	                     ext(OID_BASIC, NOTHING, explicit_false))),
	    OK);
	assert_int_equal(parse_exts(join(usual(),
	                     ext(OID_USAGE, CRITICAL, sign))),
	    ERR_BAD_CSR);
	assert_int_equal(parse_exts(join(usual(),
	                     ext(OID_USAGE, CRITICAL, crl))),
	    OK);
}

TEST(critical_extensions_must_be_known_and_others_are_ignored)
{
	struct piece empty = PIECE("\x30\x00");

	assert_int_equal(parse_exts(join(usual(),
	                     ext(OID_NC, CRITICAL, empty))),
	    ERR_BAD_CSR);
	assert_int_equal(parse_exts(join(usual(), ext(OID_NC, NOTHING, empty))),
	    OK);
	assert_int_equal(parse_exts(join(usual(),
	                     ext(OID_EKU, CRITICAL, empty))),
	    OK);
	assert_int_equal(parse_exts(join(usual(),
	                     ext(OID_NC, PIECE("\x01\x01\x00"), empty))),
	    ERR_BAD_CSR);
	assert_int_equal(parse_exts(join(usual(), usual())), ERR_BAD_CSR);
}

TEST(must_staple_is_noted)
{
	assert_int_equal(parse_exts(join(usual(),
	                     ext(OID_FEATURE, NOTHING,
	                         PIECE("\x30\x03\x02\x01\x05")))),
	    OK);
	assert_true(csr.must_staple);
	assert_int_equal(parse_exts(join(usual(),
	                     ext(OID_FEATURE, NOTHING,
	                         PIECE("\x30\x03\x02\x01\x11")))),
	    OK);
	assert_false(csr.must_staple);
	assert_int_equal(parse_exts(join(usual(),
	                     ext(OID_FEATURE, NOTHING, PIECE("\x05\x00")))),
	    ERR_BAD_CSR);
}

TEST(either_oid_of_extension_request_will_do)
{
	struct piece one = attribute(OID_REQUEST, usual());
	struct piece ms = attribute(OID_MS, usual());
	struct piece other = attribute(OID_MS, san(dns("b.lan")));

	assert_int_equal(parse_shape((struct shape){ .attributes = ms }), OK);
	assert_int_equal(csr.n_names, 1);
	assert_int_equal(parse_shape((struct shape){
	                     .attributes = join(one, ms) }),
	    OK);
	assert_int_equal(parse_shape((struct shape){
	                     .attributes = join(one, other) }),
	    ERR_BAD_CSR);
	assert_int_equal(parse_shape((struct shape){
	                     .attributes = join(ms, one) }),
	    ERR_BAD_CSR); /* a SET OF has an order */
}

TEST(only_version_one_is_read)
{
	struct piece good = attribute(OID_REQUEST, usual());

	assert_int_equal(parse_shape((struct shape){ .attributes = good,
	                     .version = PIECE("\x02\x01\x01") }),
	    ERR_BAD_CSR);
	assert_int_equal(parse_shape((struct shape){ .attributes = good,
	                     .version = PIECE("\x02\x02\x00\x00") }),
	    ERR_BAD_CSR);
}

/* Every single bit matters, or the request is not this request. */
TEST(no_flipped_bit_passes)
{
	struct piece p = make((struct shape){
	    .attributes = attribute(OID_REQUEST, usual()) });
	uint8_t *copy = (uint8_t *)arena_bytes(a, p.at, p.len);

	assert_int_equal(parse(copy, p.len), OK);
	for (size_t i = 0; i < p.len; i++) {
		copy[i] ^= (uint8_t)(1 << i % 8);
		assert_int_equal(parse(copy, p.len), ERR_BAD_CSR);
		copy[i] ^= (uint8_t)(1 << i % 8);
	}
	for (size_t len = 0; len < p.len; len++)
		assert_int_equal(parse(copy, len), ERR_BAD_CSR);
}

TEST(what_is_not_one_request_is_refused)
{
	struct piece p = make((struct shape){
	    .attributes = attribute(OID_REQUEST, usual()) });
	struct piece more = join(p, PIECE("\0"));
	uint8_t *big = arena_alloc(a, 40000, 1);
	static const char pem[] = "-----BEGIN CERTIFICATE REQUEST-----";

	assert_int_equal(parse(more.at, more.len), ERR_BAD_CSR);
	assert_int_equal(parse(big, 40000), ERR_BAD_CSR);
	assert_int_equal(parse((const uint8_t *)pem, sizeof(pem) - 1),
	    ERR_BAD_CSR);
	assert_non_null(strstr(f.detail, "PEM"));
}

#define HASH(n) "\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02" n "\x05\x00"
#define PSS(n, salt)                                                         \
	PIECE("\x30\x41\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a\x30\x34" \
	      "\xa0\x0f" HASH(n) "\xa1\x1c\x30\x1a"                          \
	                         "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01"  \
	                         "\x08" HASH(n) "\xa2\x03\x02\x01" salt)
#define RSA_WITH(n) \
	PIECE("\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01" n "\x05\x00")

TEST(each_kind_of_key_signs_with_what_is_for_it)
{
	struct shape s = { .attributes = attribute(OID_REQUEST, usual()) };

	s.key = EVP_EC_gen("P-384");
	assert_int_equal(parse_shape(s), OK);
	s.algorithm = PIECE("\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03");
	assert_int_equal(parse_shape(s), ERR_BAD_CSR);
	s.md = "SHA384";
	assert_int_equal(parse_shape(s), OK);
	EVP_PKEY_free(s.key);
	s.key = EVP_EC_gen("P-521");
	assert_int_equal(parse_shape(s), OK);
	s.md = "SHA512";
	s.algorithm = PIECE("\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x04");
	assert_int_equal(parse_shape(s), OK);
	EVP_PKEY_free(s.key);
	s.key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	s.md = NULL;
	assert_int_equal(parse_shape(s), ERR_BAD_CSR);
	s.algorithm = PIECE("\x30\x05\x06\x03\x2b\x65\x70");
	assert_int_equal(parse_shape(s), OK);
	EVP_PKEY_free(s.key);
}

TEST(rsa_signs_with_either_padding_and_no_weak_digest)
{
	struct shape s = { .attributes = attribute(OID_REQUEST, usual()),
		.key = EVP_RSA_gen(2048),
		.algorithm = RSA_WITH("\x0b") };

	assert_int_equal(parse_shape(s), OK);
	s.algorithm =
	    PIECE("\x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b");
	assert_int_equal(parse_shape(s), OK);
	s.algorithm = RSA_WITH("\x0d");
	s.md = "SHA512";
	assert_int_equal(parse_shape(s), OK);
	s.algorithm = RSA_WITH("\x05");
	s.md = "SHA1";
	assert_int_equal(parse_shape(s), ERR_BAD_CSR);
	assert_non_null(strstr(f.detail, "SHA-256"));
	s.md = "SHA256";
	s.pss_salt = 32;
	s.algorithm = PSS("\x01", "\x20");
	assert_int_equal(parse_shape(s), OK);
	s.algorithm = PSS("\x01", "\x21");
	assert_int_equal(parse_shape(s), ERR_BAD_CSR);
	s.algorithm = PSS("\x04", "\x20"); /* SHA-224 */
	assert_int_equal(parse_shape(s), ERR_BAD_CSR);
	s.algorithm = RSA_WITH("\x0b");
	assert_int_equal(parse_shape(s), ERR_BAD_CSR);
	EVP_PKEY_free(s.key);
}

TEST(keys_that_are_not_acceptable_are_refused)
{
	static const char *const curves[] = { "P-224", "secp256k1",
		"brainpoolP256r1" };
	struct shape s = { .attributes = attribute(OID_REQUEST, usual()) };

	for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
		s.key = EVP_EC_gen(curves[i]);
		assert_int_equal(parse_shape(s), ERR_BAD_CSR);
		EVP_PKEY_free(s.key);
	}
	s.algorithm = RSA_WITH("\x0b");
	s.key = EVP_RSA_gen(1024);
	assert_int_equal(parse_shape(s), ERR_BAD_CSR);
	EVP_PKEY_free(s.key);
	s.key = EVP_RSA_gen(2047);
	assert_int_equal(parse_shape(s), ERR_BAD_CSR);
	EVP_PKEY_free(s.key);
	s.key = EVP_PKEY_Q_keygen(NULL, NULL, "ED448");
	s.algorithm = PIECE("\x30\x05\x06\x03\x2b\x65\x71");
	s.spki = spki_of(s.key);
	EVP_PKEY_free(s.key);
	s.key = NULL;
	assert_int_equal(parse_shape(s), ERR_BAD_CSR);
	s.algorithm = NOTHING;
	s.algorithm.at = NULL;
	assert_int_equal(EVP_PKEY_set_utf8_string_param(p256, "point-format",
	                     "compressed"),
	    1);
	s.spki = spki_of(p256);
	assert_int_equal(EVP_PKEY_set_utf8_string_param(p256, "point-format",
	                     "uncompressed"),
	    1);
	assert_int_equal(parse_shape(s), ERR_BAD_CSR);
	assert_non_null(strstr(f.detail, "uncompressed"));
}

TEST(somebody_elses_key_cannot_be_certified)
{
	EVP_PKEY *other = EVP_EC_gen("P-256");

	assert_int_equal(parse_shape((struct shape){ .spki = spki_of(other),
	                     .attributes = attribute(OID_REQUEST, usual()) }),
	    ERR_BAD_CSR);
	assert_non_null(strstr(f.detail, "signature"));
	EVP_PKEY_free(other);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(key_and_names_come_out),
		T(the_thumbprint_is_that_of_the_key_as_a_jwk),
		T(what_openssl_makes_is_read),
		T(a_cn_alone_is_a_name),
		T(a_cn_beside_the_san_is_one_more_name),
		T(an_address_as_cn_needs_its_san),
		T(subjects_that_are_no_names_are_refused),
		T(names_we_would_not_certify_are_refused_not_ignored),
		T(many_names_are_read_and_too_many_refused),
		T(what_asks_to_be_a_ca_is_refused),
		T(critical_extensions_must_be_known_and_others_are_ignored),
		T(must_staple_is_noted),
		T(either_oid_of_extension_request_will_do),
		T(only_version_one_is_read),
		T(no_flipped_bit_passes),
		T(what_is_not_one_request_is_refused),
		T(each_kind_of_key_signs_with_what_is_for_it),
		T(rsa_signs_with_either_padding_and_no_weak_digest),
		T(keys_that_are_not_acceptable_are_refused),
		T(somebody_elses_key_cannot_be_certified),
	};
	int failed;

	crypto_start();
	p256 = EVP_EC_gen("P-256");
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	EVP_PKEY_free(p256);
	return failed;
}
