/* What a certification request may say, and what of it we go by. */
#include "tests/csr.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

/* FIN-07, FIN-08: from SAN and CN, each once. */
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

/* FIN-11, FIN-12: harmless wishes and a challengePassword are ignored. */
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

/* FIN-08, FIN-12: 7.4: "dns" names may be in the CN alone. */
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

/* FIN-08. */
TEST(a_cn_beside_the_san_is_one_more_name)
{
	assert_int_equal(parse_shape((struct shape){
	                     .subject = rdn(OID_CN, DER_UTF8, "c.lan"),
	                     .attributes = attribute(OID_REQUEST, usual()) }),
	    OK);
	assert_int_equal(csr.n_names, 2);
}

/* IPI-03, FIN-08, BLD-38: an address is certified from an iPAddress only. */
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

/* FIN-08: a CN is one host name, or there is none. */
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

/* FIN-07: UPNs, mail addresses and all. */
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

/* FIN-19. */
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

/* FIN-19, SEC-02: nobody has us compare thousands with each other. */
TEST(many_extensions_are_read_and_too_many_refused)
{
	struct piece list = usual();
	uint8_t oid[] = { 0x06, 0x02, 0x81, 0 };

	for (oid[3] = 1; oid[3] < 64; oid[3]++)
		list = join(list, ext((struct piece){ oid, sizeof(oid) },
		                      NOTHING, PIECE("\x05\x00")));
	assert_int_equal(parse_exts(list), OK);
	list = join(list, ext((struct piece){ oid, sizeof(oid) }, NOTHING,
	                      PIECE("\x05\x00")));
	assert_int_equal(parse_exts(list), ERR_BAD_CSR);
	assert_non_null(strstr(f.detail, "too many"));
}

/* FIN-11. */
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

/* FIN-11. */
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

/* FIN-11, CPR-13. */
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

/* FIN-08. */
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

/* FIN-06. */
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

/* FIN-06: Every single bit matters, or the request is not this request. */
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

/* FIN-06, FIN-19: nothing before it, nothing after it, of bounded length. */
TEST(what_is_not_one_request_is_refused)
{
	struct piece p = make((struct shape){
	    .attributes = attribute(OID_REQUEST, usual()) });
	struct piece more = join(p, PIECE("\0"));
	uint8_t *big = arena_alloc(a, 40000, 1);
	static const char pem[] = "-----BEGIN CERTIFICATE REQUEST-----";

	assert_int_equal(parse(more.at, more.len), ERR_BAD_CSR);
	assert_int_equal(parse(big, 40000), ERR_BAD_CSR);
	assert_non_null(strstr(f.detail, "longer"));
	more = join(p, PIECE("\x05\x00"));
	assert_int_equal(parse(more.at, more.len), ERR_BAD_CSR);
	assert_int_equal(parse((const uint8_t *)pem, sizeof(pem) - 1),
	    ERR_BAD_CSR);
	assert_non_null(strstr(f.detail, "PEM"));
}

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
		T(many_extensions_are_read_and_too_many_refused),
		T(what_asks_to_be_a_ca_is_refused),
		T(critical_extensions_must_be_known_and_others_are_ignored),
		T(must_staple_is_noted),
		T(either_oid_of_extension_request_will_do),
		T(only_version_one_is_read),
		T(no_flipped_bit_passes),
		T(what_is_not_one_request_is_refused),
	};
	int failed;

	crypto_start();
	p256 = EVP_EC_gen("P-256");
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	EVP_PKEY_free(p256);
	return failed;
}
