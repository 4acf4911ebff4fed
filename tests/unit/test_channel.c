#include "challenges/channel_int.h"
#include "tests/fake/probe_bench.h"

enum { KEEP_MS = 100 };

struct fixture {
	struct loop *loop;
	struct dns_peer dns;
	struct dns_server servers[DNS_SERVERS_MAX];
	struct arena *arena;
	struct channels *channels;
	unsigned answers, pumped;
	int status; /* of the last answer */
	char text[INET_ADDRSTRLEN];
	const char *address; /* what the server says; NULL: nothing */
};

static void
serve(void *arg, const char *name, unsigned type, bool tcp, struct dns_reply *r)
{
	struct fixture *x = arg;

	(void)type;
	(void)tcp;
	if (x->address == NULL)
		r->silent = true;
	else
		dns_put_address(r, name, x->address);
}

static void
open_fixture(struct fixture *x)
{
	struct fault f;
	size_t n;

	memset(x, 0, sizeof(*x));
	x->address = "192.0.2.1";
	x->loop = loop_new();
	x->arena = arena_new();
	x->channels = channels_new(x->loop, KEEP_MS);
	dns_peer_start(&x->dns, x->loop, serve, x);
	assert_int_equal(dns_servers_parse(x->dns.text, x->arena, x->servers,
	                     &n, &f),
	    OK);
}

static void
close_fixture(struct fixture *x)
{
	channels_free(x->channels);
	dns_peer_stop(&x->dns);
	loop_free(x->loop);
	arena_free(x->arena);
}

static void
pumped(void *arg)
{
	struct fixture *x = arg;

	x->pumped++;
	if (x->answers > 0)
		loop_stop(x->loop);
}

static void
answered(void *arg, int status, int timeouts, unsigned char *msg, int len)
{
	struct fixture *x = arg;

	(void)timeouts;
	x->answers++;
	x->status = status;
	if (status == 0) /* the address ends it */
		(void)inet_ntop(AF_INET, msg + len - 4, x->text,
		    sizeof(x->text));
}

static struct channel *
take(struct fixture *x)
{
	struct channel *c =
	    channel_take(x->channels, x->servers, 500, pumped, x);

	assert_non_null(c);
	return c;
}

/* Ask by it, and give it back. */
static void
use(struct fixture *x, struct channel *c)
{
	struct timer *t = loop_after(x->loop, 5000, bench_give_up, x->loop);

	x->answers = 0;
	channel_ask(c, "a.example", DNS_A, answered, x);
	loop_run(x->loop);
	timer_free(t);
	assert_int_equal(x->answers, 1);
	assert_int_equal(x->status, 0);
	assert_string_equal(x->text, x->address);
	channel_give(c);
}

TEST(what_has_been_given_back_is_taken_again)
{
	struct fixture x;
	struct channel *c;

	open_fixture(&x);
	c = take(&x);
	for (int i = 0; i < 5; i++) {
		use(&x, c);
		assert_ptr_equal(take(&x), c);
	}
	channel_give(c);
	close_fixture(&x);
}

TEST(what_has_been_taken_is_nobody_elses)
{
	struct fixture x;
	struct dns_server other;
	struct channel *c[40], *odd;

	open_fixture(&x);
	for (int i = 0; i < 40; i++) { /* more than are kept */
		c[i] = take(&x);
		for (int k = 0; k < i; k++)
			assert_ptr_not_equal(c[i], c[k]);
	}
	for (int i = 0; i < 39; i++)
		channel_give(c[i]);
	odd = channel_take(x.channels, x.servers, 501, pumped, &x);
	for (int i = 0; i < 39; i++)
		assert_true(i >= 32 || odd != c[i]); /* another time-out */
	channel_give(odd);
	other = x.servers[0];
	other.port++;
	odd = channel_take(x.channels, &other, 500, pumped, &x);
	for (int i = 0; i < 32; i++)
		assert_ptr_not_equal(odd, c[i]); /* another server */
	channel_give(odd);
	assert_int_equal(channels_idle(x.channels), 32);
	use(&x, c[39]);
	assert_int_equal(channels_idle(x.channels), 32);
	close_fixture(&x);
}

TEST(each_that_takes_it_has_another_port)
{
	struct fixture x;
	unsigned same = 0;
	uint16_t first = 0;

	open_fixture(&x);
	for (unsigned i = 0; i < 4; i++) {
		use(&x, take(&x));
		if (i == 0)
			first = x.dns.from_port;
		same += x.dns.from_port == first;
	}
	assert_true(same < 4);
	close_fixture(&x);
}

TEST(what_is_still_open_is_answered_to_who_asked)
{
	struct fixture x;
	struct channel *c;

	open_fixture(&x);
	x.address = NULL;
	c = take(&x);
	channel_ask(c, "a.example", DNS_A, answered, &x);
	assert_int_equal(x.answers, 0);
	channel_give(c);
	assert_int_equal(x.answers, 1);
	assert_int_not_equal(x.status, 0);
	assert_int_equal(channels_idle(x.channels), 0);
	x.address = "192.0.2.2"; /* also to what was asked before */
	use(&x, take(&x));
	assert_int_equal(x.dns.asked, 2);
	close_fixture(&x);
}

TEST(what_nobody_takes_for_long_is_given_up)
{
	struct fixture x;
	struct channel *c[3];
	struct timer *t;

	open_fixture(&x);
	for (int i = 0; i < 3; i++)
		c[i] = take(&x);
	for (int i = 0; i < 3; i++)
		channel_give(c[i]);
	assert_int_equal(channels_idle(x.channels), 3);
	for (int i = 0; i < 5; i++) { /* one is in use all the time */
		t = loop_after(x.loop, KEEP_MS / 2, bench_give_up, x.loop);
		loop_run(x.loop);
		timer_free(t);
		use(&x, take(&x));
	}
	assert_int_equal(channels_idle(x.channels), 1);
	t = loop_after(x.loop, KEEP_MS * 5 / 2, bench_give_up, x.loop);
	loop_run(x.loop);
	timer_free(t);
	assert_int_equal(channels_idle(x.channels), 0);
	use(&x, take(&x));
	close_fixture(&x);
}

TEST(the_systems_servers_are_told_again_and_again)
{
	struct dns_server first[DNS_SERVERS_MAX], again[DNS_SERVERS_MAX];
	struct fixture x;
	size_t n;

	open_fixture(&x);
	n = channels_system(x.channels, x.arena, first);
	assert_true(n > 0);
	for (int i = 0; i < 4; i++) {
		struct arena *a = arena_new();

		/* at once, after a second, and when the clock went back */
		loop_shift(x.loop, i == 2 ? 1500 : 0);
		assert_int_equal(channels_system(x.channels, a, again), n);
		for (size_t k = 0; k < n; k++) {
			assert_int_equal(again[k].port, first[k].port);
			assert_string_equal(again[k].text, first[k].text);
		}
		arena_free(a);
	}
	close_fixture(&x);
}

TEST(it_may_be_used_any_number_of_times)
{
	struct fixture x;

	open_fixture(&x);
	for (int i = 0; i < 250; i++)
		use(&x, take(&x));
	assert_int_equal(x.dns.asked, 250);
	close_fixture(&x);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_has_been_given_back_is_taken_again),
		cmocka_unit_test(what_has_been_taken_is_nobody_elses),
		cmocka_unit_test(each_that_takes_it_has_another_port),
		cmocka_unit_test(what_is_still_open_is_answered_to_who_asked),
		cmocka_unit_test(what_nobody_takes_for_long_is_given_up),
		cmocka_unit_test(the_systems_servers_are_told_again_and_again),
		cmocka_unit_test(it_may_be_used_any_number_of_times),
	};

	return cmocka_run_group_tests(tests, bench_setup, NULL);
}
