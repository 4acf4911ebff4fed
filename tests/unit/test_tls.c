/* The same server over TLS: versions, certificates, closing, leaving. */
#include "http/tls_int.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <signal.h>

#include "http/server_int.h"
#include "tests/pair.h"
#include "tests/web.h"

#define HOST "Host: ca.test\r\n"

static struct pair first, second;
static SSL_CTX *ctx; /* the clients' */

static int
setup(void **state)
{
	(void)state;
	pair_make(&first, 1);
	pair_make(&second, 2);
	ctx = SSL_CTX_new(TLS_client_method());
	return ctx == NULL;
}

static int
teardown(void **state)
{
	(void)state;
	X509_free(first.leaf);
	X509_free(second.leaf);
	SSL_CTX_free(ctx);
	return 0;
}

static void
use(const struct pair *p)
{
	struct fault f = { 0 };

	assert_int_equal(http_tls_set(web.server, p->chain, p->key, &f), OK);
}

static void
start(const struct http_limits *limits)
{
	web_start(false, 2, limits);
	use(&first);
}

static struct client
open_tls(void)
{
	struct client c = client_open(ctx);

	assert_true(client_shake(&c));
	return c;
}

/* QRK-53. */
TEST(requests_are_served_over_tls_1_2_and_1_3_and_the_close_is_announced)
{
	static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

	start(&web_limits);
	for (int i = 0; i < 2; i++) {
		struct client c = client_open(ctx);

		(void)SSL_set_max_proto_version(c.ssl, versions[i]);
		assert_true(client_shake(&c));
		assert_int_equal(SSL_version(c.ssl), versions[i]);
		assert_int_equal(client_ask(&c, GET("/a")), 200);
		assert_string_equal(c.body, "GET /a ? ca.test 127.0.0.1 0 -");
		assert_int_equal(client_ask(&c, GET("/big?300000")), 200);
		assert_int_equal(client_ask(&c, "GET /a HTTP/1.1\r\n" HOST
		                                "Connection: close\r\n\r\n"),
		    200);
		assert_true(client_ended(&c));
		client_close(&c);
	}
	web_stop();
}

/* HTTP-02: BCP 195. */
TEST(older_versions_static_keys_and_renegotiation_are_refused)
{
	struct client c;

	start(&web_limits);
	c = client_open(ctx);
	(void)SSL_set_min_proto_version(c.ssl, TLS1_VERSION);
	(void)SSL_set_max_proto_version(c.ssl, TLS1_1_VERSION);
	SSL_set_security_level(c.ssl, 0);
	assert_false(client_shake(&c));
	client_close(&c);

	c = client_open(ctx);
	(void)SSL_set_max_proto_version(c.ssl, TLS1_2_VERSION);
	(void)SSL_set_cipher_list(c.ssl, "ECDHE-ECDSA-AES128-SHA256");
	assert_false(client_shake(&c));
	client_close(&c);

	c = client_open(ctx);
	(void)SSL_set_max_proto_version(c.ssl, TLS1_2_VERSION);
	assert_true(client_shake(&c));
	assert_null(SSL_get_current_compression(c.ssl));
	assert_int_equal(SSL_renegotiate(c.ssl), 1);
	assert_false(SSL_do_handshake(c.ssl) == 1);
	ERR_clear_error();
	client_close(&c);
	UNTIL(web_stat().connections == 0);
	web_stop();
}

/* HTTP-26: HTTP/2 is not offered. */
TEST(http_1_1_is_the_only_protocol)
{
	static const struct {
		const char *offer;
		bool ok;
	} rows[] = {
		{ "\x02h2\x08http/1.1", true },
		{ "\x08http/1.1", true },
		{ "\x02h2", false },
		{ "\x08http/1.0", false },
		{ "\x0a"
		  "acme-tls/1",
		    false },
	};

	start(&web_limits);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct client c = client_open(ctx);
		const unsigned char *chosen;
		unsigned len;

		assert_int_equal(SSL_set_alpn_protos(c.ssl,
		                     (const unsigned char *)rows[i].offer,
		                     (unsigned)strlen(rows[i].offer)),
		    0);
		assert_int_equal(client_shake(&c), rows[i].ok);
		SSL_get0_alpn_selected(c.ssl, &chosen, &len);
		assert_int_equal(len, rows[i].ok ? 8 : 0);
		client_close(&c);
	}
	web_stop();
}

static int session_seen;

static int
keep_session(SSL *ssl, SSL_SESSION *s)
{
	SSL_SESSION **out = SSL_get_ex_data(ssl, 0);

	session_seen++;
	SSL_SESSION_free(*out);
	*out = s;
	return 1;
}

/* A client that sends early data all the same: it is not heard. */
static void
say_too_early(SSL_SESSION *session)
{
	static const char early[] = GET("/early");
	struct client c = client_open(ctx);
	SSL_SESSION *mine = SSL_SESSION_dup(session);
	int handled = (int)web.handled;
	size_t n;

	(void)SSL_set_ex_data(c.ssl, 0, &mine);
	assert_int_equal(SSL_SESSION_set_max_early_data(mine, 4096), 1);
	assert_int_equal(SSL_set_session(c.ssl, mine), 1);
	assert_int_equal(SSL_write_early_data(c.ssl, early, sizeof(early) - 1,
	                     &n),
	    1);
	assert_true(client_shake(&c));
	assert_int_equal(SSL_get_early_data_status(c.ssl),
	    SSL_EARLY_DATA_REJECTED);
	assert_int_equal(client_ask(&c, GET("/a")), 200);
	assert_int_equal((int)web.handled, handled + 1);
	client_close(&c);
	SSL_SESSION_free(mine);
}

/* HTTP-03: nothing may be said before the handshake is over. */
TEST(sessions_resume_by_ticket_and_take_no_early_data)
{
	SSL_SESSION *session = NULL;
	struct client c;

	start(&web_limits);
	(void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT);
	SSL_CTX_sess_set_new_cb(ctx, keep_session);
	c = client_open(ctx);
	(void)SSL_set_ex_data(c.ssl, 0, &session);
	assert_true(client_shake(&c));
	assert_int_equal(client_ask(&c, GET("/a")), 200);
	client_close(&c);
	assert_non_null(session);
	assert_int_equal(session_seen, 1);
	assert_int_equal(SSL_SESSION_get_max_early_data(session), 0);

	c = client_open(ctx);
	(void)SSL_set_ex_data(c.ssl, 0, &session);
	(void)SSL_set_session(c.ssl, session);
	assert_true(client_shake(&c));
	assert_true(SSL_session_reused(c.ssl));
	assert_int_equal(client_ask(&c, GET("/a")), 200);
	client_close(&c);
	say_too_early(session);
	SSL_SESSION_free(session);
	SSL_CTX_sess_set_new_cb(ctx, NULL);
	(void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	web_stop();
}

/* Whether this session is taken up; if `fresh`, what takes its place. */
static bool
resumes(SSL_SESSION *session, SSL_SESSION **fresh)
{
	struct client c = client_open(ctx);
	bool reused;

	if (session != NULL)
		assert_int_equal(SSL_set_session(c.ssl, session), 1);
	assert_true(client_shake(&c));
	reused = SSL_session_reused(c.ssl) == 1;
	assert_int_equal(client_ask(&c, GET("/a")), 200);
	if (fresh != NULL)
		*fresh = SSL_get1_session(c.ssl);
	client_close(&c);
	return reused;
}

static SSL_SESSION *
session_new(void)
{
	SSL_SESSION *s;

	assert_false(resumes(NULL, &s));
	assert_true(SSL_SESSION_has_ticket(s));
	return s;
}

static void
turn_keys(void)
{
	tls_rotate(server_tls(web.server));
}

static const int both_versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

TEST(a_ticket_is_good_on_all_loops_until_its_key_was_replaced_twice)
{
	for (int i = 0; i < 2; i++) {
		SSL_SESSION *s, *fresh;

		(void)SSL_CTX_set_max_proto_version(ctx, both_versions[i]);
		start(&web_limits);
		s = session_new();
		for (int n = 0; n < 6; n++) {
			struct client idle = open_tls(); /* on one lane */

			assert_true(resumes(s, NULL));
			client_close(&idle);
			UNTIL(web_stat().connections == 0);
		}
		turn_keys();
		assert_true(resumes(s, &fresh)); /* and is replaced */
		turn_keys();
		assert_false(resumes(s, NULL));
		assert_true(resumes(fresh, NULL));
		turn_keys();
		assert_false(resumes(fresh, NULL));
		SSL_SESSION_free(s);
		SSL_SESSION_free(fresh);
		web_stop();
	}
	(void)SSL_CTX_set_max_proto_version(ctx, 0);
}

TEST(a_ticket_is_for_this_run_and_this_certificate)
{
	SSL_SESSION *s;

	start(&web_limits);
	s = session_new();
	assert_true(resumes(s, NULL));
	use(&second);
	assert_false(resumes(s, NULL));
	SSL_SESSION_free(s);
	s = session_new();
	web_stop();

	start(&web_limits);
	use(&second);
	assert_false(resumes(s, NULL));
	SSL_SESSION_free(s);
	web_stop();
}

TEST(a_ticket_that_was_tampered_with_is_not_taken)
{
	SSL_SESSION *s;
	size_t len;

	start(&web_limits);
	s = session_new();
	SSL_SESSION_get0_ticket(s, &(const unsigned char *){ NULL }, &len);
	assert_true(len > 80);
	for (size_t at = 0; at < len; at += 7) {
		SSL_SESSION *bad = SSL_SESSION_dup(s);
		const unsigned char *ticket;

		SSL_SESSION_get0_ticket(bad, &ticket, &len);
		((unsigned char *)(uintptr_t)ticket)[at] ^= 0x10;
		assert_false(resumes(bad, NULL));
		SSL_SESSION_free(bad);
	}
	assert_true(resumes(s, NULL));
	SSL_SESSION_free(s);
	web_stop();
}

static void
count_records(int writing, int version, int type, const void *buf, size_t len,
    SSL *ssl, void *arg)
{
	int *records = arg;

	(void)version;
	(void)ssl;
	if (!writing && type == SSL3_RT_HEADER && len > 0 &&
	    *(const unsigned char *)buf == SSL3_RT_APPLICATION_DATA)
		++*records;
}

TEST(a_reply_is_one_record)
{
	int records = 0;
	struct client c;

	start(&web_limits);
	c = client_open(ctx);
	(void)SSL_set_max_proto_version(c.ssl, TLS1_2_VERSION);
	assert_true(client_shake(&c));
	SSL_set_msg_callback(c.ssl, count_records);
	SSL_set_msg_callback_arg(c.ssl, &records);
	assert_int_equal(client_ask(&c, GET("/big?9000")), 200);
	assert_int_equal(records, 1);
	client_close(&c);
	web_stop();
}

TEST(who_comes_before_there_is_a_certificate_is_served_with_it)
{
	struct client c;

	web_start(false, 1, &web_limits);
	c = client_open(ctx); /* in the kernel's queue */
	(void)usleep(50000);
	assert_int_equal(web_stat().accepted, 0);
	use(&first);
	assert_true(client_shake(&c));
	assert_int_equal(client_ask(&c, GET("/a")), 200);
	client_close(&c);
	web_stop();
}

TEST(a_pair_that_does_not_fit_leaves_the_former_one)
{
	char broken[8192], chain[8192];
	struct fault f = { 0 };
	struct client c;

	start(&web_limits);
	(void)snprintf(broken, sizeof(broken), "%s%s", first.chain,
	    "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n");
	(void)snprintf(chain, sizeof(chain), "%s%s", second.chain, first.chain);
	assert_int_equal(http_tls_set(web.server, first.chain, second.key, &f),
	    ERR_INTERNAL);
	assert_string_equal(f.detail, "private key: key values mismatch");
	assert_int_equal(http_tls_set(web.server, "", first.key, &f),
	    ERR_INTERNAL);
	assert_string_equal(f.detail, "certificate chain: no start line");
	assert_int_equal(http_tls_set(web.server, broken, first.key, &f),
	    ERR_INTERNAL);
	assert_int_equal(http_tls_set(web.server, first.chain, "", &f),
	    ERR_INTERNAL);
	assert_int_equal(ERR_peek_error(), 0);
	c = open_tls();
	assert_true(pair_shown(c.ssl, &first));
	client_close(&c);

	assert_int_equal(http_tls_set(web.server, chain, second.key, &f), OK);
	c = open_tls();
	assert_true(pair_shown(c.ssl, &second));
	assert_int_equal(sk_X509_num(SSL_get_peer_cert_chain(c.ssl)), 2);
	client_close(&c);
	web_stop();
}

static atomic_bool enough;

/* New connections, and requests on one that stands: none may fail. */
static void *
load(void *arg)
{
	atomic_int *failures = arg;
	struct client kept = client_open(ctx);

	*failures += !client_shake(&kept);
	while (!enough) {
		struct client c = client_open(ctx);

		*failures +=
		    !client_shake(&c) || client_ask(&c, GET("/a")) != 200;
		*failures += client_ask(&kept, GET("/a")) != 200;
		client_close(&c);
	}
	client_close(&kept);
	return NULL;
}

TEST(the_certificate_changes_under_load_and_nobody_notices)
{
	pthread_t threads[2];
	atomic_int failures = 0;
	struct client before, c;

	start(&web_limits);
	before = open_tls();
	enough = false;
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, load,
		                     &failures),
		    0);
	for (int i = 0; i < 40; i++) {
		use(i % 2 == 0 ? &second : &first);
		pause_ms(10);
		if (i % 8 == 0) {
			c = open_tls();
			assert_true(pair_shown(c.ssl, &second));
			client_close(&c);
		}
	}
	enough = true;
	for (int i = 0; i < 2; i++)
		(void)pthread_join(threads[i], NULL);
	assert_int_equal(failures, 0);
	assert_int_equal(client_ask(&before, GET("/a")), 200);
	client_close(&before);
	web_stop();
}

TEST(a_handshake_that_trickles_in_is_cut_in_time)
{
	struct http_limits limits = web_limits;
	struct client c;
	int64_t began = now_ms();

	limits.handshake_ms = 200;
	start(&limits);
	c = client_open(NULL);
	client_send(&c, "\x16\x03\x01\x02\x00\x01", 6);
	while (web_stat().accepted == 0 || web_stat().connections != 0) {
		assert_true(now_ms() - began < 3000);
		client_send(&c, "\x00", 1);
		pause_ms(10);
	}
	assert_true(now_ms() - began >= 180);
	client_close(&c);
	web_stop();
}

TEST(whoever_leaves_while_in_dispatch_is_noticed)
{
	start(&web_limits);
	for (int how = 0; how < 3; how++) {
		struct client c = open_tls();

		client_say(&c, how == 0 ? GET("/keep") : GET("/park"));
		UNTIL(web.parked == 1);
		if (how == 0)
			client_close(&c);
		else if (how == 1)
			client_reset(&c);
		else { /* as when it was killed */
			SSL_set_quiet_shutdown(c.ssl, 1);
			client_close(&c);
		}
		UNTIL(web.hangups == how + 1);
		UNTIL(web_stat().connections == 0);
		web_answer();
		UNTIL(web.parked == 0);
	}
	web_stop();
}

TEST(a_client_may_leave_in_any_state)
{
	static const char *const says[] = { "", "G", "bad\r\n", GET("/a"),
		"POST /echo HTTP/1.1\r\n" HOST "Content-Length: 9\r\n\r\nx",
		GET("/park"), GET("/keep"), GET("/big?4000000"), GET("/drop") };

	start(&web_limits);
	for (size_t i = 0; i < 6 * sizeof(says) / sizeof(*says); i++) {
		struct client c = client_open(ctx);

		if (i % 6 < 4) {
			assert_true(client_shake(&c));
			client_say(&c, says[i / 6]);
		} else
			client_send(&(struct client){ .fd = c.fd },
			    "\x16\x03\x01\x02\x00\x01", i % 7);
		if (i % 2 == 0)
			pause_ms(5);
		if (i % 3 == 0)
			client_reset(&c);
		else
			client_close(&c);
	}
	UNTIL(web_stat().connections == 0);
	UNTIL(web.handled >= 10); /* of those who did not leave at once */
	web_answer();
	UNTIL(web.parked == 0);
	web_stop();
}

TEST(a_client_that_forgot_tls_is_told)
{
	struct client c;

	start(&web_limits);
	c = client_open(NULL);
	assert_int_equal(client_ask(&c, GET("/a")), 400);
	assert_string_equal(c.body, " 400 this port expects HTTPS");
	assert_true(client_ended(&c));
	client_close(&c);
	UNTIL(web_stat().connections == 0);
	assert_int_equal(web.handled, 0);
	web_stop();
}

TEST(pipelining_is_held_back_and_then_goes_on)
{
	enum { REQUEST = 4000, COUNT = 500 };
	static char text[REQUEST + 1];
	struct client c;
	int answered = 0, n;

	start(&web_limits);
	c = open_tls();
	n = snprintf(text, sizeof(text), "GET /park HTTP/1.1\r\n" HOST "X: ");
	memset(text + n, 'x', (size_t)(REQUEST - 4 - n));
	memcpy(text + REQUEST - 4, "\r\n\r\n", 5);
	(void)fcntl(c.fd, F_SETFL, O_NONBLOCK);
	client_say(&c, text);
	UNTIL(web.parked == 1);
	memcpy(text, "GET /aaaa", 9);
	/* Write as far as it goes, answer, and go on reading and writing. */
	for (int sent = 1; answered < COUNT;) {
		struct pollfd p = { .fd = c.fd, .events = POLLIN };
		char drop[4096];

		if (sent < COUNT &&
		    SSL_write(c.ssl, text, REQUEST) == REQUEST) {
			sent++;
			continue;
		}
		web_answer();
		assert_true(poll(&p, 1, 5000) == 1 || SSL_pending(c.ssl) > 0);
		while ((n = SSL_read(c.ssl, drop, sizeof(drop) - 1)) > 0) {
			drop[n] = '\0';
			for (const char *at = drop;
			     (at = strstr(at, "HTTP/1.1 200")) != NULL; at++)
				answered++;
		}
		ERR_clear_error();
	}
	assert_int_equal(web.handled, COUNT);
	client_close(&c);
	web_stop();
}

/* What OpenSSL has read ahead shows on no socket. */
TEST(records_that_come_together_are_all_heard)
{
	enum { REQUESTS = 12 };
	int on = 1, off = 0;

	start(&web_limits);
	for (int version = 0; version < 2; version++) {
		struct client c = client_open(ctx);

		if (version == 0)
			(void)SSL_set_max_proto_version(c.ssl, TLS1_2_VERSION);
		assert_true(client_shake(&c));
		(void)setsockopt(c.fd, IPPROTO_TCP, TCP_CORK, &on, sizeof(on));
		for (int i = 0; i < REQUESTS; i++)
			client_say(&c, GET("/a"));
		(void)setsockopt(c.fd, IPPROTO_TCP, TCP_CORK, &off,
		    sizeof(off));
		for (int i = 0; i < REQUESTS; i++)
			assert_int_equal(client_reply(&c, false), 200);
		client_close(&c);
	}
	web_stop();
}

TEST(who_leaves_right_behind_a_request_is_noticed)
{
	int on = 1, off = 0;
	struct client c;

	start(&web_limits);
	c = open_tls();
	(void)setsockopt(c.fd, IPPROTO_TCP, TCP_CORK, &on, sizeof(on));
	client_say(&c, GET("/park"));
	(void)SSL_shutdown(c.ssl); /* without a FIN */
	(void)setsockopt(c.fd, IPPROTO_TCP, TCP_CORK, &off, sizeof(off));
	UNTIL(web.hangups == 1);
	UNTIL(web_stat().connections == 0);
	client_reset(&c);
	web_stop();
}

TEST(new_keys_in_the_middle_of_a_connection_are_taken)
{
	struct client c;

	start(&web_limits);
	c = open_tls();
	for (int i = 0; i < 10; i++) {
		assert_int_equal(SSL_key_update(c.ssl,
		                     SSL_KEY_UPDATE_REQUESTED),
		    1);
		assert_int_equal(client_ask(&c, GET("/big?40000")), 200);
	}
	client_close(&c);
	web_stop();
}

/* OpenSSL holds what it has of a record; that is no reason to keep anybody. */
TEST(a_piece_of_a_record_keeps_no_connection)
{
	enum { CAP = 18, SILENT = 20 };
	struct http_limits limits = web_limits;
	struct client c[CAP + SILENT];

	limits.connections = CAP;
	web_start(false, 1, &limits);
	use(&first);
	for (int i = 0; i < CAP + SILENT; i++) {
		c[i] = client_open(NULL);
		if (i < CAP)
			assert_int_equal(send(c[i].fd, "\x16\x03\x01", 3, 0),
			    3);
		UNTIL(web_stat().accepted == (uint64_t)i + 1);
		pause_ms(2);
	}
	UNTIL(web_stat().connections <= CAP);
	for (int i = 0; i < CAP + SILENT; i++)
		client_close(&c[i]);
	web_stop();
}

TEST(a_drain_announces_the_close)
{
	struct client idle, busy;

	start(&web_limits);
	idle = open_tls();
	assert_int_equal(client_ask(&idle, GET("/a")), 200);
	busy = open_tls();
	client_say(&busy, GET("/park"));
	UNTIL(web.parked == 1);
	web_drain();
	assert_true(client_ended(&idle));
	pause_ms(50); /* the other lane is told, too */
	web_answer();
	assert_int_equal(client_reply(&busy, false), 200);
	assert_true(busy.closes);
	assert_true(client_ended(&busy));
	client_close(&idle);
	client_close(&busy);
	web_stop();
}

int
main(void)
{
	/* clang-format off */
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_are_served_over_tls_1_2_and_1_3_and_the_close_is_announced),
		cmocka_unit_test(older_versions_static_keys_and_renegotiation_are_refused),
		cmocka_unit_test(http_1_1_is_the_only_protocol),
		cmocka_unit_test(sessions_resume_by_ticket_and_take_no_early_data),
		cmocka_unit_test(a_ticket_is_good_on_all_loops_until_its_key_was_replaced_twice),
		cmocka_unit_test(a_ticket_is_for_this_run_and_this_certificate),
		cmocka_unit_test(a_ticket_that_was_tampered_with_is_not_taken),
		cmocka_unit_test(a_reply_is_one_record),
		cmocka_unit_test(who_comes_before_there_is_a_certificate_is_served_with_it),
		cmocka_unit_test(a_pair_that_does_not_fit_leaves_the_former_one),
		cmocka_unit_test(the_certificate_changes_under_load_and_nobody_notices),
		cmocka_unit_test(a_handshake_that_trickles_in_is_cut_in_time),
		cmocka_unit_test(whoever_leaves_while_in_dispatch_is_noticed),
		cmocka_unit_test(a_client_may_leave_in_any_state),
		cmocka_unit_test(a_client_that_forgot_tls_is_told),
		cmocka_unit_test(pipelining_is_held_back_and_then_goes_on),
		cmocka_unit_test(records_that_come_together_are_all_heard),
		cmocka_unit_test(who_leaves_right_behind_a_request_is_noticed),
		cmocka_unit_test(new_keys_in_the_middle_of_a_connection_are_taken),
		cmocka_unit_test(a_piece_of_a_record_keeps_no_connection),
		cmocka_unit_test(a_drain_announces_the_close),
	};
	/* clang-format on */
	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, setup, teardown);
}
