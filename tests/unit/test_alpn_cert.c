/* The certificate that answers tls-alpn-01, judged from its bytes. */
#include "challenges/alpn_cert_int.h"

#include "crypto/digest.h"
#include "tests/fake/alpn_cert.h"

/* SHA-256 of the key authorization is 32 times 0x11. */
static const uint8_t digest[ALPN_DIGEST] = { 0x11, 0x11, 0x11, 0x11, 0x11, 0x11,
	0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11,
	0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11,
	0x11, 0x11 };
#define DIGEST16 \
	"\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11"
#define DIGEST32 DIGEST16 DIGEST16

#define EXT(oid, critical, value)                             \
	{                                                     \
		(oid), (critical), (value), sizeof(value) - 1 \
	}
#define NAME               \
	"\x30\x0b\x82\x09" \
	"a.example"
#define SAN  EXT(SAN_OID, false, NAME)
#define ACME EXT(ACME_OID, true, "\x04\x20" DIGEST32)
#define END                          \
	{                            \
		NULL, false, NULL, 0 \
	}

static const struct ident name = { .type = IDENT_DNS, .value = "a.example" };
static const struct ident ip4 = { .type = IDENT_IP, .value = "192.0.2.7" };
static const struct ident ip6 = { .type = IDENT_IP, .value = "2001:db8::7" };

static enum err
judge_der(const uint8_t *der, size_t len, const struct ident *id,
    struct fault *f)
{
	struct arena *a = arena_new();
	struct alpn_seen seen;
	enum err e = alpn_cert_judge(der, len, id, digest, &seen, a, f);

	assert_true(e == OK ? memcmp(seen.digest, digest, 32) == 0
	                    : e == ERR_UNAUTHORIZED);
	arena_free(a);
	return e;
}

static enum err
judge(const struct fake_cert *c, const struct ident *id, struct fault *f)
{
	X509 *x = fake_cert_make(c);
	unsigned char *der = NULL;
	int len = i2d_X509(x, &der);
	enum err e;

	assert_true(len > 0);
	e = judge_der(der, (size_t)len, id, f);
	OPENSSL_free(der);
	X509_free(x);
	return e;
}

/* A01-07: of any key and signature, and whatever its dates. */
TEST(s8737_3_one_name_and_the_digest_prove)
{
	static const struct fake_extension good[] = { SAN, ACME, END };
	static const struct fake_extension turned[] = { ACME, SAN,
		EXT("2.5.29.15", true, "\x03\x02\x07\x80"), END };
	static const struct fake_extension upper[] = { EXT(SAN_OID, true,
		                                           "\x30\x0b\x82\x09"
		                                           "A.eXample"),
		ACME, END };
	EVP_PKEY *rsa = EVP_RSA_gen(2048);
	const struct fake_cert rows[] = { { .extensions = good },
		{ .extensions = good, .expired = true },
		{ .extensions = turned }, { .extensions = upper },
		{ .extensions = good, .key = rsa },
		{ .extensions = good, .key = rsa, .pss = true } };
	struct fault f = { 0 };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (judge(&rows[i], &name, &f) != OK)
			fail_msg("%zu: %s", i, f.detail);
	EVP_PKEY_free(rsa);
}

/* IPI-02 A01-03: an address is an iPAddress of 4 or 16 bytes, alone. */
TEST(s8738_an_address_is_an_ip_address)
{
	static const struct fake_extension four[] = {
		EXT(SAN_OID, false, "\x30\x06\x87\x04\xc0\x00\x02\x07"), ACME,
		END
	};
	static const struct fake_extension sixteen[] = {
		EXT(SAN_OID, false,
		    "\x30\x12\x87\x10\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0"
		    "\x07"),
		ACME, END
	};
	static const struct fake_extension text[] = { EXT(SAN_OID, false,
		                                          "\x30\x0b\x82\x09"
		                                          "192.0.2.7"),
		ACME, END };
	static const struct fake_extension mapped[] = {
		EXT(SAN_OID, false,
		    "\x30\x12\x87\x10\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\x02"
		    "\x07"),
		ACME, END
	};
	struct fault f = { 0 };

	assert_int_equal(judge(&(struct fake_cert){ .extensions = four }, &ip4,
	                     &f),
	    OK);
	assert_int_equal(judge(&(struct fake_cert){ .extensions = sixteen },
	                     &ip6, &f),
	    OK);
	assert_int_not_equal(judge(&(struct fake_cert){ .extensions = four },
	                         &ip6, &f),
	    OK);
	assert_int_not_equal(judge(&(struct fake_cert){ .extensions = text },
	                         &ip4, &f),
	    OK);
	assert_int_not_equal(judge(&(struct fake_cert){ .extensions = mapped },
	                         &ip4, &f),
	    OK);
	assert_int_not_equal(judge(&(struct fake_cert){ .extensions = four },
	                         &name, &f),
	    OK);
}

/* A01-03, A01-04, BLD-33, VEC-11: each demand of RFC 8737, 3, alone. */
TEST(s8737_3_what_is_not_exactly_so_is_refused)
{
	static const struct {
		const char *says;
		struct fake_extension x[5];
	} rows[] = {
		{ "no subjectAltName", { ACME, END } },
		{ "no acmeIdentifier", { SAN, END } },
		{ "0 names", { EXT(SAN_OID, false, "\x30\x00"), ACME, END } },
		{ "2 names", { EXT(SAN_OID, false,
		                   "\x30\x16\x82\x09"
		                   "a.example"
		                   "\x82\x09"
		                   "a.example"),
		                 ACME, END } },
		{ "2 names", { EXT(SAN_OID, false,
		                   "\x30\x11\x82\x09"
		                   "a.example"
		                   "\x87\x04\xc0\x00\x02\x07"),
		                 ACME, END } },
		{ "for b.example", { EXT(SAN_OID, false,
		                         "\x30\x0b\x82\x09"
		                         "b.example"),
		                       ACME, END } },
		{ "for a.example.", { EXT(SAN_OID, false,
		                          "\x30\x0c\x82\x0a"
		                          "a.example."),
		                        ACME, END } },
		{ "for a.example?b", { EXT(SAN_OID, false,
		                           "\x30\x0d\x82\x0b"
		                           "a.example\0b"),
		                         ACME, END } },
		{ "for something else", /* rfc822Name, dNSName's text */
		    { EXT(SAN_OID, false,
		          "\x30\x0b\x81\x09"
		          "a.example"),
		        ACME, END } },
		{ "for something else", /* iPAddress */
		    { EXT(SAN_OID, false, "\x30\x06\x87\x04\xc0\x00\x02\x07"),
		        ACME, END } },
		{ "no DER", /* bytes after the names */
		    { EXT(SAN_OID, false,
		          "\x30\x0b\x82\x09"
		          "a.example"
		          "\x05\x00"),
		        ACME, END } },
		{ "twice", { SAN, SAN, ACME, END } },
		{ "twice", { SAN, ACME, ACME, END } },
		{ "twice", { SAN, ACME, EXT("1.2.3", false, "x"),
		               EXT("1.2.3", false, "y"), END } },
		{ "not critical",
		    { SAN, EXT(ACME_OID, false, "\x04\x20" DIGEST32), END } },
		{ "not 1111111111111111",
		    { SAN, EXT(ACME_OID, true, "\x04\x20" DIGEST16 DIGEST16),
		        END } },
		{ "32 bytes", /* 31, 33, none */
		    { SAN,
		        EXT(ACME_OID, true,
		            "\x04\x1f"
		            "\x11\x11\x11\x11\x11\x11"
		            "\x11\x11\x11\x11\x11\x11\x11\x11\x11" DIGEST16),
		        END } },
		{ "32 bytes",
		    { SAN, EXT(ACME_OID, true, "\x04\x21\x11" DIGEST32),
		        END } },
		{ "32 bytes", { SAN, EXT(ACME_OID, true, "\x04\x00"), END } },
		{ "32 bytes", /* another type, the bare digest */
		    { SAN, EXT(ACME_OID, true, "\x03\x20" DIGEST32), END } },
		{ "32 bytes", { SAN, EXT(ACME_OID, true, DIGEST32), END } },
		{ "32 bytes", /* a length in two octets, bytes after it */
		    { SAN, EXT(ACME_OID, true, "\x04\x81\x20" DIGEST32),
		        END } },
		{ "32 bytes",
		    { SAN, EXT(ACME_OID, true, "\x04\x20" DIGEST32 "\x05\x00"),
		        END } },
		{ "no acmeIdentifier", /* the OID of an early draft */
		    { SAN,
		        EXT("1.3.6.1.5.5.7.1.30.1", true, "\x04\x20" DIGEST32),
		        END } },
	};
	struct fault f;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fake_extension x[5];
		static const char wrong[] =
		    "\x04\x20" DIGEST16 "\x11\x11\x11\x11\x11\x11\x11\x11\x11"
		    "\x11\x11\x11\x11\x11\x11\x12";

		memcpy(x, rows[i].x, sizeof(x));
		if (strncmp(rows[i].says, "not 11", 6) == 0)
			x[1].value = wrong; /* in the last bit only */
		f = (struct fault){ 0 };
		if (judge(&(struct fake_cert){ .extensions = x }, &name, &f) ==
		    OK)
			fail_msg("%zu is taken, not \"%s\"", i, rows[i].says);
		if (strstr(f.detail, rows[i].says) == NULL)
			fail_msg("%zu: \"%s\" is not in \"%s\"", i,
			    rows[i].says, f.detail);
	}
}

/* A01-03: issued by another, or by itself under another name. */
TEST(s8737_3_it_is_issued_by_itself)
{
	static const struct fake_extension good[] = { SAN, ACME, END };
	struct fault f = { 0 };

	assert_int_not_equal(judge(&(struct fake_cert){ .extensions = good,
	                               .issuer = "another" },
	                         &name, &f),
	    OK);
	assert_non_null(strstr(f.detail, "somebody else"));
}

/* A01-03: bytes before, within or after that are no DER. */
TEST(what_is_no_certificate_in_der_is_refused)
{
	static const struct fake_extension good[] = { SAN, ACME, END };
	X509 *x = fake_cert_make(&(struct fake_cert){ .extensions = good });
	unsigned char *der = NULL, *more;
	int len = i2d_X509(x, &der);
	struct fault f = { 0 };

	assert_true(len > 0);
	more = calloc(1, (size_t)len + 2);
	memcpy(more, der, (size_t)len);
	assert_int_equal(judge_der(more, (size_t)len, &name, &f), OK);
	assert_int_not_equal(judge_der(more, (size_t)len + 1, &name, &f), OK);
	assert_non_null(strstr(f.detail, "DER"));
	for (int n = 0; n < len; n++)
		assert_int_not_equal(judge_der(more, (size_t)n, &name, &f), OK);
	assert_int_not_equal(judge_der((const uint8_t *)"", 0, &name, &f), OK);
	free(more);
	OPENSSL_free(der);
	X509_free(x);
}

TEST(extensions_without_end_are_refused)
{
	struct fake_extension x[80] = { SAN, ACME };
	char oids[80][16];
	struct fault f = { 0 };

	for (int i = 2; i < 79; i++) {
		(void)snprintf(oids[i], sizeof(oids[i]), "1.2.%d", i);
		x[i] = (struct fake_extension){ oids[i], false, "\x05\x00", 2 };
	}
	x[79] = (struct fake_extension){ 0 };
	assert_int_not_equal(judge(&(struct fake_cert){ .extensions = x },
	                         &name, &f),
	    OK);
	assert_non_null(strstr(f.detail, "more than 64"));
	x[60] = (struct fake_extension){ 0 };
	assert_int_equal(judge(&(struct fake_cert){ .extensions = x }, &name,
	                     &f),
	    OK);
}

static int
setup(void **state)
{
	(void)state;
	crypto_start();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(s8737_3_one_name_and_the_digest_prove),
		cmocka_unit_test(s8738_an_address_is_an_ip_address),
		cmocka_unit_test(s8737_3_what_is_not_exactly_so_is_refused),
		cmocka_unit_test(s8737_3_it_is_issued_by_itself),
		cmocka_unit_test(what_is_no_certificate_in_der_is_refused),
		cmocka_unit_test(extensions_without_end_are_refused),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
