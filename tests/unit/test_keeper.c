/* The keeper signs recorded bytes that fit, and says no to all else. */
#include "crypto/keeper.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/ocsp.h>
#include <openssl/pem.h>

#include "crypto/crl.h"
#include "tests/cmocka.h"
#include "tests/issuer.h"

static struct arena *a;
static struct fault f;
static struct test_ca one, two; /* issuers 1 and 2 */
static struct profile *profiles[2];
static struct issuing issuers[2];
static struct keeper *keeper;
static struct leaf leaf;
static int fds[2];
static struct ocsp_query query;
static struct keeper_answer got;

/* What the store would say. */
static struct {
	enum err result;
	const uint8_t *tbs;
	size_t len;
	const char *profile;
	unsigned issuer;
	struct crl_scope crl;
	struct ocsp_status status;
	struct id asked;
	enum keeper_op op;
	unsigned reads;
} store;

static int64_t the_time;

static int64_t
clock_says(void *arg)
{
	assert_ptr_equal(arg, &store);
	return the_time;
}

static enum err
read_store(void *arg, enum keeper_op op, struct id object, struct arena *mem,
    struct keeper_found *out)
{
	assert_ptr_equal(arg, &store);
	store.reads++;
	store.asked = object;
	store.op = op;
	if (store.result != OK || op == KEEPER_PING)
		return store.result;
	if (op == KEEPER_OCSP) {
		out->issuer = store.issuer;
		out->status = store.status;
		return OK;
	}
	out->tbs = (uint8_t *)arena_bytes(mem, store.tbs, store.len);
	out->len = store.len;
	out->profile = store.profile;
	out->crl = store.crl;
	return OK;
}

static char *
pem_of(EVP_PKEY *key)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data, *out;
	long len;

	assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0,
	                     NULL, NULL),
	    1);
	len = BIO_get_mem_data(bio, &data);
	out = arena_bytes(a, data, (size_t)len);
	BIO_free(bio);
	return out;
}

static struct keeper *
make(const char *const *pems, size_t n)
{
	const struct keeper_config config = { .key_pems = pems,
		.n_keys = n,
		.issuers = issuers,
		.ocsp_s = 3600,
		.profiles = (const struct profile *const *)profiles,
		.n_profiles = 2,
		.read = read_store,
		.store = &store,
		.now = clock_says };

	f = (struct fault){ 0 };
	return keeper_new(&config, &f);
}

static int
setup_with(EVP_PKEY *key)
{
	const char *pems[2];

	a = arena_new();
	one = test_ca_new(key, BEGIN, END, NULL);
	two = test_ca_new(EVP_EC_gen("P-256"), BEGIN, END, NULL);
	profiles[0] = profile_new(&test_spec, one.der, one.len, &f);
	profiles[1] = profile_new(&test_spec, two.der, two.len, &f);
	pems[0] = pem_of(one.key);
	pems[1] = pem_of(two.key);
	need(issuing_read(one.der, one.len, a, &issuers[0], &f) == OK &&
	     issuing_read(two.der, two.len, a, &issuers[1], &f) == OK);
	keeper = make(pems, 2);
	leaf = test_leaf(a, NOW);
	store.result = OK;
	store.profile = "tenminutes";
	store.crl = (struct crl_scope){ 0 };
	store.reads = 0;
	the_time = NOW;
	if (keeper == NULL ||
	    tbs_build(profiles[0], &leaf, a, &store.tbs, &store.len, &f) != OK)
		return 1;
	return socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds);
}

static int
setup(void **state)
{
	(void)state;
	return setup_with(EVP_EC_gen("P-256"));
}

static int
teardown(void **state)
{
	(void)state;
	keeper_free(keeper);
	profile_free(profiles[0]);
	profile_free(profiles[1]);
	test_ca_free(&one);
	test_ca_free(&two);
	arena_free(a);
	(void)close(fds[0]);
	(void)close(fds[1]);
	return 0;
}

/* One question, one answer. */
static enum err
ask(uint32_t op, uint32_t issuer)
{
	const struct keeper_ask q = { .op = op,
		.issuer = issuer,
		.tag = 0x1234567890,
		.object = leaf.serial,
		.ocsp = query };
	ssize_t n;

	assert_int_equal(send(fds[0], &q, sizeof(q), 0), sizeof(q));
	assert_true(keeper_serve(keeper, fds[1]));
	n = recv(fds[0], &got, sizeof(got), MSG_DONTWAIT);
	assert_true(got.tag == q.tag);
	assert_int_equal(n, offsetof(struct keeper_answer, der) + got.len);
	assert_true((got.result == OK) == (got.len > 0) || op == KEEPER_PING);
	return (enum err)got.result;
}

static void
check_certificate(void)
{
	const uint8_t *p = got.der;
	X509 *x = d2i_X509(NULL, &p, (long)got.len);
	uint8_t *tbs = NULL;
	int len;

	assert_non_null(x);
	assert_ptr_equal(p, got.der + got.len);
	assert_int_equal(X509_verify(x, one.key), 1);
	len = i2d_re_X509_tbs(x, &tbs);
	assert_int_equal(len, store.len);
	assert_memory_equal(tbs, store.tbs, store.len);
	OPENSSL_free(tbs);
	X509_free(x);
}

TEST(recorded_bytes_are_signed_as_they_are)
{
	assert_int_equal(ask(KEEPER_LEAF, 1), OK);
	assert_true(id_equal(store.asked, leaf.serial));
	check_certificate();
	assert_int_equal(ask(KEEPER_LEAF, 1), OK); /* again, if need be */
	check_certificate();
}

TEST(every_kind_of_issuing_key_signs)
{
	EVP_PKEY *keys[] = { EVP_EC_gen("P-384"), EVP_RSA_gen(2048) };

	for (size_t i = 0; i < 2; i++) {
		(void)teardown(NULL);
		assert_int_equal(setup_with(keys[i]), 0);
		assert_int_equal(ask(KEEPER_LEAF, 1), OK);
		check_certificate();
		assert_int_equal(ask(KEEPER_LEAF, 1), OK);
		check_certificate();
	}
}

/* SEC-04. */
TEST(an_order_that_is_not_processing_is_not_signed)
{
	store.result = ERR_ORDER_NOT_READY;
	assert_int_equal(ask(KEEPER_LEAF, 1), ERR_ORDER_NOT_READY);
	store.result = ERR_NOT_FOUND;
	assert_int_equal(ask(KEEPER_LEAF, 1), ERR_NOT_FOUND);
}

/* SEC-04. */
TEST(bytes_that_do_not_fit_are_not_signed)
{
	uint8_t *copy = (uint8_t *)arena_bytes(a, store.tbs, store.len);

	copy[store.len - 1] ^= 0x80; /* the last name */
	store.tbs = copy;
	assert_int_equal(ask(KEEPER_LEAF, 1), OK);
	copy[4] = 0x30;
	assert_int_equal(ask(KEEPER_LEAF, 1), ERR_INTERNAL);
	store.len = 0;
	assert_int_equal(ask(KEEPER_LEAF, 1), ERR_INTERNAL);
}

TEST(what_is_valid_much_later_only_is_not_signed_now)
{
	/* Orders may ask for a lifetime ahead, and the clock may be set back. */
	the_time = leaf.not_before - (int64_t)test_spec.lifetime_s - 61;
	assert_int_equal(ask(KEEPER_LEAF, 1), ERR_INTERNAL);
	the_time = leaf.not_before - (int64_t)test_spec.lifetime_s - 60;
	assert_int_equal(ask(KEEPER_LEAF, 1), OK);
	the_time = leaf.not_after + 1000; /* after a crash, say */
	assert_int_equal(ask(KEEPER_LEAF, 1), OK);
}

TEST(another_issuers_key_is_not_used)
{
	assert_int_equal(ask(KEEPER_LEAF, 2), ERR_INTERNAL);
	assert_int_equal(ask(KEEPER_LEAF, 0), ERR_INTERNAL);
	assert_int_equal(ask(KEEPER_LEAF, 3), ERR_INTERNAL);
	assert_int_equal(ask(KEEPER_LEAF, UINT32_MAX), ERR_INTERNAL);
}

TEST(an_unknown_profile_is_not_signed_for)
{
	store.profile = "hour";
	assert_int_equal(ask(KEEPER_LEAF, 1), ERR_INTERNAL);
	store.profile = NULL;
	assert_int_equal(ask(KEEPER_LEAF, 1), ERR_INTERNAL);
}

static void
record_crl(int64_t this_update)
{
	const struct crl_entry entry = { leaf.serial, NOW - 5, 1 };
	const struct crl_spec spec = { .number = 7,
		.this_update = this_update,
		.next_update = this_update + 3600,
		.entries = &entry,
		.n_entries = 1 };

	need(crl_build(&issuers[0], &spec, a, &store.tbs, &store.len, &f) ==
	     OK);
}

/* The signature alone comes back, over the very bytes that are recorded. */
TEST(a_recorded_list_is_signed)
{
	const uint8_t *der, *p;
	X509_CRL *l;
	size_t len;

	record_crl(NOW);
	assert_int_equal(ask(KEEPER_CRL, 1), OK);
	assert_int_equal(store.op, KEEPER_CRL);
	assert_true(id_equal(store.asked, leaf.serial));
	p = der = crl_wrap(&issuers[0], store.tbs, store.len, got.der, got.len,
	    a, &len);
	l = d2i_X509_CRL(NULL, &p, (long)len);
	assert_non_null(l);
	assert_int_equal(X509_CRL_verify(l, one.key), 1);
	X509_CRL_free(l);
}

/* CRL-01: neither another's, nor one of tomorrow, nor a certificate. */
TEST(a_list_that_does_not_fit_is_not_signed)
{
	const uint8_t *tbs = store.tbs;
	size_t len = store.len;

	assert_int_equal(ask(KEEPER_CRL, 1), ERR_INTERNAL);
	record_crl(NOW);
	assert_int_equal(ask(KEEPER_LEAF, 1), ERR_INTERNAL);
	assert_int_equal(ask(KEEPER_CRL, 2), ERR_INTERNAL);
	assert_int_equal(ask(KEEPER_CRL, 3), ERR_INTERNAL);
	record_crl(NOW + 61);
	assert_int_equal(ask(KEEPER_CRL, 1), ERR_INTERNAL);
	store.result = ERR_ORDER_NOT_READY;
	assert_int_equal(ask(KEEPER_CRL, 1), ERR_ORDER_NOT_READY);
	store.result = OK;
	store.tbs = tbs;
	store.len = len;
	assert_int_equal(ask(KEEPER_LEAF, 1), OK);
}

/* CRL-06: a shard, if it is the one that it is said to be, of this issuer. */
TEST(a_shard_is_signed_for_its_issuer_only)
{
	const unsigned shard = id_part(leaf.serial, 4);
	const char *url =
	    arena_printf(a, "http://ca.lan/crl/1-4-%u.crl", shard);
	const struct crl_entry entry = { leaf.serial, NOW - 5, 1 };
	const struct crl_spec spec = { .scope = { 1, 4, shard },
		.urls = &url,
		.n_urls = 1,
		.number = 7,
		.this_update = NOW,
		.next_update = NOW + 3600,
		.entries = &entry,
		.n_entries = 1 };

	need(crl_build(&issuers[0], &spec, a, &store.tbs, &store.len, &f) ==
	     OK);
	assert_int_equal(ask(KEEPER_CRL, 1), ERR_INTERNAL); /* not whole */
	store.crl = spec.scope;
	assert_int_equal(ask(KEEPER_CRL, 1), OK);
	store.crl.shard ^= 1;
	assert_int_equal(ask(KEEPER_CRL, 1), ERR_INTERNAL);
	/* signed by one, as the other's, whose certificates lead to it */
	url = arena_printf(a, "http://ca.lan/crl/2-4-%u.crl", shard);
	need(crl_build(&issuers[0], &spec, a, &store.tbs, &store.len, &f) ==
	     OK);
	store.crl = (struct crl_scope){ 2, 4, shard };
	assert_int_equal(ask(KEEPER_CRL, 1), ERR_INTERNAL);
	assert_int_equal(ask(KEEPER_CRL, 2), ERR_INTERNAL);
}

/* What the answer says; the signature must be the issuer's. */
static int
ocsp_says(const struct test_ca *ca, int i)
{
	const uint8_t *p = got.der;
	OCSP_RESPONSE *r = d2i_OCSP_RESPONSE(NULL, &p, (long)got.len);
	OCSP_BASICRESP *b = OCSP_response_get1_basic(r);
	STACK_OF(X509) *certs = sk_X509_new_null();
	int status;

	assert_non_null(b);
	need(sk_X509_push(certs, ca->cert) > 0);
	assert_int_equal(OCSP_basic_verify(b, certs, NULL,
	                     OCSP_TRUSTOTHER | OCSP_NOVERIFY),
	    1);
	status = OCSP_single_get0_status(OCSP_resp_get0(b, i), NULL, NULL, NULL,
	    NULL);
	sk_X509_free(certs);
	OCSP_BASICRESP_free(b);
	OCSP_RESPONSE_free(r);
	return status;
}

/* OCS-02: what is said is what the store says, of the issuer asked for. */
TEST(an_answer_is_what_the_store_says)
{
	query = (struct ocsp_query){ .n_certs = 1 };
	query.certs[0] = (struct ocsp_cert){ .naming = 1, .len = 16 };
	memcpy(query.certs[0].serial, leaf.serial.bytes, 16);
	store.issuer = 1;
	store.status =
	    (struct ocsp_status){ .known = true, .not_after = NOW + 600 };
	assert_int_equal(ask(KEEPER_OCSP, 1), OK);
	assert_int_equal(store.op, KEEPER_OCSP);
	assert_true(id_equal(store.asked, leaf.serial));
	assert_int_equal(ocsp_says(&one, 0), V_OCSP_CERTSTATUS_GOOD);
	store.status.revoked = NOW - 1;
	assert_int_equal(ask(KEEPER_OCSP, 1), OK);
	assert_int_equal(ocsp_says(&one, 0), V_OCSP_CERTSTATUS_REVOKED);
	/* the same serial of another issuer has never been issued */
	assert_int_equal(ask(KEEPER_OCSP, 2), OK);
	assert_int_equal(ocsp_says(&two, 0), V_OCSP_CERTSTATUS_UNKNOWN);
	store.issuer = 0;
	assert_int_equal(ask(KEEPER_OCSP, 1), OK);
	assert_int_equal(ocsp_says(&one, 0), V_OCSP_CERTSTATUS_UNKNOWN);
}

TEST(serials_that_no_certificate_has_are_not_looked_up)
{
	query = (struct ocsp_query){ .n_certs = 2 };
	query.certs[0] = (struct ocsp_cert){ .naming = 3, .len = 17 };
	query.certs[0].serial[0] = 1;
	query.certs[1] =
	    (struct ocsp_cert){ .naming = 4, .len = 1, .serial = { 9 } };
	store.issuer = 1;
	store.status =
	    (struct ocsp_status){ .known = true, .not_after = NOW + 600 };
	assert_int_equal(ask(KEEPER_OCSP, 1), OK);
	assert_int_equal(store.reads, 1);
	assert_int_equal(store.asked.bytes[15], 9);
	assert_int_equal(ocsp_says(&one, 0), V_OCSP_CERTSTATUS_UNKNOWN);
	assert_int_equal(ocsp_says(&one, 1), V_OCSP_CERTSTATUS_GOOD);
}

TEST(a_question_about_nothing_is_not_answered)
{
	query = (struct ocsp_query){ .n_certs = 0 };
	assert_int_equal(ask(KEEPER_OCSP, 1), ERR_INTERNAL);
	query.n_certs = 255;
	assert_int_equal(ask(KEEPER_OCSP, 1), ERR_INTERNAL);
	query =
	    (struct ocsp_query){ .n_certs = 1, .certs = { { .naming = 1 } } };
	assert_int_equal(ask(KEEPER_OCSP, 3), ERR_INTERNAL);
	store.result = ERR_INTERNAL;
	assert_int_equal(ask(KEEPER_OCSP, 1), ERR_INTERNAL);
}

TEST(a_ping_asks_the_store)
{
	assert_int_equal(ask(KEEPER_PING, 0), OK);
	assert_int_equal(store.op, KEEPER_PING);
	assert_int_equal(store.reads, 1);
	store.result = ERR_INTERNAL;
	assert_int_equal(ask(KEEPER_PING, 0), ERR_INTERNAL);
}

TEST(a_broken_frame_ends_the_conversation)
{
	struct keeper_ask q = { .op = KEEPER_OP_END, .issuer = 1 };
	uint8_t longer[sizeof(q) + 1] = { KEEPER_LEAF };

	assert_true(keeper_serve(keeper, fds[1])); /* nothing there yet */
	assert_int_equal(send(fds[0], &q, sizeof(q), 0), sizeof(q));
	assert_false(keeper_serve(keeper, fds[1]));
	q.op = 0;
	assert_int_equal(send(fds[0], &q, sizeof(q), 0), sizeof(q));
	assert_false(keeper_serve(keeper, fds[1]));
	q.op = KEEPER_LEAF;
	assert_int_equal(send(fds[0], &q, sizeof(q) - 1, 0), sizeof(q) - 1);
	assert_false(keeper_serve(keeper, fds[1]));
	assert_int_equal(send(fds[0], longer, sizeof(longer), 0),
	    sizeof(longer));
	assert_false(keeper_serve(keeper, fds[1]));
	assert_int_equal(store.reads, 0);
	(void)shutdown(fds[0], SHUT_RDWR);
	assert_false(keeper_serve(keeper, fds[1]));
}

TEST(a_keeper_starts_with_the_right_keys_only)
{
	const char *pems[2] = { pem_of(one.key), "nonsense" };
	EVP_PKEY *ed = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");

	assert_null(make(pems, 2));
	assert_non_null(strstr(f.detail, "issuer 2"));
	assert_null(make(pems, 1));
	assert_non_null(strstr(f.detail, "profile tenminutes"));
	pems[0] = NULL;
	pems[1] = pem_of(two.key);
	assert_null(make(pems, 2));
	pems[0] = pem_of(ed);
	assert_null(make(pems, 2));
	assert_non_null(strstr(f.detail, "issuer 1"));
	EVP_PKEY_free(ed);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(recorded_bytes_are_signed_as_they_are),
		T(every_kind_of_issuing_key_signs),
		T(an_order_that_is_not_processing_is_not_signed),
		T(bytes_that_do_not_fit_are_not_signed),
		T(what_is_valid_much_later_only_is_not_signed_now),
		T(another_issuers_key_is_not_used),
		T(an_unknown_profile_is_not_signed_for),
		T(a_recorded_list_is_signed),
		T(a_list_that_does_not_fit_is_not_signed),
		T(a_shard_is_signed_for_its_issuer_only),
		T(an_answer_is_what_the_store_says),
		T(serials_that_no_certificate_has_are_not_looked_up),
		T(a_question_about_nothing_is_not_answered),
		T(a_ping_asks_the_store),
		T(a_broken_frame_ends_the_conversation),
		T(a_keeper_starts_with_the_right_keys_only),
	};

	crypto_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
