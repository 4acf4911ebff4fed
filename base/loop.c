/*
 * libevent does the waiting.  Posts come from any thread, so they have a queue
 * of their own under a mutex, and an eventfd tells the loop to look at it.
 */
#include "base/loop.h"

#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

struct post {
	struct post *next;
	loop_fn *fn;
	void *arg;
};

struct loop {
	struct event_base *base;
	struct event *bell;
	int bell_fd;
	bool stopping;
	int64_t shift;
	struct event *turn; /* active while there is something in `ends` */
	struct post *ends, **ends_last;

	pthread_mutex_t lock; /* guards the two below */
	struct post *first, **last;
};

struct timer {
	struct event *event;
	loop_fn *fn;
	void *arg;
};

struct watch {
	struct event *event;
	watch_fn *fn;
	void *arg;
};

static void *
must(void *p)
{
	if (p == NULL)
		abort();
	return p;
}

static struct post *
take_posts(struct loop *l)
{
	struct post *p;

	(void)pthread_mutex_lock(&l->lock);
	p = l->first;
	l->first = NULL;
	l->last = &l->first;
	(void)pthread_mutex_unlock(&l->lock);
	return p;
}

static bool
run_each(struct post *p)
{
	struct post *next;
	bool any = p != NULL;

	for (; p != NULL; p = next) {
		next = p->next;
		p->fn(p->arg);
		free(p);
	}
	return any;
}

static bool
run_posts(struct loop *l)
{
	return run_each(take_posts(l));
}

static void
bell_rang(evutil_socket_t fd, short what, void *arg)
{
	eventfd_t n;

	(void)what;
	/* silence the bell first: a post made from here on rings it again */
	(void)eventfd_read(fd, &n);
	(void)run_posts(arg);
}

/* What these ask for in turn comes after what they have made ready. */
static bool
run_ends(struct loop *l)
{
	struct post *p = l->ends;

	l->ends = NULL;
	l->ends_last = &l->ends;
	return run_each(p);
}

static void
turn_ends(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)run_ends(arg);
}

void
loop_last(struct loop *l, loop_fn *fn, void *arg)
{
	struct post *p = must(malloc(sizeof(*p)));

	*p = (struct post){ .fn = fn, .arg = arg };
	if (l->ends == NULL) /* last of those that are active */
		event_active(l->turn, 0, 0);
	*l->ends_last = p;
	l->ends_last = &p->next;
}

struct loop *
loop_new(void)
{
	struct loop *l = must(calloc(1, sizeof(*l)));
	struct event_config *cfg = must(event_config_new());

	/* each base belongs to one thread, whatever the environment says */
	if (event_config_set_flag(cfg,
	        EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_IGNORE_ENV) != 0)
		abort();
	l->base = must(event_base_new_with_config(cfg));
	event_config_free(cfg);
	l->last = &l->first;
	l->ends_last = &l->ends;
	l->turn = must(event_new(l->base, -1, 0, turn_ends, l));
	l->bell_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (l->bell_fd < 0 || pthread_mutex_init(&l->lock, NULL) != 0)
		abort();
	l->bell = must(event_new(l->base, l->bell_fd, EV_READ | EV_PERSIST,
	    bell_rang, l));
	if (event_add(l->bell, NULL) != 0)
		abort();
	return l;
}

void
loop_free(struct loop *l)
{
	struct post *p, *next;

	if (l == NULL)
		return;
	for (p = take_posts(l); p != NULL; p = next) {
		next = p->next;
		free(p);
	}
	for (p = l->ends; p != NULL; p = next) {
		next = p->next;
		free(p);
	}
	event_free(l->turn);
	event_free(l->bell);
	event_base_free(l->base);
	(void)close(l->bell_fd);
	(void)pthread_mutex_destroy(&l->lock);
	free(l);
}

void
loop_run(struct loop *l)
{
	while (!l->stopping)
		if (event_base_loop(l->base, EVLOOP_NO_EXIT_ON_EMPTY) < 0)
			abort();
	/* what was ready when the break came, once, and what is posted */
	if (event_base_loop(l->base, EVLOOP_ONCE | EVLOOP_NONBLOCK) < 0)
		abort();
	while (run_posts(l) || run_ends(l))
		;
	l->stopping = false;
}

void
loop_stop(struct loop *l)
{
	l->stopping = true;
	(void)event_base_loopbreak(l->base);
}

static void
timer_fired(evutil_socket_t fd, short what, void *arg)
{
	struct timer *t = arg;

	(void)fd;
	(void)what;
	t->fn(t->arg); /* may free t */
}

struct timer *
loop_after(struct loop *l, unsigned ms, loop_fn *fn, void *arg)
{
	struct timer *t = must(malloc(sizeof(*t)));
	struct timeval tv = { .tv_sec = ms / 1000,
		.tv_usec = (suseconds_t)(ms % 1000) * 1000 };

	*t = (struct timer){ .fn = fn, .arg = arg };
	t->event = must(event_new(l->base, -1, 0, timer_fired, t));
	if (event_add(t->event, &tv) != 0)
		abort();
	return t;
}

void
timer_free(struct timer *t)
{
	if (t == NULL)
		return;
	event_free(t->event);
	free(t);
}

static void
watch_ready(evutil_socket_t fd, short what, void *arg)
{
	struct watch *w = arg;

	(void)fd;
	w->fn(w->arg, (what & EV_READ ? LOOP_READ : 0U) |
	                  (what & EV_WRITE ? LOOP_WRITE : 0U)); /* may free w */
}

struct watch *
loop_watch(struct loop *l, int fd, unsigned want, watch_fn *fn, void *arg)
{
	struct watch *w = must(malloc(sizeof(*w)));
	short what = EV_PERSIST;

	if (want & LOOP_READ)
		what |= EV_READ;
	if (want & LOOP_WRITE)
		what |= EV_WRITE;
	*w = (struct watch){ .fn = fn, .arg = arg };
	w->event = must(event_new(l->base, fd, what, watch_ready, w));
	if (event_add(w->event, NULL) != 0)
		abort();
	return w;
}

void
watch_free(struct watch *w)
{
	if (w == NULL)
		return;
	event_free(w->event);
	free(w);
}

void
loop_post(struct loop *l, loop_fn *fn, void *arg)
{
	struct post *p = must(malloc(sizeof(*p)));
	bool silent;

	*p = (struct post){ .fn = fn, .arg = arg };
	(void)pthread_mutex_lock(&l->lock);
	silent = l->first == NULL;
	*l->last = p;
	l->last = &p->next;
	/*
	 * One ring for all that gather until the loop looks.  Under the lock:
	 * the loop may free itself as soon as it has run what we posted.
	 */
	if (silent && eventfd_write(l->bell_fd, 1) != 0 && errno != EAGAIN)
		abort();
	(void)pthread_mutex_unlock(&l->lock);
}

int64_t
loop_now(const struct loop *l)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000 + l->shift;
}

void
loop_shift(struct loop *l, int64_t ms)
{
	l->shift = ms;
}
