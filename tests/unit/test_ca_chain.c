/* Chains to a root that is not ours alone: in order, in bounds, or refused. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "crypto/ca_int.h"
#include "crypto/crypto_int.h"
#include "crypto/digest.h"
#include "tests/cmocka.h"

enum { DAY = 86400 };

/* One certificate with its key, as a test makes it. */
struct made {
	EVP_PKEY *key;
	X509 *cert;
};

static struct arena *a;
static struct fault f;
static struct ca ca;
static struct ca_text list[16];
static struct ca_texts texts;
static struct made made[32];
static size_t n_made;

static int
setup(void **state)
{
	(void)state;
	a = arena_new();
	f = (struct fault){ 0 };
	texts = (struct ca_texts){ "D/ca", list, 0 };
	n_made = 0;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_made; i++) {
		EVP_PKEY_free(made[i].key);
		X509_free(made[i].cert);
	}
	arena_free(a);
	return 0;
}

/* A CA certificate below `by`, or a root; `room` as in struct ca_level. */
static struct made *
make_with(const char *cn, const struct made *by, const struct made *key_of,
    int days, int room)
{
	struct made *m = &made[n_made++];
	int64_t now = time(NULL);
	struct ca_level l = { cn, room, now - 2 * DAY,
		now + (int64_t)days * DAY, NULL };

	m->key = key_of == NULL ? EVP_EC_gen("P-256") : key_of->key;
	if (key_of != NULL)
		assert_int_equal(EVP_PKEY_up_ref(m->key), 1);
	l.key = m->key;
	m->cert = ca_certify(&l, by == NULL ? NULL : by->cert,
	    by == NULL ? m->key : by->key, now);
	assert_non_null(m->cert);
	return m;
}

static struct made *
make(const char *cn, const struct made *by, const struct made *key_of, int days)
{
	return make_with(cn, by, key_of, days, by == NULL ? -1 : 0);
}

static struct made *
make_above(const char *cn, const struct made *by, const struct made *key_of,
    int room)
{
	return make_with(cn, by, key_of, 30, room);
}

static const char *
pem(const struct made *m)
{
	return ca_cert_text(m->cert, a);
}

static void
file(const char *name, const char *text)
{
	list[texts.n++] = (struct ca_text){ name, text };
}

static enum err
parse(void)
{
	f = (struct fault){ 0 };
	return ca_parse(&texts, CA_TODAY, a, &ca, &f);
}

static void
refused(const char *why)
{
	assert_int_equal(parse(), ERR_INTERNAL);
	if (strstr(f.detail, why) == NULL)
		fail_msg("%s", f.detail);
}

static void
taken(void)
{
	if (parse() != OK)
		fail_msg("%s", f.detail);
}

/* CRT-02: what lies between issuer and root is part of the chain, in order. */
TEST(a_chain_goes_on_up_to_the_root_but_without_it)
{
	struct made *root = make("root", NULL, NULL, 30);
	struct made *policy = make_above("policy", root, NULL, -1);
	struct made *issuer = make("issuer", policy, NULL, 20);

	file("root.pem", pem(root));
	file("issuer-1.pem", arena_printf(a, "%s%s", pem(issuer), pem(policy)));
	taken();
	assert_int_equal(ca.chains[0].n, 1);
	assert_int_equal(ca.chains[0].list[0].n, 2);
	assert_string_equal(ca.chains[0].list[0].pem, list[1].text);
	assert_true(ca.chains[0].list[0].not_after == ca.issuers[0].not_after);
}

/* CRT-02. */
TEST(a_chain_in_disorder_is_refused)
{
	struct made *root = make("root", NULL, NULL, 30);
	struct made *high = make_above("high", root, NULL, -1);
	struct made *low = make_above("low", high, NULL, -1);
	struct made *issuer = make("issuer", low, NULL, 20);

	file("root.pem", pem(root));
	file("issuer-1.pem",
	    arena_printf(a, "%s%s%s", pem(issuer), pem(high), pem(low)));
	refused("issuer-1.pem: its certificates are not in order");
	list[1].text = arena_printf(a, "%s%s", pem(issuer), pem(low));
	refused("issuer-1.pem: unable to get");
	list[1].text =
	    arena_printf(a, "%s%s%s", pem(issuer), pem(low), pem(high));
	taken();
	list[1].text = arena_printf(a, "%s-----BEGIN CERTIFICATE-----\nAA==\n",
	    list[1].text);
	refused("issuer-1.pem: is not 1 to 4 certificates");
}

/* CPR-17: a leaf must fit below. */
TEST(path_lengths_above_must_leave_room)
{
	struct made *root = make("root", NULL, NULL, 30);
	struct made *policy = make_above("policy", root, NULL, 0);
	struct made *issuer = make("issuer", policy, NULL, 20);

	file("root.pem", pem(root));
	file("issuer-1.pem", arena_printf(a, "%s%s", pem(issuer), pem(policy)));
	refused("allows 0 issuers below it, not 1");
}

/* CRT-03: five with the leaf, the most that clients take. */
TEST(a_chain_of_more_than_five_is_refused)
{
	struct made *root = make("root", NULL, NULL, 30), *m = root;
	const char *text = "";

	for (int i = 0; i < 4; i++) {
		m = make_above(arena_printf(a, "level %d", i), m, NULL, -1);
		text = arena_printf(a, "%s%s", pem(m), text);
	}
	file("root.pem", pem(root));
	file("issuer-1.pem", text);
	taken();
	m = make("level 5", m, NULL, 20);
	list[1].text = arena_printf(a, "%s%s", pem(m), text);
	refused("is not 1 to 4 certificates");
}

/* CRT-03: those of a cross certificate count, too. */
TEST(an_alternate_chain_of_more_than_five_is_refused)
{
	struct made *root = make("root", NULL, NULL, 30);
	struct made *high = make_above("high", root, NULL, -1);
	struct made *low = make_above("low", high, NULL, -1);
	struct made *issuer = make("issuer", low, NULL, 20);
	struct made *old = make("old root", NULL, NULL, 10);
	struct made *between = make_above("between", old, NULL, -1);
	struct made *cross = make_above("root", old, root, -1);

	file("root.pem", pem(root));
	file("issuer-1.pem",
	    arena_printf(a, "%s%s%s", pem(issuer), pem(low), pem(high)));
	file("cross-1.pem", arena_printf(a, "%s%s", pem(cross), pem(old)));
	taken();
	assert_int_equal(ca.chains[0].list[1].n, 4);
	cross = make_above("root", between, root, -1);
	list[2].text =
	    arena_printf(a, "%s%s%s", pem(cross), pem(between), pem(old));
	refused("cross-1.pem: makes a chain of more than 5");
}

TEST(no_two_issuers_have_one_key)
{
	struct made *root = make("root", NULL, NULL, 30);
	struct made *one = make("issuer 1", root, NULL, 20);
	struct made *two = make("issuer 2", root, one, 20);

	file("root.pem", pem(root));
	file("issuer-1.pem", pem(one));
	file("issuer-2.pem", pem(two));
	refused("issuer-2.pem: has the same key as D/ca/issuer-1.pem");
	texts.n--;
	taken();
	list[1].text = pem(make("issuer", root, root, 20));
	refused("issuer-1.pem: has the same key as D/ca/root.pem");
}

/* CRT-04, BLD-54: another root's word for the same key makes another chain. */
TEST(cross_certificates_make_alternate_chains)
{
	struct made *root = make("root", NULL, NULL, 30);
	struct made *one = make("issuer 1", root, NULL, 20);
	struct made *two = make("issuer 2", root, NULL, 20);
	struct made *old = make("old root", NULL, NULL, 10);
	struct made *for_root = make_above("root", old, root, -1);
	struct made *for_two = make("issuer 2", old, two, 5);

	file("root.pem", pem(root));
	file("issuer-1.pem", pem(one));
	file("issuer-2.pem", pem(two));
	file("cross-1.pem", arena_printf(a, "%s%s", pem(for_root), pem(old)));
	file("cross-2.pem", arena_printf(a, "%s%s", pem(for_two), pem(old)));
	taken();
	assert_int_equal(ca.chains[0].n, 2);
	assert_int_equal(ca.chains[1].n, 3);
	assert_string_equal(ca.chains[1].list[0].pem, pem(two));
	assert_string_equal(ca.chains[1].list[1].pem,
	    arena_printf(a, "%s%s", pem(two), pem(for_root)));
	assert_string_equal(ca.chains[1].list[2].pem, pem(for_two));
	assert_string_equal(ca.chains[0].list[1].pem,
	    arena_printf(a, "%s%s", pem(one), pem(for_root)));
	assert_true(ca.chains[1].list[2].not_after <
	            ca.chains[1].list[0].not_after);
	assert_int_equal(ca.crosses[0].issuer, 0);
	assert_int_equal(ca.crosses[1].issuer, 2);
	assert_string_equal(ca.crosses[1].anchor, "CN=old root");
}

/* CRT-04: only what will verify is ever advertised. */
TEST(a_cross_certificate_of_something_else_is_refused)
{
	struct made *root = make("root", NULL, NULL, 30);
	struct made *one = make("issuer", root, NULL, 20);
	struct made *old = make("old root", NULL, NULL, 10);
	struct made *other = make("other root", NULL, NULL, 10);
	struct made *cross = make_above("root", old, root, -1);

	file("root.pem", pem(root));
	file("issuer-1.pem", pem(one));
	file("cross-1.pem", pem(cross));
	refused("cross-1.pem: is to end with the root that signed it");
	list[2].text = arena_printf(a, "%s%s", pem(cross), pem(other));
	refused("cross-1.pem: unable to get");
	list[2].text = arena_printf(a, "%s%s",
	    pem(make_above("another name", old, root, -1)), pem(old));
	refused("cross-1.pem: has subject and key of neither");
	list[2].text = arena_printf(a, "%s%s",
	    pem(make_above("root", old, NULL, -1)), pem(old));
	refused("cross-1.pem: has subject and key of neither");
	list[2].text = arena_printf(a, "%s%s",
	    pem(make_above("root", old, root, 0)), pem(old));
	refused("allows 0 issuers below it, not 1");
	list[2].text = arena_printf(a, "%s%s", pem(cross), pem(old));
	taken();
}

TEST(a_root_is_signed_by_itself)
{
	struct made *root = make("root", NULL, NULL, 30);
	struct made *issuer = make("issuer", root, NULL, 20);

	file("root.pem", pem(issuer));
	file("issuer-1.pem", pem(issuer));
	refused("root.pem: is not signed by itself");
	texts.n = 0;
	file("root.pem", pem(root));
	refused("issuer-1.pem: there is no issuer; `mayfly ca csr`");
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_chain_goes_on_up_to_the_root_but_without_it),
		T(a_chain_in_disorder_is_refused),
		T(path_lengths_above_must_leave_room),
		T(a_chain_of_more_than_five_is_refused),
		T(an_alternate_chain_of_more_than_five_is_refused),
		T(no_two_issuers_have_one_key),
		T(cross_certificates_make_alternate_chains),
		T(a_cross_certificate_of_something_else_is_refused),
		T(a_root_is_signed_by_itself),
	};

	crypto_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
