/*
 * tests/csr.h: certification requests in any shape a test may want, well made
 * or not.  One test at a time: the arena is the test's.
 */
#ifndef TESTS_CSR_H
#define TESTS_CSR_H

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "crypto/crypto_int.h"
#include "crypto/csr.h"
#include "crypto/digest.h"
#include "tests/cmocka.h"

static struct arena *a;
static struct fault f;
static struct csr csr;
static EVP_PKEY *p256; /* one for all tests that do not care */

static inline int
setup(void **state)
{
	(void)state;
	a = arena_new();
	return 0;
}

static inline int
teardown(void **state)
{
	(void)state;
	arena_free(a);
	return 0;
}

static inline enum err
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

static inline struct piece
wrap(unsigned tag, struct piece p)
{
	uint8_t *buf = arena_alloc(a, p.len + 8, 1);
	struct derw w;

	derw_start(&w, buf, p.len + 8);
	derw_put(&w, tag, p.at, p.len);
	assert_true(derw_end(&w));
	return (struct piece){ buf, w.len };
}

static inline struct piece
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

static inline struct piece
ext(struct piece oid, struct piece critical, struct piece value)
{
	return wrap(DER_SEQUENCE,
	    join(oid, join(critical, wrap(DER_OCTET_STRING, value))));
}

static inline struct piece
dns(const char *name)
{
	return wrap(DER_CONTEXT | 2, (struct piece){ name, strlen(name) });
}

/* subjectAltName around these GeneralNames. */
static inline struct piece
san(struct piece names)
{
	return ext(OID_SAN, NOTHING, wrap(DER_SEQUENCE, names));
}

static inline struct piece
attribute(struct piece oid, struct piece extensions)
{
	return wrap(DER_SEQUENCE,
	    join(oid, wrap(DER_SET, wrap(DER_SEQUENCE, extensions))));
}

static inline struct piece
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

static inline struct piece
spki_of(EVP_PKEY *key)
{
	uint8_t *der = NULL;
	size_t len = (size_t)i2d_PUBKEY(key, &der);
	struct piece out = { arena_bytes(a, der, len), len };

	OPENSSL_free(der);
	return out;
}

static inline struct piece
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

static inline struct piece
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

static inline enum err
parse_shape(struct shape s)
{
	struct piece p = make(s);

	return parse(p.at, p.len);
}

static inline enum err
parse_exts(struct piece extensions)
{
	return parse_shape((struct shape){
	    .attributes = attribute(OID_REQUEST, extensions) });
}

static inline struct piece
usual(void)
{
	return san(dns("a.lan"));
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
