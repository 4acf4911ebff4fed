/* tls-alpn-01 against a server that is right, and many that are not. */
#include <errno.h>

#include "tests/fake/alpn_cert.h"
#include "tests/fake/probe_bench.h"
#include "tests/fake/tls_peer.h"

/* A server for one look, and what it shows. */
struct peer {
	struct bench b;
	struct tls_peer tls;
	struct fake_extension x[4];
	char san[32], acme[34], huge[20000];
	EVP_PKEY *key;
	bool stopped;
};

static void
open_peer_at(struct peer *p, const char *address, uint16_t port)
{
	uint8_t digest[SHA256_SIZE];

	memset(p, 0, sizeof(*p));
	bench_open(&p->b);
	tls_peer_start(&p->tls, address, port);
	p->b.config.tls_port = p->tls.port;
	bench_configure(&p->b);
	p->key = fake_cert_key();
	memcpy(p->san,
	    "\x30\x0b\x82\x09"
	    "a.example",
	    13);
	sha256(KEY_AUTHZ, strlen(KEY_AUTHZ), digest);
	p->acme[0] = 0x04;
	p->acme[1] = 0x20;
	memcpy(p->acme + 2, digest, sizeof(digest));
	p->x[0] = (struct fake_extension){ SAN_OID, false, p->san, 13 };
	p->x[1] = (struct fake_extension){ ACME_OID, true, p->acme, 34 };
}

static void
open_peer(struct peer *p, const char *address)
{
	open_peer_at(p, address, 0);
}

static void
show(struct peer *p, const struct fake_cert *c)
{
	struct fake_cert mine = *c;
	X509 *x;

	mine.extensions = p->x;
	mine.key = p->key;
	x = fake_cert_make(&mine);
	tls_peer_run(&p->tls, x, p->key);
	X509_free(x);
}

/* What the server saw may be read from then on. */
static void
stop(struct peer *p)
{
	if (!p->stopped)
		tls_peer_stop(&p->tls);
	p->stopped = true;
}

static void
close_peer(struct peer *p)
{
	bench_close(&p->b); /* first: the server may wait for our end */
	stop(p);
	EVP_PKEY_free(p->key);
}

static struct probe *
look_alpn(struct peer *p, const char *name)
{
	struct probe *probe = bench_probe(&p->b, name);

	bench_look(&p->b, "tls-alpn-01", probe);
	if (probe->fault.code != OK && getenv("SHOW") != NULL)
		print_message("# %d: %s\n", probe->result, probe->fault.detail);
	assert_null(strstr(probe->fault.detail, THUMB));
	return probe;
}

/* A01-01 A01-05: what is offered, asked for, and not sent. */
TEST(s8737_3_proves_by_a_handshake_and_nothing_else)
{
	const struct evidence *e;
	struct probe *probe;
	struct peer p;

	open_peer(&p, "127.0.0.1");
	show(&p, &(struct fake_cert){ .expired = true });
	probe = look_alpn(&p, "a.example");
	if (probe->result != PROBE_PROVED)
		fail_msg("%s", probe->fault.detail);
	assert_int_equal(probe->fault.code, OK);
	e = last_evidence(probe);
	assert_string_equal(e->who, "tls-alpn-01");
	assert_string_equal(e->address, "127.0.0.1");
	assert_int_equal(e->port, p.tls.port);
	assert_true(e->compared);
	assert_memory_equal(e->seen, e->expected, 8);
	assert_memory_equal(e->seen, p.acme + 2, 8);
	assert_non_null(strstr(e->answers, "TLSv1.3, acme-tls/1"));
	stop(&p);
	assert_string_equal(p.tls.sni, "a.example");
	assert_int_equal(p.tls.offered_len, 11);
	assert_memory_equal(p.tls.offered,
	    "\x0a"
	    "acme-tls/1",
	    11);
	assert_true(p.tls.shaken);
	assert_true(p.tls.closed);
	assert_int_equal(p.tls.data, 0);
	assert_int_equal(p.tls.served, 1);
	close_peer(&p);
}

/* A01-07: TLS 1.2 will do, and an RSA key. */
TEST(s8737_3_tls_1_2_and_rsa_are_fine)
{
	struct probe *probe;
	struct peer p;

	for (int i = 0; i < 2; i++) {
		open_peer(&p, "127.0.0.1");
		EVP_PKEY_free(p.key);
		p.key = EVP_RSA_gen(2048);
		assert_true(SSL_CTX_set_max_proto_version(p.tls.ctx,
		                TLS1_2_VERSION) == 1);
		show(&p, &(struct fake_cert){ .pss = i == 1 });
		probe = look_alpn(&p, "a.example");
		assert_int_equal(probe->result, PROBE_PROVED);
		assert_non_null(strstr(last_evidence(probe)->answers,
		    "TLSv1.2"));
		close_peer(&p);
	}
}

/* IPI-02 A01-01: an address is asked for by its reverse name. */
TEST(s8738_6_an_address_is_asked_for_by_its_reverse_name)
{
	static const struct {
		const char *address, *sni, *san;
		size_t len;
	} rows[] = {
		{ "127.0.0.1", "1.0.0.127.in-addr.arpa",
		    "\x30\x06\x87\x04\x7f\0\0\x01", 8 },
		{ "::1",
		    "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0."
		    "0.0.0.ip6.arpa",
		    "\x30\x12\x87\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01", 20 },
	};
	struct peer p;

	for (size_t i = 0; i < 2; i++) {
		struct probe *probe;

		open_peer(&p, rows[i].address);
		memcpy(p.san, rows[i].san, rows[i].len);
		p.x[0].len = rows[i].len;
		show(&p, &(struct fake_cert){ 0 });
		probe = look_alpn(&p, rows[i].address);
		if (probe->result != PROBE_PROVED)
			fail_msg("%s", probe->fault.detail);
		assert_int_equal(p.b.dns.asked, 0);
		stop(&p);
		assert_string_equal(p.tls.sni, rows[i].sni);
		close_peer(&p);
	}
}

/* A01-02, A01-03, CHA-11: what is shown is wrong, and said to be. */
TEST(s8737_3_another_protocol_or_certificate_proves_nothing)
{
	static const struct {
		enum tls_manners manners;
		const char *says;
		enum err code;
	} rows[] = {
		{ TLS_NO_ALPN, "without the protocol acme-tls/1",
		    ERR_UNAUTHORIZED },
		{ TLS_OTHER_ALPN, "bad extension", ERR_TLS },
		{ TLS_ALERT, "alert \"no application protocol\"", ERR_TLS },
		{ TLS_PLAIN, "does not speak TLS", ERR_CONNECTION },
		{ TLS_FLOOD, "bytes, and the TLS handshake is not over",
		    ERR_TLS },
	};
	struct peer p;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct probe *probe;

		open_peer(&p, "127.0.0.1");
		p.tls.manners = rows[i].manners;
		show(&p, &(struct fake_cert){ 0 });
		probe = look_alpn(&p, "a.example");
		assert_int_equal(probe->result, PROBE_WRONG);
		assert_int_equal(probe->fault.code, rows[i].code);
		assert_says(probe, rows[i].says);
		assert_says(probe, "127.0.0.1:");
		assert_string_equal(last_evidence(probe)->address, "127.0.0.1");
		close_peer(&p);
	}
}

/* A01-03: signed by another key, or two names, or another digest. */
TEST(s8737_3_the_leaf_is_judged)
{
	struct peer p;
	struct probe *probe;
	EVP_PKEY *other = fake_cert_key();

	open_peer(&p, "127.0.0.1");
	show(&p, &(struct fake_cert){ .signer = other });
	probe = look_alpn(&p, "a.example");
	assert_int_equal(probe->result, PROBE_WRONG);
	assert_int_equal(probe->fault.code, ERR_UNAUTHORIZED);
	assert_says(probe, "not signed by its own key");
	close_peer(&p);

	open_peer(&p, "127.0.0.1");
	p.acme[33] ^= 1;
	show(&p, &(struct fake_cert){ 0 });
	probe = look_alpn(&p, "a.example");
	assert_int_equal(probe->result, PROBE_WRONG);
	assert_int_equal(probe->fault.code, ERR_UNAUTHORIZED);
	assert_says(probe, "acmeIdentifier is");
	assert_true(last_evidence(probe)->compared);
	close_peer(&p);
	EVP_PKEY_free(other);
}

/* A01-03: a leaf that somebody issued, with its issuer behind it. */
TEST(s8737_3_a_chain_is_not_self_signed)
{
	EVP_PKEY *other = fake_cert_key();
	X509 *issuer = fake_cert_make(&(struct fake_cert){
	    .key = other, .subject = "issuer", .issuer = "issuer" });
	struct probe *probe;
	struct peer p;

	open_peer(&p, "127.0.0.1");
	assert_true(SSL_CTX_add1_chain_cert(p.tls.ctx, issuer) == 1);
	show(&p, &(struct fake_cert){ .signer = other, .issuer = "issuer" });
	probe = look_alpn(&p, "a.example");
	assert_int_equal(probe->result, PROBE_WRONG);
	assert_int_equal(probe->fault.code, ERR_UNAUTHORIZED);
	assert_says(probe, "issued by somebody else");
	close_peer(&p);
	X509_free(issuer);
	EVP_PKEY_free(other);
}

/* A01-01, CHA-11: nothing older than TLS 1.2. */
TEST(s8737_4_tls_1_1_is_refused)
{
	struct probe *probe;
	struct peer p;

	open_peer(&p, "127.0.0.1");
	assert_true(SSL_CTX_set_min_proto_version(p.tls.ctx, TLS1_VERSION) ==
	            1);
	assert_true(SSL_CTX_set_max_proto_version(p.tls.ctx, TLS1_1_VERSION) ==
	            1);
	assert_true(SSL_CTX_set_cipher_list(p.tls.ctx, "DEFAULT:@SECLEVEL=0") ==
	            1);
	show(&p, &(struct fake_cert){ 0 });
	probe = look_alpn(&p, "a.example");
	assert_int_equal(probe->result, PROBE_WRONG);
	assert_int_equal(probe->fault.code, ERR_TLS);
	close_peer(&p);
}

TEST(a_huge_certificate_is_not_taken)
{
	struct probe *probe;
	struct peer p;

	open_peer(&p, "127.0.0.1");
	p.x[2] =
	    (struct fake_extension){ "1.2.3", false, p.huge, sizeof(p.huge) };
	show(&p, &(struct fake_cert){ 0 });
	probe = look_alpn(&p, "a.example");
	assert_int_equal(probe->result, PROBE_WRONG);
	assert_int_equal(probe->fault.code, ERR_TLS);
	assert_says(probe, "excessive message size");
	close_peer(&p);
}

/* CHA-11 CHA-13: silence and a drip end at the bound, and may yet be heard. */
TEST(who_takes_too_long_is_not_waited_for)
{
	static const enum tls_manners rows[] = { TLS_SILENT, TLS_DRIP };

	for (size_t i = 0; i < 2; i++) {
		struct probe *probe;
		struct peer p;
		int64_t began;

		open_peer(&p, "127.0.0.1");
		p.b.config.look_ms = 400;
		bench_configure(&p.b);
		p.tls.manners = rows[i];
		show(&p, &(struct fake_cert){ 0 });
		began = loop_now(p.b.loop);
		probe = look_alpn(&p, "a.example");
		assert_in_range(loop_now(p.b.loop) - began, 390, 2000);
		assert_int_equal(probe->result, PROBE_UNREACHED);
		assert_int_equal(probe->fault.code, ERR_CONNECTION);
		assert_says(probe, "connected, but no TLS handshake within");
		assert_int_equal(last_evidence(probe)->sys_errno, ETIMEDOUT);
		close_peer(&p);
	}
}

/* CHA-11: no connection, or one that breaks, is of that type. */
TEST(a_connection_that_breaks_may_yet_hold)
{
	static const enum tls_manners rows[] = { TLS_CLOSE, TLS_RESET };

	for (size_t i = 0; i < 2; i++) {
		struct probe *probe;
		struct peer p;

		open_peer(&p, "127.0.0.1");
		p.tls.manners = rows[i];
		show(&p, &(struct fake_cert){ 0 });
		probe = look_alpn(&p, "a.example");
		assert_int_equal(probe->result, PROBE_UNREACHED);
		assert_int_equal(probe->fault.code, ERR_CONNECTION);
		assert_says(probe, "broke off in the TLS handshake");
		close_peer(&p);
	}
}

static void
both(void *arg, const char *name, unsigned type, bool tcp, struct dns_reply *r)
{
	(void)arg;
	(void)tcp;
	dns_put_address(r, name, type == 1 ? "127.0.0.1" : "::1");
}

/* CHA-13 BLD-31: IPv6 first, and IPv4 only when there is no connection. */
TEST(ipv6_first_then_ipv4)
{
	struct probe *probe;
	struct peer p, six;

	open_peer(&p, "127.0.0.1");
	p.b.names = both;
	show(&p, &(struct fake_cert){ 0 });
	probe = look_alpn(&p, "a.example"); /* nobody at ::1 */
	assert_int_equal(probe->result, PROBE_PROVED);
	assert_string_equal(last_evidence(probe)->address, "127.0.0.1");
	assert_int_equal(evidence_at(probe, evidence_count(probe) - 2)
	                     ->sys_errno,
	    ECONNREFUSED);

	/* what is wrong there is not looked for elsewhere */
	open_peer_at(&six, "::1", p.tls.port);
	six.tls.manners = TLS_NO_ALPN;
	show(&six, &(struct fake_cert){ 0 });
	probe = look_alpn(&p, "a.example");
	assert_int_equal(probe->result, PROBE_WRONG);
	assert_says(probe, "[::1]:");
	close_peer(&six);
	close_peer(&p);
}

TEST(says_of_every_address_why_it_failed)
{
	struct probe *probe;
	struct peer p;

	open_peer(&p, "127.0.0.1");
	show(&p, &(struct fake_cert){ 0 });
	stop(&p);
	p.b.names = both;
	probe = look_alpn(&p, "a.example");
	assert_int_equal(probe->result, PROBE_UNREACHED);
	assert_int_equal(probe->fault.code, ERR_CONNECTION);
	assert_says(probe, "127.0.0.1:");
	assert_says(probe, "Connection refused (ECONNREFUSED)");
	assert_says(probe, "before that [::1]:");
	close_peer(&p);
}

/* A01-08 H01-05: the policy is asked about what is dialled. */
TEST(the_policy_holds_at_the_dial)
{
	struct probe *probe;
	struct peer p;

	open_peer(&p, "127.0.0.1");
	p.b.config.policy.n_allow = 0;
	bench_configure(&p.b);
	show(&p, &(struct fake_cert){ 0 });
	probe = look_alpn(&p, "a.example");
	assert_int_equal(probe->result, PROBE_FORBIDDEN);
	assert_int_equal(probe->fault.code, ERR_CONNECTION);
	assert_says(probe, "a loopback address");
	assert_string_equal(last_evidence(probe)->who, "policy");
	probe = look_alpn(&p, "127.0.0.1");
	assert_int_equal(probe->result, PROBE_FORBIDDEN);
	stop(&p);
	assert_int_equal(p.tls.served, 0);
	close_peer(&p);
}

static void
nothing(void *arg, const char *name, unsigned type, bool tcp,
    struct dns_reply *r)
{
	(void)arg;
	(void)name;
	(void)type;
	(void)tcp;
	r->rcode = 3;
}

/* CHA-11: a name without an address is a matter of DNS. */
TEST(a_name_without_addresses_is_not_reached)
{
	struct probe *probe;
	struct peer p;

	open_peer(&p, "127.0.0.1");
	p.b.names = nothing;
	show(&p, &(struct fake_cert){ 0 });
	probe = look_alpn(&p, "a.example");
	assert_int_equal(probe->result, PROBE_UNREACHED);
	assert_int_equal(probe->fault.code, ERR_DNS);
	assert_says(probe, "NXDOMAIN");
	close_peer(&p);
}

/* A01-06: not even if it is asked to. */
TEST(never_proves_a_wildcard)
{
	struct probe *probe;
	struct peer p;

	open_peer(&p, "127.0.0.1");
	show(&p, &(struct fake_cert){ 0 });
	probe = bench_probe(&p.b, "a.example");
	probe->ident.wildcard = true;
	bench_look(&p.b, "tls-alpn-01", probe);
	assert_int_equal(probe->result, PROBE_FORBIDDEN);
	assert_int_equal(p.b.dns.asked, 0);
	close_peer(&p);
}

TEST(a_prober_can_go_at_any_time)
{
	for (unsigned ms = 0; ms < 12; ms += 2) {
		struct peer p;

		open_peer(&p, "127.0.0.1");
		p.tls.manners = ms % 4 == 0 ? TLS_SILENT : TLS_RIGHT;
		show(&p, &(struct fake_cert){ 0 });
		challenge_find("tls-alpn-01")
		    ->look(p.b.prober, bench_probe(&p.b, "a.example"),
		        bench_done, &p.b);
		bench_run_ms(&p.b, ms);
		close_peer(&p);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    s8737_3_proves_by_a_handshake_and_nothing_else),
		cmocka_unit_test(s8737_3_tls_1_2_and_rsa_are_fine),
		cmocka_unit_test(
		    s8738_6_an_address_is_asked_for_by_its_reverse_name),
		cmocka_unit_test(
		    s8737_3_another_protocol_or_certificate_proves_nothing),
		cmocka_unit_test(s8737_3_the_leaf_is_judged),
		cmocka_unit_test(s8737_3_a_chain_is_not_self_signed),
		cmocka_unit_test(s8737_4_tls_1_1_is_refused),
		cmocka_unit_test(a_huge_certificate_is_not_taken),
		cmocka_unit_test(who_takes_too_long_is_not_waited_for),
		cmocka_unit_test(a_connection_that_breaks_may_yet_hold),
		cmocka_unit_test(ipv6_first_then_ipv4),
		cmocka_unit_test(says_of_every_address_why_it_failed),
		cmocka_unit_test(the_policy_holds_at_the_dial),
		cmocka_unit_test(a_name_without_addresses_is_not_reached),
		cmocka_unit_test(never_proves_a_wildcard),
		cmocka_unit_test(a_prober_can_go_at_any_time),
	};

	return cmocka_run_group_tests(tests, bench_setup, NULL);
}
