#include <sys/resource.h>
#include <time.h>

#include "tests/fake/probe_bench.h"

static long
now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void
slow_answer(void *arg)
{
	struct web_conn *c = arg;

	timer_free(c->timer);
	c->timer = NULL;
	web_answer(c, 200, "", KEY_AUTHZ);
}

/* Hosts beginning with "slow" take their time, with "dead" for ever. */
static void
by_name(void *arg, struct web_conn *c)
{
	struct bench *b = arg;

	if (strncmp(c->host, "slow", 4) == 0)
		c->timer = loop_after(b->loop, 300, slow_answer, c);
	else if (strncmp(c->host, "dead", 4) != 0)
		web_answer(c, 200, "", KEY_AUTHZ);
}

static void
start(struct bench *b, const char *name)
{
	challenge_find("http-01")->look(b->prober, bench_probe(b, name),
	    bench_done, b);
}

TEST(five_hundred_looks_at_once)
{
	struct rlimit limit;
	struct bench b;
	struct probe *p[500];
	long began;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
	bench_open(&b);
	b.config.look_ms = 9000;
	b.config.dial_ms = 9000;
	bench_configure(&b);
	b.pages = by_name;
	began = now_ms();
	for (int i = 0; i < 500; i++) {
		p[i] =
		    bench_probe(&b, arena_printf(b.arena, "slow%d.example", i));
		challenge_find("http-01")->look(b.prober, p[i], bench_done, &b);
	}
	bench_run(&b, 500);
	for (int i = 0; i < 500; i++)
		if (p[i]->result != PROBE_PROVED)
			fail_msg("%d: %s", i, p[i]->fault.detail);
	/* one after the other they would take 150 s */
	assert_true(now_ms() - began < 8000);
	bench_close(&b);
}

static void
quick_done(struct probe *p, void *arg)
{
	struct bench *b = arg;

	assert_int_equal(p->result, PROBE_PROVED);
	b->counter = b->done; /* how many were over before */
	bench_done(p, arg);
}

TEST(a_slow_look_delays_nobody)
{
	struct bench b;

	bench_open(&b);
	b.pages = by_name;
	for (int i = 0; i < 20; i++)
		start(&b, "slow.example");
	b.counter = 99;
	challenge_find("http-01")->look(b.prober,
	    bench_probe(&b, "quick.example"), quick_done, &b);
	bench_run(&b, 21);
	assert_int_equal(b.counter, 0);
	bench_close(&b);
}

/* SEC-02: what is looked at is bounded over all networks, and so in each. */
TEST(what_exceeds_parallel_waits_its_turn)
{
	struct bench b;
	long began = now_ms();

	bench_open(&b);
	b.pages = by_name;
	b.config.parallel = 2;
	bench_configure(&b);
	for (int i = 0; i < 4; i++)
		start(&b, "slow.example");
	challenge_find("http-01")->look(b.prober,
	    bench_probe(&b, "quick.example"), quick_done, &b);
	bench_run(&b, 5);
	assert_int_equal(b.counter, 4); /* first come, first served */
	assert_true(now_ms() - began >= 590);
	bench_close(&b);
}

TEST(a_bigger_parallel_lets_the_waiting_in)
{
	struct bench b;

	bench_open(&b);
	b.pages = by_name;
	b.config.parallel = 0; /* means one */
	bench_configure(&b);
	start(&b, "dead.example");
	challenge_find("http-01")->look(b.prober,
	    bench_probe(&b, "quick.example"), quick_done, &b);
	bench_run_ms(&b, 100);
	assert_int_equal(b.done, 0);
	b.config.parallel = 2;
	bench_configure(&b);
	b.stop_at = 1;
	bench_run_ms(&b, 1000);
	assert_int_equal(b.done, 1);
	bench_close(&b);
}

TEST(a_new_configuration_is_for_looks_that_begin_later)
{
	static const char *const deny[] = { "127.0.0.0/8" };
	struct bench b;
	struct probe *before, *after;

	bench_open(&b);
	b.pages = by_name;
	before = bench_probe(&b, "slow.example");
	challenge_find("http-01")->look(b.prober, before, bench_done, &b);
	b.config.policy.deny = deny;
	b.config.policy.n_deny = 1;
	bench_configure(&b);
	after = bench_probe(&b, "slow.example");
	challenge_find("http-01")->look(b.prober, after, bench_done, &b);
	bench_run(&b, 2);
	assert_int_equal(before->result, PROBE_PROVED);
	assert_int_equal(after->result, PROBE_FORBIDDEN);
	assert_says(after, "validation.deny");
	bench_close(&b);
}

TEST(a_bad_configuration_leaves_the_old_one)
{
	static const char *const bad[] = { "127.0.0.0/33" };
	struct fault f = { .code = OK };
	struct bench b;
	struct prober_config c;

	bench_open(&b);
	c = b.config;
	c.dns = "nonsense";
	assert_int_equal(prober_configure(b.prober, &c, &f), ERR_MALFORMED);
	assert_non_null(strstr(f.detail, "nonsense"));
	assert_null(prober_new(b.loop, &c, &f));
	c = b.config;
	c.policy.allow = bad;
	c.policy.n_allow = 1;
	assert_int_equal(prober_configure(b.prober, &c, &f), ERR_MALFORMED);
	assert_non_null(strstr(f.detail, "validation.allow"));
	start(&b, "a.example");
	bench_run(&b, 1);
	bench_close(&b);
}

TEST(freeing_the_prober_is_silent_at_any_time)
{
	static const char *const names[] = { "a.example", "slow.example",
		"dead.example", "127.0.0.1" };
	struct bench b;

	for (unsigned ms = 0; ms < 12; ms++) {
		bench_open(&b);
		b.pages = by_name;
		b.config.parallel = 30;
		bench_configure(&b);
		for (int i = 0; i < 40; i++)
			challenge_find(i % 5 ? "http-01" : "dns-01")
			    ->look(b.prober, bench_probe(&b, names[i % 4]),
			        bench_done, &b);
		bench_run_ms(&b, ms);
		prober_free(b.prober);
		b.prober = NULL;
		b.done = 0;
		bench_run_ms(&b, 20);
		assert_int_equal(b.done, 0);
		bench_close(&b);
	}
}

static void
free_all(struct probe *p, void *arg)
{
	struct bench *b = arg;

	(void)p;
	prober_free(b->prober);
	b->prober = NULL;
	loop_stop(b->loop);
}

TEST(an_answer_may_free_the_prober)
{
	struct bench b;

	bench_open(&b);
	b.pages = by_name;
	start(&b, "dead.example");
	challenge_find("http-01")->look(b.prober,
	    bench_probe(&b, "quick.example"), free_all, &b);
	bench_run_ms(&b, 5000);
	assert_null(b.prober);
	assert_int_equal(b.done, 0);
	bench_close(&b);
}

static void
again(struct probe *p, void *arg)
{
	struct bench *b = arg;

	if (++b->counter < 5)
		challenge_find("http-01")->look(b->prober, p, again, b);
	bench_done(p, arg);
}

TEST(an_answer_may_look_again)
{
	struct bench b;
	struct probe *p;

	bench_open(&b);
	b.config.parallel = 1;
	bench_configure(&b);
	p = bench_probe(&b, "a.example");
	challenge_find("http-01")->look(b.prober, p, again, &b);
	bench_run(&b, 5);
	assert_int_equal(p->result, PROBE_PROVED);
	assert_int_equal(evidence_count(p), 15); /* A, AAAA, dial */
	bench_close(&b);
}

TEST(verdicts_known_at_once_come_after_look_returns)
{
	struct bench b;
	struct probe *p;

	bench_open(&b);
	p = bench_probe(&b, "a.example");
	p->ident.wildcard = true;
	challenge_find("http-01")->look(b.prober, p, bench_done, &b);
	assert_int_equal(b.done, 0);
	bench_run(&b, 1);
	assert_int_equal(p->result, PROBE_FORBIDDEN);
	bench_close(&b);
}

TEST(evidence_is_bounded_and_timed)
{
	struct bench b;
	struct probe *p;

	bench_open(&b);
	loop_shift(b.loop, -1000000);
	p = bench_probe(&b, "a.example");
	for (int i = 0; i < 50; i++)
		bench_look(&b, "http-01", p);
	assert_int_equal(p->result, PROBE_PROVED);
	assert_int_equal(evidence_count(p), 128);
	assert_string_equal(evidence_at(p, 127)->address, "127.0.0.1");
	assert_in_range(p->evidence->at_ms, loop_now(b.loop) - 60000,
	    loop_now(b.loop));
	bench_close(&b);
}

TEST(an_evidence_line_says_it_all)
{
	struct bench b;
	struct probe *p;
	const char *line;

	bench_open(&b);
	p = bench_probe(&b, "a.example");
	bench_look(&b, "http-01", p);
	line = evidence_line(evidence_at(p, 1), b.arena);
	assert_non_null(strstr(line, b.dns.text));
	assert_non_null(strstr(line, "a.example A"));
	line = evidence_line(evidence_at(p, 2), b.arena);
	assert_non_null(strstr(line, "http-01 dialled 127.0.0.1:"));
	assert_non_null(strstr(line, "HTTP 200, 87 bytes"));
	assert_non_null(strstr(line, "94233b719c905dc5"));
	bench_close(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(five_hundred_looks_at_once),
		cmocka_unit_test(a_slow_look_delays_nobody),
		cmocka_unit_test(what_exceeds_parallel_waits_its_turn),
		cmocka_unit_test(a_bigger_parallel_lets_the_waiting_in),
		cmocka_unit_test(
		    a_new_configuration_is_for_looks_that_begin_later),
		cmocka_unit_test(a_bad_configuration_leaves_the_old_one),
		cmocka_unit_test(freeing_the_prober_is_silent_at_any_time),
		cmocka_unit_test(an_answer_may_free_the_prober),
		cmocka_unit_test(an_answer_may_look_again),
		cmocka_unit_test(
		    verdicts_known_at_once_come_after_look_returns),
		cmocka_unit_test(evidence_is_bounded_and_timed),
		cmocka_unit_test(an_evidence_line_says_it_all),
	};

	return cmocka_run_group_tests(tests, bench_setup, NULL);
}
