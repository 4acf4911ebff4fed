/* The front's loops: each with its thread, and all that lives on it. */
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "server/front_int.h"
#include "server/said.h"

/* --- made on the main thread, before there is another --- */

static bool
loop_furnish(struct front *f, struct front_loop *l, struct fault *why)
{
	l->loop = loop_new();
	l->config = f->config;
	(void)acme_config_ref(&l->config->acme);
	l->issuer = issuer_new(l->loop, l->keeper_fd);
	l->prober = prober_new(l->loop, &l->config->config->prober, why);
	if (l->prober == NULL)
		return false;
	l->acme = acme_new(&(struct acme_deps){ .loop = l->loop,
	    .issuer = l->issuer,
	    .prober = l->prober,
	    .store = f->store,
	    .nonces = f->nonces,
	    .limits = f->limits,
	    .underway = f->underway,
	    .metrics = f->metrics,
	    .config = &l->config->acme });
	return true;
}

bool
front_loops_new(struct front *f, struct fault *why)
{
	for (uint32_t i = 0; i < f->n_loops; i++)
		if (!loop_furnish(f, &f->loops[i], why))
			return false;
	return true;
}

/* --- threads --- */

static void *
loop_thread(void *arg)
{
	struct front_loop *l = arg;
	char name[16];

	(void)snprintf(name, sizeof(name), "loop-%u", l->number);
	(void)pthread_setname_np(pthread_self(), name);
	loop_run(l->loop);
	return NULL;
}

void
front_loops_start(struct front *f)
{
	for (uint32_t i = 1; i < f->n_loops; i++)
		if (pthread_create(&f->loops[i].thread, NULL, loop_thread,
		        &f->loops[i]) != 0)
			abort();
}

static void
stop_here(void *arg)
{
	struct front_loop *l = arg;

	loop_stop(l->loop);
}

void
front_loops_stop(struct front *f)
{
	for (uint32_t i = 1; i < f->n_loops; i++)
		loop_post(f->loops[i].loop, stop_here, &f->loops[i]);
	for (uint32_t i = 1; i < f->n_loops; i++)
		if (pthread_join(f->loops[i].thread, NULL) != 0)
			abort();
}

/* --- what is posted to a loop --- */

struct errand {
	struct front_loop *loop;
	struct front_config *config;
	int fd;
};

static void
errand_post(struct front_loop *l, loop_fn *fn, struct front_config *config,
    int fd)
{
	struct errand *e = malloc(sizeof(*e));

	if (e == NULL)
		abort();
	*e = (struct errand){ l, config, fd };
	loop_post(l->loop, fn, e);
}

static void
configure_here(void *arg)
{
	struct errand *e = arg;
	struct front_loop *l = e->loop;
	struct fault f = { 0 };

	acme_configure(l->acme, &e->config->acme);
	if (prober_configure(l->prober, &e->config->config->prober, &f) != OK)
		said_log("front.prober", &f);
	acme_config_unref(&l->config->acme);
	l->config = e->config; /* with the errand's reference */
	free(e);
}

void
front_loops_configure(struct front *f, struct front_config *fresh)
{
	const struct config *c = fresh->config;

	log_level_set(c->log_level);
	store_limit(f->store, c->store_max);
	http_limits_set(f->https, &c->http);
	if (f->http != NULL)
		http_limits_set(f->http, &c->http);
	for (uint32_t i = 0; i < f->n_loops; i++) {
		(void)acme_config_ref(&fresh->acme);
		errand_post(&f->loops[i], configure_here, fresh, -1);
	}
	acme_config_unref(&f->config->acme);
	f->config = fresh;
}

static void
rewire_here(void *arg)
{
	struct errand *e = arg;

	issuer_reconnect(e->loop->issuer, e->fd);
	free(e);
}

void
front_loop_rewire(struct front *f, uint32_t number, int fd)
{
	errand_post(&f->loops[number], rewire_here, NULL, fd);
}

static void
drain_here(void *arg)
{
	struct front_loop *l = arg;

	acme_drain(l->acme);
}

void
front_loops_drain(struct front *f)
{
	for (uint32_t i = 0; i < f->n_loops; i++)
		loop_post(f->loops[i].loop, drain_here, &f->loops[i]);
}
