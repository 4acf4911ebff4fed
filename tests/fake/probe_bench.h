/* tests/fake/probe_bench.h: a prober with its DNS and web servers, one loop. */
#ifndef TESTS_FAKE_PROBE_BENCH_H
#define TESTS_FAKE_PROBE_BENCH_H

#include "challenges/challenge.h"
#include "crypto/digest.h"
#include "tests/cmocka.h"
#include "tests/fake/dns_peer.h"
#include "tests/fake/web_peer.h"

#define TOKEN     "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA"
#define THUMB     "9jg46WB3rR_AHD-EBXdN7cBkH1WOu0tA3M9fm21mqTI"
#define KEY_AUTHZ TOKEN "." THUMB

struct bench {
	struct loop *loop;
	struct dns_peer dns;
	struct web_peer web;
	struct prober *prober;
	struct prober_config config;
	dns_serve *names;  /* or NULL: every name is 127.0.0.1 */
	web_serve *pages;  /* or NULL: every page is KEY_AUTHZ */
	const char *text;  /* for the test's own use */
	unsigned done;     /* how many looks have answered */
	unsigned stop_at;  /* the loop stops then */
	unsigned counter;  /* for the test's own use */
	int raw, raw_conn; /* for the test's own use */
	struct arena *arena;
};

static inline void
bench_names(void *arg, const char *name, unsigned type, bool tcp,
    struct dns_reply *r)
{
	struct bench *b = arg;

	if (b->names != NULL)
		b->names(b, name, type, tcp, r);
	else if (type == 1)
		dns_put_address(r, name, "127.0.0.1");
}

static inline void
bench_pages(void *arg, struct web_conn *c)
{
	struct bench *b = arg;

	if (b->pages != NULL)
		b->pages(b, c);
	else
		web_answer(c, 200, "", KEY_AUTHZ);
}

static inline void
bench_configure(struct bench *b)
{
	struct fault f = { .code = OK };

	if (b->prober == NULL)
		b->prober = prober_new(b->loop, &b->config, &f);
	else
		assert_int_equal(prober_configure(b->prober, &b->config, &f),
		    OK);
	assert_non_null(b->prober);
}

static inline void
bench_open(struct bench *b)
{
	static const char *const loopback[] = { "127.0.0.0/8", "::1" };

	memset(b, 0, sizeof(*b));
	b->loop = loop_new();
	b->arena = arena_new();
	dns_peer_start(&b->dns, b->loop, bench_names, b);
	web_peer_start(&b->web, b->loop, false, 0, bench_pages, b);
	b->config = (struct prober_config){
		.dns = b->dns.text,
		.policy = { .allow = loopback, .n_allow = 2 },
		.http_port = b->web.port,
		.tls_port = 443,
		.look_ms = 2000,
		.dial_ms = 1000,
		.parallel = 1000,
		.user_agent = "mayfly-test",
	};
	bench_configure(b);
}

static inline void
bench_close(struct bench *b)
{
	prober_free(b->prober);
	dns_peer_stop(&b->dns);
	web_peer_stop(&b->web);
	loop_free(b->loop);
	arena_free(b->arena);
}

static inline void
bench_done(struct probe *p, void *arg)
{
	struct bench *b = arg;

	(void)p;
	if (++b->done == b->stop_at)
		loop_stop(b->loop);
}

static inline struct probe *
bench_probe(struct bench *b, const char *name)
{
	struct probe *p = ARENA_NEW(b->arena, struct probe);
	uint8_t bytes[16];

	p->ident.value = name;
	if (inet_pton(AF_INET, name, bytes) == 1 ||
	    inet_pton(AF_INET6, name, bytes) == 1)
		p->ident.type = IDENT_IP;
	p->token = TOKEN;
	p->key_authz = KEY_AUTHZ;
	p->arena = b->arena;
	return p;
}

static inline void
bench_give_up(void *arg)
{
	loop_stop(arg);
}

/* Run until `n` more looks have answered; fail after ten seconds. */
static inline void
bench_run(struct bench *b, unsigned n)
{
	struct timer *t = loop_after(b->loop, 10000, bench_give_up, b->loop);

	b->stop_at = b->done + n;
	loop_run(b->loop);
	timer_free(t);
	assert_int_equal(b->done, b->stop_at);
}

static inline void
bench_run_ms(struct bench *b, unsigned ms)
{
	struct timer *t = loop_after(b->loop, ms, bench_give_up, b->loop);

	loop_run(b->loop);
	timer_free(t);
}

/* One look, again on a probe that may have had some. */
static inline void
bench_look(struct bench *b, const char *type, struct probe *p)
{
	unsigned done = b->done;

	challenge_find(type)->look(b->prober, p, bench_done, b);
	if (b->done == done)
		bench_run(b, 1);
}

static inline const struct evidence *
evidence_at(const struct probe *p, size_t i)
{
	const struct evidence *e = p->evidence;

	while (e != NULL && i-- > 0)
		e = e->next;
	return e;
}

static inline size_t
evidence_count(const struct probe *p)
{
	size_t n = 0;

	for (const struct evidence *e = p->evidence; e != NULL; e = e->next)
		n++;
	return n;
}

#define assert_says(p, text)                                        \
	do {                                                        \
		if (strstr((p)->fault.detail, (text)) == NULL)      \
			fail_msg("\"%s\" is not in \"%s\"", (text), \
			    (p)->fault.detail);                     \
	} while (0)

/* One http-01 look; SHOW in the environment prints the faults. */
static inline struct probe *
look(struct bench *b, const char *name)
{
	struct probe *p = bench_probe(b, name);

	bench_look(b, "http-01", p);
	if (p->fault.code != OK && getenv("SHOW") != NULL)
		print_message("# %d: %s\n", p->result, p->fault.detail);
	/* the secret half of what is compared is never in the fault */
	assert_null(strstr(p->fault.detail, THUMB));
	return p;
}

static inline const struct evidence *
last_evidence(const struct probe *p)
{
	return evidence_at(p, evidence_count(p) - 1);
}

static inline int
bench_setup(void **state)
{
	(void)state;
	crypto_start();
	challenges_start();
	return 0;
}

#endif
