/*
 * curl's multi interface on our loop.
 *
 * Rules that libcurl 7.88 imposes: its socket and timer callbacks come from
 * inside calls to it and must not call it, so they only set watches and
 * timers; sockets are closed by us, so that the watch goes first, however late
 * curl says POLL_REMOVE; after an error of the multi handle nothing in it can
 * be relied on, so all visits end and a new one is made.
 */
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "challenges/visit_int.h"

struct socket_watch {
	struct socket_watch *next;
	struct visits *visits;
	struct watch *watch;
	int fd;
};

struct visits {
	struct loop *loop;
	CURLM *multi;
	struct timer *timer;
	struct socket_watch *sockets;
	struct visit *first; /* those under way */
};

static void act(struct visits *vs, curl_socket_t fd, int mask);

/* Stop watching `fd`, if we do. */
static void
unwatch(struct visits *vs, curl_socket_t fd)
{
	struct socket_watch **at = &vs->sockets, *s;

	while ((s = *at) != NULL && s->fd != fd)
		at = &s->next;
	if (s == NULL)
		return;
	*at = s->next;
	watch_free(s->watch);
	free(s);
}

static void
socket_ready(void *arg, unsigned ready)
{
	struct socket_watch *s = arg;

	act(s->visits, s->fd,
	    (ready & LOOP_READ ? CURL_CSELECT_IN : 0) |
	        (ready & LOOP_WRITE ? CURL_CSELECT_OUT : 0)); /* s may go */
}

static int
socket_wanted(CURL *curl, curl_socket_t fd, int what, void *arg, void *unused)
{
	struct visits *vs = arg;
	struct socket_watch *s;
	unsigned want = (what & CURL_POLL_IN ? LOOP_READ : 0U) |
	                (what & CURL_POLL_OUT ? LOOP_WRITE : 0U);

	(void)curl;
	(void)unused;
	unwatch(vs, fd);
	if (what == CURL_POLL_REMOVE || want == 0)
		return 0;
	if ((s = calloc(1, sizeof(*s))) == NULL)
		abort();
	s->visits = vs;
	s->fd = fd;
	s->watch = loop_watch(vs->loop, fd, want, socket_ready, s);
	s->next = vs->sockets;
	vs->sockets = s;
	return 0;
}

int
visits_close(void *arg, curl_socket_t fd)
{
	struct visits *vs = arg;

	for (struct visit *v = vs->first; v != NULL; v = v->next)
		if (v->fd == fd) {
			v->was_connected = visit_connected(v);
			v->fd = -1;
		}
	unwatch(vs, fd);
	return close(fd);
}

static void
timer_fired(void *arg)
{
	struct visits *vs = arg;

	timer_free(vs->timer);
	vs->timer = NULL;
	act(vs, CURL_SOCKET_TIMEOUT, 0);
}

static int
timer_wanted(CURLM *multi, long ms, void *arg)
{
	struct visits *vs = arg;

	(void)multi;
	timer_free(vs->timer);
	vs->timer = NULL;
	if (ms >= 0)
		vs->timer = loop_after(vs->loop, (unsigned)ms, timer_fired, vs);
	return 0;
}

static void
open_multi(struct visits *vs)
{
	if ((vs->multi = curl_multi_init()) == NULL ||
	    curl_multi_setopt(vs->multi, CURLMOPT_SOCKETFUNCTION,
	        socket_wanted) != CURLM_OK ||
	    curl_multi_setopt(vs->multi, CURLMOPT_SOCKETDATA, vs) != CURLM_OK ||
	    curl_multi_setopt(vs->multi, CURLMOPT_TIMERFUNCTION,
	        timer_wanted) != CURLM_OK ||
	    curl_multi_setopt(vs->multi, CURLMOPT_TIMERDATA, vs) != CURLM_OK ||
	    curl_multi_setopt(vs->multi, CURLMOPT_PIPELINING,
	        CURLPIPE_NOTHING) != CURLM_OK)
		abort();
}

static void
close_multi(struct visits *vs)
{
	(void)curl_multi_cleanup(vs->multi); /* may still want sockets */
	timer_free(vs->timer);
	vs->timer = NULL;
	while (vs->sockets != NULL)
		unwatch(vs, vs->sockets->fd);
}

static void
finish(struct visit *v, CURLcode code)
{
	visit_ended(v, code);
	v->done(v->arg); /* may free v */
}

/* The multi handle has failed: everybody under way has. */
static void
collapse(struct visits *vs, CURLMcode why)
{
	struct visit *fallen = NULL, *v;

	log_error("visits.collapsed", "why=%s", curl_multi_strerror(why));
	while ((v = vs->first) != NULL) {
		visit_ended(v, CURLE_FAILED_INIT);
		v->next = fallen;
		fallen = v;
	}
	close_multi(vs);
	open_multi(vs);
	while ((v = fallen) != NULL) {
		fallen = v->next;
		v->done(v->arg);
	}
}

/* curl's one entry for what the loop has seen. */
static void
act(struct visits *vs, curl_socket_t fd, int mask)
{
	CURLMcode rc;
	CURLMsg *m;
	char *v;
	int n;

	rc = curl_multi_socket_action(vs->multi, fd, mask, &n);
	if (rc != CURLM_OK) {
		collapse(vs, rc);
		return;
	}
	while ((m = curl_multi_info_read(vs->multi, &n)) != NULL)
		if (m->msg == CURLMSG_DONE &&
		    curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &v) ==
		        CURLE_OK)
			finish((struct visit *)(void *)v, m->data.result);
}

struct loop *
visits_loop(const struct visits *vs)
{
	return vs->loop;
}

bool
visits_add(struct visits *vs, struct visit *v)
{
	if (curl_multi_add_handle(vs->multi, v->curl) != CURLM_OK)
		return false;
	v->next = vs->first;
	v->at = &vs->first;
	if (v->next != NULL)
		v->next->at = &v->next;
	vs->first = v;
	return true;
}

void
visits_remove(struct visits *vs, struct visit *v)
{
	if (v->at == NULL)
		return;
	*v->at = v->next;
	if (v->next != NULL)
		v->next->at = v->at;
	v->at = NULL;
	v->next = NULL;
	(void)curl_multi_remove_handle(vs->multi, v->curl);
}

struct visits *
visits_new(struct loop *l)
{
	struct visits *vs = calloc(1, sizeof(*vs));

	if (vs == NULL)
		abort();
	vs->loop = l;
	open_multi(vs);
	return vs;
}

void
visits_free(struct visits *vs)
{
	if (vs == NULL)
		return;
	close_multi(vs);
	free(vs);
}
