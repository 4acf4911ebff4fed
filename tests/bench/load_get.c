/* One URL: on kept connections, on one after a handshake each, or once. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/conn.h"
#include "tests/bench/load.h"
#include "tests/bench/sample.h"

enum { DIALS_AT_ONCE = 64 };

struct getter;

struct gets {
	const struct options *options;
	struct target target;
	struct window window;
	struct getter *getters;
	struct sample took, final;
	char request[1024];
	size_t request_len, reply_bytes;
	unsigned opened; /* that have asked once */
	unsigned resumed, resumed_final;
	bool fresh, once;
};

struct getter {
	struct gets *all;
	struct conn conn;
	bool counted;
	int64_t began;
};

static void opened(void *arg);
static void answered(void *arg, const struct answer *a);

static void
dial(struct getter *g)
{
	g->began = now_ns();
	conn_open(&g->conn, &g->all->target, opened, answered, g);
}

static void
opened(void *arg)
{
	struct getter *g = arg;

	if (!g->all->fresh)
		g->began = now_ns();
	conn_ask(&g->conn, g->all->request, g->all->request_len);
}

/* All are there: what is to be measured may begin. */
static void
count_in(struct gets *w, struct getter *g)
{
	unsigned next = w->opened + DIALS_AT_ONCE;

	if (g->counted)
		return;
	g->counted = true;
	w->opened++;
	if (next < w->options->clients)
		dial(&w->getters[next]);
	if (w->opened == w->options->clients)
		window_start(&w->window);
}

static void
answered(void *arg, const struct answer *a)
{
	struct getter *g = arg;
	struct gets *w = g->all;

	if (a == NULL)
		die("a connection ended");
	if (a->status != 200)
		die("status %d: %s", a->status, a->body);
	w->reply_bytes = (size_t)(a->body - a->head) + a->body_len;
	sample_add(&w->took, now_ns() - g->began);
	w->resumed += SSL_session_reused(g->conn.ssl) != 0;
	if (w->options->count != 0 && w->window.began != 0 &&
	    w->took.n >= w->options->count)
		window_end(&w->window);
	count_in(w, g);
	if (w->once)
		return;
	g->began = now_ns();
	if (w->fresh) {
		conn_close(&g->conn);
		dial(g);
	} else {
		conn_ask(&g->conn, w->request, w->request_len);
	}
}

static void
begin(void *arg)
{
	struct gets *w = arg;

	w->resumed = 0;
	sample_forget(&w->took);
}

static void
end(void *arg)
{
	struct gets *w = arg;

	w->final = w->took;
	w->resumed_final = w->resumed;
	w->took = (struct sample){ 0 };
}

static int
run(const struct options *o, bool fresh, bool once)
{
	struct gets w = { .options = o, .fresh = fresh, .once = once };
	struct loop *l = loop_new();
	int len;

	target_make(&w.target, l, o->url, o->ca);
	w.target.resume = o->resume;
	len = snprintf(w.request, sizeof(w.request),
	    "%s %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: mayfly-bench/1\r\n\r\n",
	    o->method, target_path(&w.target, o->url), w.target.authority);
	w.request_len = (size_t)len;
	w.window = (struct window){
		.loop = l, .options = o, .begin = begin, .end = end, .arg = &w
	};
	w.getters = calloc(o->clients, sizeof(*w.getters));
	if (w.getters == NULL)
		die("no memory");
	for (unsigned i = 0; i < o->clients; i++)
		w.getters[i].all = &w;
	for (unsigned i = 0; i < o->clients && i < DIALS_AT_ONCE; i++)
		dial(&w.getters[i]);
	loop_run(l);
	(void)printf("{\"event\":\"result\",\"clients\":%u,\"seconds\":%.4f,"
	             "\"requests\":%zu,\"resumed\":%u,\"reply_bytes\":%zu,"
	             "\"own_cpu\":%.4f,\"request\":",
	    o->clients, window_seconds(&w.window), w.final.n, w.resumed_final,
	    w.reply_bytes, w.window.cpu);
	sample_say(&w.final, stdout);
	(void)printf("}\n");
	for (unsigned i = 0; i < o->clients; i++)
		conn_close(&w.getters[i].conn);
	watch_free(w.window.input);
	sample_free(&w.final);
	sample_free(&w.took);
	free(w.getters);
	target_free(&w.target);
	loop_free(l);
	return 0;
}

int
load_get(const struct options *o)
{
	return run(o, false, false);
}

int
load_shake(const struct options *o)
{
	return run(o, true, false);
}

int
load_idle(const struct options *o)
{
	return run(o, false, true);
}
