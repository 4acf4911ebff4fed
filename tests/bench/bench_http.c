/*
 * What a reply of 700 bytes costs the server, in CPU time of its thread, on a
 * kept connection: plain, TLS, and TLS with a handshake for each.
 */
#include <pthread.h>

#include "tests/pair.h"
#include "tests/web.h"

enum { REQUESTS = 20000, HANDSHAKES = 500 };

static int64_t
cpu_ns(void)
{
	clockid_t clock;
	struct timespec ts;

	(void)pthread_getcpuclockid(web.threads[0], &clock);
	(void)clock_gettime(clock, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static void
say(const char *name, int n, int64_t ns)
{
	(void)printf("%-16s %8d %10lld ns/op\n", name, n, (long long)ns / n);
}

static void
kept(const char *name, SSL_CTX *ctx)
{
	struct client c = client_open(ctx);
	int64_t began;

	if (ctx != NULL)
		(void)client_shake(&c);
	(void)client_ask(&c, GET("/big?700"));
	began = cpu_ns();
	for (int i = 0; i < REQUESTS; i++) {
		char reply[2048];
		int got = 0;

		client_say(&c, GET("/big?700"));
		while (got < 700)
			got += client_recv(&c, reply, sizeof(reply));
	}
	say(name, REQUESTS, cpu_ns() - began);
	client_close(&c);
}

static void
fresh(const char *name, SSL_CTX *ctx)
{
	int64_t began = cpu_ns();

	for (int i = 0; i < HANDSHAKES; i++) {
		struct client c = client_open(ctx);

		(void)client_shake(&c);
		(void)client_ask(&c, GET("/big?700"));
		client_close(&c);
	}
	say(name, HANDSHAKES, cpu_ns() - began);
}

int
main(void)
{
	static struct pair pair;
	struct fault f = { 0 };
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	pair_make(&pair, 1);
	web_start(true, 1, &web_limits);
	kept("http_plain", NULL);
	web_stop();
	web_start(false, 1, &web_limits);
	if (http_tls_set(web.server, pair.chain, pair.key, &f) != OK)
		return 1;
	kept("http_tls", ctx);
	fresh("http_handshake", ctx);
	web_stop();
	SSL_CTX_free(ctx);
	X509_free(pair.leaf);
	return 0;
}
