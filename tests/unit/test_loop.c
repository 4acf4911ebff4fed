#include "base/loop.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "tests/cmocka.h"

static struct loop *l;

static int
setup(void **state)
{
	(void)state;
	l = loop_new();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	loop_free(l);
	return 0;
}

static void
stop(void *arg)
{
	loop_stop(arg);
}

static int
steady_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int)(ts.tv_sec * 1000 + ts.tv_nsec / 1000000);
}

static char trail[16];
static size_t trodden;

static void
tread(void *arg)
{
	trail[trodden++] = *(char *)arg;
	trail[trodden] = '\0';
}

static void
trail_clear(void)
{
	trodden = 0;
	trail[0] = '\0';
}

TEST(posts_made_before_the_loop_runs_keep_their_order)
{
	trail_clear();
	loop_post(l, tread, "a");
	loop_post(l, tread, "b");
	loop_post(l, tread, "c");
	loop_post(l, stop, l);
	assert_string_equal(trail, "");
	loop_run(l);
	assert_string_equal(trail, "abc");
}

static void
tread_later(void *arg)
{
	loop_post(l, tread, arg);
}

static void
tread_much_later(void *arg)
{
	loop_post(l, tread_later, arg);
}

TEST(what_is_queued_when_the_loop_stops_still_runs)
{
	trail_clear();
	loop_post(l, stop, l);
	loop_post(l, tread, "a");
	loop_post(l, tread_much_later, "d");
	loop_post(l, tread_later, "c");
	loop_post(l, tread, "b");
	loop_run(l);
	assert_string_equal(trail, "abcd");
}

TEST(a_loop_that_was_stopped_can_run_again)
{
	struct timer *t, *end;

	trail_clear();
	loop_post(l, stop, l);
	loop_run(l);
	t = loop_after(l, 10, tread, "a");
	end = loop_after(l, 30, stop, l);
	loop_run(l);
	assert_string_equal(trail, "a");
	timer_free(t);
	timer_free(end);
}

TEST(what_is_never_run_is_not_leaked)
{
	loop_post(l, tread, "a");
	loop_post(l, tread, "b");
}

enum { THREADS = 4, POSTS = 5000 };

struct sender {
	pthread_t thread;
	int next, disorder;
};

struct parcel {
	struct sender *from;
	int number;
};

static int missing; /* the loop's thread only */

static void
arrive(void *arg)
{
	struct parcel *p = arg;

	if (p->number != p->from->next++)
		p->from->disorder++;
	free(p);
	if (--missing == 0)
		loop_stop(l);
}

static void *
send_all(void *arg)
{
	for (int i = 0; i < POSTS; i++) {
		struct parcel *p = malloc(sizeof(*p));

		if (p == NULL)
			abort();
		*p = (struct parcel){ .from = arg, .number = i };
		loop_post(l, arrive, p);
	}
	return NULL;
}

TEST(posts_from_several_threads_all_arrive_in_each_ones_order)
{
	struct sender s[THREADS] = { 0 };

	missing = THREADS * POSTS;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&s[i].thread, NULL, send_all,
		                     &s[i]),
		    0);
	loop_run(l);
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(s[i].thread, NULL), 0);
		assert_int_equal(s[i].next, POSTS);
		assert_int_equal(s[i].disorder, 0);
	}
}

static void *
run_loop(void *arg)
{
	loop_run(arg);
	return NULL;
}

TEST(a_post_wakes_a_sleeping_loop)
{
	const struct timespec nap = { .tv_nsec = 20000000 };
	pthread_t thread;
	int began = steady_ms();

	assert_int_equal(pthread_create(&thread, NULL, run_loop, l), 0);
	(void)nanosleep(&nap, NULL);
	loop_post(l, stop, l);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_true(steady_ms() - began < 2000);
}

struct shot {
	struct timer *timer;
	int fired;
};

static void
fire_and_free(void *arg)
{
	struct shot *s = arg;

	s->fired++;
	timer_free(s->timer);
	s->timer = NULL;
}

TEST(a_timer_may_be_freed_in_its_own_callback)
{
	struct shot s = { 0 };
	struct timer *end = loop_after(l, 30, stop, l);

	s.timer = loop_after(l, 0, fire_and_free, &s);
	loop_run(l);
	assert_int_equal(s.fired, 1);
	assert_null(s.timer);
	timer_free(end);
}

static void
count(void *arg)
{
	++*(int *)arg;
}

TEST(a_timer_fires_once_and_no_earlier_than_told)
{
	int fired = 0, began = steady_ms();
	struct timer *t = loop_after(l, 20, count, &fired);
	struct timer *end = loop_after(l, 60, stop, l);

	loop_run(l);
	assert_int_equal(fired, 1);
	/* libevent reads the coarse clock, which ticks every few ms */
	assert_in_range(steady_ms() - began, 50, 2000);
	timer_free(t);
	timer_free(end);
}

TEST(timers_fire_by_time_not_by_age)
{
	struct timer *b, *a, *end;

	trail_clear();
	b = loop_after(l, 40, tread, "b");
	a = loop_after(l, 10, tread, "a");
	end = loop_after(l, 70, stop, l);
	loop_run(l);
	assert_string_equal(trail, "ab");
	timer_free(a);
	timer_free(b);
	timer_free(end);
}

static void
free_other(void *arg)
{
	struct timer **other = arg;

	timer_free(*other);
	*other = NULL;
}

TEST(a_freed_timer_never_fires_even_if_it_was_due)
{
	int fired = 0;
	struct timer *victim, *killer, *end;

	killer = loop_after(l, 0, free_other, &victim);
	victim = loop_after(l, 0, count, &fired);
	end = loop_after(l, 20, stop, l);
	loop_run(l);
	assert_int_equal(fired, 0);
	timer_free(killer);
	timer_free(end);
	timer_free(NULL);
}

struct pipe_end {
	struct watch *watch;
	int fd, times;
	unsigned ready;
	bool closes;
};

static void
ready(void *arg, unsigned what)
{
	struct pipe_end *p = arg;
	char c;

	p->times++;
	p->ready = what;
	if (what & LOOP_READ)
		(void)!read(p->fd, &c, 1);
	if (p->times == 2 || p->closes) {
		watch_free(p->watch);
		p->watch = NULL;
		loop_stop(l);
	}
}

TEST(a_watch_reports_again_until_freed_inside_its_callback_too)
{
	int fds[2];
	struct pipe_end p = { 0 };

	assert_int_equal(pipe(fds), 0);
	p.fd = fds[0];
	p.watch = loop_watch(l, fds[0], LOOP_READ, ready, &p);
	assert_int_equal(write(fds[1], "xyz", 3), 3);
	loop_run(l);
	assert_int_equal(p.times, 2);
	assert_int_equal(p.ready, LOOP_READ);
	loop_post(l, stop, l);
	loop_run(l);
	assert_int_equal(p.times, 2);

	p = (struct pipe_end){ .fd = fds[1], .closes = true };
	p.watch = loop_watch(l, fds[1], LOOP_WRITE, ready, &p);
	loop_run(l);
	assert_int_equal(p.ready, LOOP_WRITE);
	watch_free(NULL);
	(void)close(fds[0]);
	(void)close(fds[1]);
}

static void
count_ready(void *arg, unsigned what)
{
	(void)what;
	++*(int *)arg;
}

TEST(a_socket_that_is_always_ready_does_not_keep_a_stopped_loop)
{
	int fds[2], times = 0;
	struct watch *w;

	assert_int_equal(pipe(fds), 0);
	w = loop_watch(l, fds[1], LOOP_WRITE, count_ready, &times);
	loop_post(l, stop, l);
	(void)alarm(10);
	loop_run(l);
	(void)alarm(0);
	assert_in_range(times, 0, 10);
	watch_free(w);
	(void)close(fds[0]);
	(void)close(fds[1]);
}

TEST(the_clock_is_the_systems_and_tests_may_shift_it)
{
	int64_t now = (int64_t)time(NULL) * 1000;

	assert_in_range(loop_now(l) - now + 2000, 0, 5000);
	loop_shift(l, 3600000);
	assert_in_range(loop_now(l) - now - 3600000 + 2000, 0, 5000);
	loop_shift(l, 0);
	assert_in_range(loop_now(l) - now + 2000, 0, 5000);
}

static void
last_of_a_turn(void *arg)
{
	loop_last(l, tread, (char *)arg + 1);
	tread(arg);
}

static void
last_of_the_last(void *arg)
{
	tread(arg);
	loop_last(l, tread, (char *)arg + 1);
	loop_stop(l);
}

TEST(what_comes_last_comes_after_all_that_is_ready)
{
	char text[] = "azbcde";

	trail_clear();
	loop_post(l, last_of_a_turn, &text[0]); /* a, and last of all z */
	loop_post(l, tread, &text[2]);
	loop_post(l, stop, l);
	loop_run(l);
	assert_string_equal(trail, "abz");
	trail_clear();
	loop_last(l, tread, &text[4]);            /* asked for before it runs */
	loop_post(l, last_of_the_last, &text[2]); /* and none is lost */
	loop_run(l);
	assert_int_equal(strlen(trail), 3);
	assert_true(strchr(trail, 'b') < strchr(trail, 'c'));
	assert_non_null(strchr(trail, 'd'));
	loop_last(l, tread, &text[5]); /* nor leaked, if it never runs again */
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(what_comes_last_comes_after_all_that_is_ready),
		T(posts_made_before_the_loop_runs_keep_their_order),
		T(what_is_queued_when_the_loop_stops_still_runs),
		T(a_loop_that_was_stopped_can_run_again),
		T(what_is_never_run_is_not_leaked),
		T(posts_from_several_threads_all_arrive_in_each_ones_order),
		T(a_post_wakes_a_sleeping_loop),
		T(a_timer_may_be_freed_in_its_own_callback),
		T(a_timer_fires_once_and_no_earlier_than_told),
		T(timers_fire_by_time_not_by_age),
		T(a_freed_timer_never_fires_even_if_it_was_due),
		T(a_watch_reports_again_until_freed_inside_its_callback_too),
		T(a_socket_that_is_always_ready_does_not_keep_a_stopped_loop),
		T(the_clock_is_the_systems_and_tests_may_shift_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
