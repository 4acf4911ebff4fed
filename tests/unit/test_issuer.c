/* Asking a keeper: many at once, through its restarts, never for ever. */
#include "crypto/issuer.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crypto/keeper.h"
#include "tests/cmocka.h"

enum { MANY = 500 };

static struct loop *loop;
static struct issuer *is;
static int peer; /* the keeper's end */

/* What came back. */
static struct seen {
	unsigned calls;
	enum err result;
	uint8_t first; /* octet of the DER */
	size_t len;
	bool alive;
} seen[MANY];
static unsigned calls, wanted;

static int
setup(void **state)
{
	int fds[2];

	(void)state;
	memset(seen, 0, sizeof(seen));
	calls = wanted = 0;
	loop = loop_new();
	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds) != 0)
		return 1;
	peer = fds[1];
	is = issuer_new(loop, fds[0]);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	issuer_free(is);
	if (peer >= 0)
		(void)close(peer);
	loop_free(loop);
	return 0;
}

static void
count(struct seen *s)
{
	s->calls++;
	if (++calls == wanted)
		loop_stop(loop);
}

static void
signed_(void *arg, enum err result, const uint8_t *der, size_t len)
{
	struct seen *s = arg;

	s->result = result;
	s->len = len;
	s->first = len > 0 ? der[0] : 0;
	count(s);
}

static void
ponged(void *arg, bool alive)
{
	struct seen *s = arg;

	s->alive = alive;
	count(s);
}

static void
stop(void *arg)
{
	loop_stop(arg);
}

static void
run_until(unsigned n)
{
	struct timer *guard = loop_after(loop, 5000, stop, loop);

	wanted = n;
	loop_run(loop);
	timer_free(guard);
	assert_int_equal(calls, n);
}

static void
run_for(unsigned ms)
{
	struct timer *t = loop_after(loop, ms, stop, loop);

	wanted = 0;
	loop_run(loop);
	timer_free(t);
}

static void
sign(unsigned i)
{
	const struct id order = { { (uint8_t)i, (uint8_t)(i >> 8) } };

	issuer_sign(is, 1, order, signed_, &seen[i]);
}

/* The keeper's side: take one ask, false if there is none. */
static bool
take(struct keeper_ask *q)
{
	ssize_t n = recv(peer, q, sizeof(*q), MSG_DONTWAIT);

	return n == (ssize_t)sizeof(*q);
}

static void
give(uint64_t tag, enum err result, uint8_t first, uint32_t len)
{
	static struct keeper_answer a;

	a.tag = tag;
	a.result = (uint32_t)result;
	a.len = len;
	a.der[0] = first;
	assert_int_equal(send(peer, &a,
	                     offsetof(struct keeper_answer, der) + len, 0),
	    offsetof(struct keeper_answer, der) + len);
}

/* A keeper on the same loop that answers with the order's first octet. */
static void
echo(void *arg, unsigned what)
{
	struct keeper_ask q;

	(void)arg;
	(void)what;
	while (take(&q))
		give(q.tag, OK, q.object.bytes[0], 1000);
}

TEST(an_answer_comes_on_the_loop_and_not_before)
{
	struct keeper_ask q;

	sign(7);
	assert_int_equal(calls, 0);
	assert_true(take(&q));
	assert_int_equal(q.op, KEEPER_LEAF);
	assert_int_equal(q.issuer, 1);
	assert_int_equal(q.object.bytes[0], 7);
	give(q.tag, OK, 0x30, 3);
	assert_int_equal(calls, 0);
	run_until(1);
	assert_int_equal(seen[7].result, OK);
	assert_int_equal(seen[7].len, 3);
	assert_int_equal(seen[7].first, 0x30);
}

TEST(a_refusal_is_an_internal_error)
{
	struct keeper_ask q;

	sign(0);
	sign(1);
	assert_true(take(&q));
	give(q.tag, ERR_ORDER_NOT_READY, 0, 0);
	assert_true(take(&q));
	give(q.tag, OK, 0, 0); /* a certificate of no length is none */
	run_until(2);
	assert_int_equal(seen[0].result, ERR_INTERNAL);
	assert_int_equal(seen[1].result, ERR_INTERNAL);
	assert_int_equal(seen[1].len, 0);
}

TEST(many_are_under_way_and_each_gets_its_own)
{
	struct watch *w = loop_watch(loop, peer, LOOP_READ, echo, NULL);

	for (unsigned i = 0; i < MANY; i++)
		sign(i);
	run_until(MANY);
	for (unsigned i = 0; i < MANY; i++) {
		assert_int_equal(seen[i].calls, 1);
		assert_int_equal(seen[i].result, OK);
		assert_int_equal(seen[i].first, (uint8_t)i);
		assert_int_equal(seen[i].len, 1000);
	}
	watch_free(w);
}

TEST(answers_may_come_in_any_order)
{
	struct keeper_ask q[3];

	for (unsigned i = 0; i < 3; i++) {
		sign(i);
		assert_true(take(&q[i]));
	}
	give(q[2].tag, OK, 2, 9);
	give(q[0].tag, OK, 0, 9);
	give(q[1].tag, OK, 1, 9);
	run_until(3);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(seen[i].first, i);
}

/* The keeper reads nothing: a bounded number is sent, the rest waits. */
TEST(a_full_window_waits_for_answers)
{
	struct keeper_ask q;
	unsigned sent = 0;

	for (unsigned i = 0; i < MANY; i++)
		sign(i);
	while (take(&q))
		sent++;
	assert_in_range(sent, 1, 100);
	give(MANY, OK, 9, 9); /* the last one's tag, which was not sent yet */
	run_for(20);
	assert_int_equal(calls, 0);
	give(q.tag, OK, 1, 9);
	run_until(1);
	assert_true(take(&q));
	assert_false(take(&q));
}

TEST(a_full_socket_is_written_when_there_is_room)
{
	int fds[2], size = 1;
	struct watch *w;

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
	assert_int_equal(setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &size,
	                     sizeof(size)),
	    0);
	(void)close(peer);
	peer = fds[1];
	issuer_reconnect(is, fds[0]);
	for (unsigned i = 0; i < 60; i++)
		sign(i);
	w = loop_watch(loop, peer, LOOP_READ, echo, NULL);
	run_until(60);
	for (unsigned i = 0; i < 60; i++)
		assert_int_equal(seen[i].result, OK);
	watch_free(w);
}

TEST(another_keeper_is_asked_what_the_first_did_not_answer)
{
	struct keeper_ask q, again;
	int fds[2];

	sign(1);
	sign(2);
	sign(3);
	assert_true(take(&q));
	give(q.tag, OK, 1, 9);
	run_until(1);
	assert_true(take(&q));
	(void)close(peer);
	run_for(20); /* it sees that the keeper has gone, and waits */
	sign(4);
	assert_int_equal(calls, 1);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
	peer = fds[1];
	issuer_reconnect(is, fds[0]);
	for (uint8_t i = 2; i <= 4; i++) {
		assert_true(take(&again));
		assert_int_equal(again.object.bytes[0], i);
		give(again.tag, OK, i, 9);
	}
	assert_false(take(&again));
	run_until(4);
	for (unsigned i = 1; i <= 4; i++) {
		assert_int_equal(seen[i].calls, 1);
		assert_int_equal(seen[i].first, i);
	}
}

TEST(no_answer_is_busy_in_the_end_and_a_late_one_is_ignored)
{
	struct keeper_ask q, next;

	issuer_patience(is, 30);
	sign(0);
	assert_true(take(&q));
	run_until(1);
	assert_int_equal(seen[0].result, ERR_BUSY);
	give(q.tag, OK, 9, 9);
	give(12345678, OK, 9, 9);
	issuer_patience(is, 5000);
	sign(1);
	assert_true(take(&next));
	give(next.tag, OK, 1, 9);
	run_until(2);
	assert_int_equal(seen[0].calls, 1);
	assert_int_equal(seen[1].first, 1);
}

TEST(what_waits_for_a_keeper_is_busy_in_the_end_too)
{
	(void)close(peer);
	peer = -1;
	run_for(20);
	issuer_patience(is, 30);
	sign(0);
	sign(1);
	run_until(2);
	assert_int_equal(seen[0].result, ERR_BUSY);
	assert_int_equal(seen[1].result, ERR_BUSY);
}

TEST(a_broken_answer_is_a_keeper_gone)
{
	struct keeper_ask q;
	static struct keeper_answer a;

	sign(0);
	assert_true(take(&q));
	a.tag = q.tag;
	a.len = 7;
	assert_int_equal(send(peer, &a, sizeof(a), 0), sizeof(a));
	run_for(20);
	assert_int_equal(calls, 0);
	assert_int_equal(send(peer, &a, 1, MSG_NOSIGNAL), -1);
	assert_int_equal(errno, EPIPE);
}

TEST(a_ping_says_whether_the_keeper_answers)
{
	struct keeper_ask q;

	issuer_ping(is, ponged, &seen[0]);
	assert_true(take(&q));
	assert_int_equal(q.op, KEEPER_PING);
	give(q.tag, OK, 0, 0);
	run_until(1);
	assert_true(seen[0].alive);
	issuer_ping(is, ponged, &seen[1]);
	assert_true(take(&q));
	give(q.tag, ERR_INTERNAL, 0, 0);
	run_until(2);
	assert_false(seen[1].alive);
	issuer_patience(is, 30);
	issuer_ping(is, ponged, &seen[2]);
	run_until(3);
	assert_false(seen[2].alive);
	(void)close(peer);
	peer = -1;
	run_for(20);
	issuer_patience(is, 5000);
	issuer_ping(is, ponged, &seen[3]);
	assert_int_equal(calls, 3);
	run_until(4);
	assert_false(seen[3].alive);
}

TEST(a_freed_issuer_is_silent)
{
	struct keeper_ask q;

	issuer_patience(is, 10);
	sign(0);
	issuer_ping(is, ponged, &seen[1]);
	assert_true(take(&q));
	give(q.tag, OK, 0, 9);
	issuer_free(is);
	is = NULL;
	run_for(40);
	assert_int_equal(calls, 0);
}

static void
free_it(void *arg, enum err result, const uint8_t *der, size_t len)
{
	signed_(arg, result, der, len);
	issuer_free(is);
	is = NULL;
}

TEST(it_may_be_freed_by_what_it_calls)
{
	struct keeper_ask q;

	issuer_sign(is, 1, (struct id){ { 1 } }, free_it, &seen[0]);
	sign(1);
	assert_true(take(&q));
	give(q.tag, OK, 3, 9);
	run_for(20);
	assert_int_equal(calls, 1);
	assert_int_equal(seen[0].first, 3);
}

static void
ask_again(void *arg, enum err result, const uint8_t *der, size_t len)
{
	signed_(arg, result, der, len);
	sign(5);
}

TEST(another_may_be_asked_for_in_an_answer)
{
	struct watch *w = loop_watch(loop, peer, LOOP_READ, echo, NULL);

	issuer_sign(is, 1, (struct id){ { 4 } }, ask_again, &seen[4]);
	run_until(2);
	assert_int_equal(seen[4].first, 4);
	assert_int_equal(seen[5].first, 5);
	watch_free(w);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(an_answer_comes_on_the_loop_and_not_before),
		T(a_refusal_is_an_internal_error),
		T(many_are_under_way_and_each_gets_its_own),
		T(answers_may_come_in_any_order),
		T(a_full_window_waits_for_answers),
		T(a_full_socket_is_written_when_there_is_room),
		T(another_keeper_is_asked_what_the_first_did_not_answer),
		T(no_answer_is_busy_in_the_end_and_a_late_one_is_ignored),
		T(what_waits_for_a_keeper_is_busy_in_the_end_too),
		T(a_broken_answer_is_a_keeper_gone),
		T(a_ping_says_whether_the_keeper_answers),
		T(a_freed_issuer_is_silent),
		T(it_may_be_freed_by_what_it_calls),
		T(another_may_be_asked_for_in_an_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
