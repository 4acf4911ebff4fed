/*
 * The directory (RFC 8555, 7.1.1), made from the endpoint table.
 *
 * reads   the configuration
 * writes  nothing
 * fails   never
 *
 * It depends on the configuration, the profile and the authority alone, so a
 * loop keeps the last few texts, until it is configured anew.
 */
#include "acme/directory.h"

#include <stdlib.h>
#include <string.h>

#include "acme/acme_int.h"
#include "acme/endpoints.h"
#include "acme/terms.h"
#include "base/b64url.h"
#include "base/random.h"

/* A directory of a profile's own differs in newOrder alone. */
static const char *
url_for(struct rq *rq, const struct endpoint *row)
{
	/* What comes after is the client's to say (RFC 9773, 4.1). */
	int len =
	    (int)(strstr(row->path, "/:") != NULL ? strcspn(row->path, ":") - 1
	                                          : strlen(row->path));

	/* DIR-13 */
	if (rq->profile != rq->config->default_profile &&
	    strcmp(row->directory, "newOrder") == 0)
		return rq_url(rq, "/acme/p/%s/new-order", rq->profile->name);
	return rq_url(rq, "%.*s", len, row->path);
}

static void
tell_meta(struct rq *rq, struct jsonw *w)
{
	const struct acme_config *c = rq->config;

	jsonw_object(w, "meta"); /* always there: clients trip without it */
	jsonw_str(w, "termsOfService", /* DIR-06 */
	    terms_url(rq));
	jsonw_str(w, "website", /* DIR-05 */
	    c->website != NULL ? c->website : rq_url(rq, "/"));
	if (c->n_caa_identities > 0) { /* DIR-05 */
		jsonw_list(w, "caaIdentities");
		for (size_t i = 0; i < c->n_caa_identities; i++)
			jsonw_str(w, NULL, c->caa_identities[i]);
		jsonw_end(w);
	}
	if (c->eab_required)                                    /* DIR-08 */
		jsonw_bool(w, "externalAccountRequired", true); /* EAB-01 */
	jsonw_object(w, "profiles");
	for (size_t i = 0; i < c->n_profiles; i++)
		jsonw_str(w, c->profiles[i].name, c->profiles[i].description);
	jsonw_end(w);
	if (c->subdomains) /* SUB-01 */
		jsonw_bool(w, "subdomainAuthAllowed", true);
	jsonw_end(w);
}

/* Whoever trips over this would trip over any member that is new. */
static void
tell_random(struct rq *rq, struct jsonw *w)
{
	uint8_t name[8];

	random_bytes(name, sizeof(name));
	jsonw_str(w, b64url_text(name, sizeof(name), rq->arena),
	    rq_url(rq, "/"));
}

static struct jsonw *
directory(struct rq *rq)
{
	struct jsonw *w = jsonw_new(rq->arena);
	const struct endpoint *row;

	jsonw_object(w, NULL);
	for (unsigned i = 0; (row = endpoint_at(i)) != NULL; i++)
		if (row->directory != NULL) /* DIR-02 */
			jsonw_str(w, row->directory, url_for(rq, row));
	tell_meta(rq, w);
	if (rq->config->directory_random) /* DIR-09 BLD-01 */
		tell_random(rq, w);
	jsonw_end(w);
	return w;
}

/* A client may call us by any port, so there is no end to them: keep a few. */
enum { KEPT = 4 };

struct directories {
	struct kept {
		struct arena *arena; /* NULL: none yet */
		const struct acme_profile *profile;
		const char *authority, *text;
		size_t len;
	} kept[KEPT];
	unsigned next; /* to be replaced */
};

struct directories *
directories_new(void)
{
	struct directories *d = calloc(1, sizeof(*d));

	if (d == NULL)
		abort();
	return d;
}

void
directories_forget(struct directories *d)
{
	for (int i = 0; i < KEPT; i++) {
		arena_free(d->kept[i].arena);
		d->kept[i] = (struct kept){ 0 };
	}
}

void
directories_free(struct directories *d)
{
	if (d == NULL)
		return;
	directories_forget(d);
	free(d);
}

static const struct kept *
find(const struct directories *d, const struct rq *rq)
{
	for (int i = 0; i < KEPT; i++)
		if (d->kept[i].profile == rq->profile &&
		    d->kept[i].arena != NULL &&
		    strcmp(d->kept[i].authority, rq->authority) == 0)
			return &d->kept[i];
	return NULL;
}

static void
keep(struct directories *d, const struct rq *rq)
{
	struct kept *k = &d->kept[d->next++ % KEPT];

	arena_free(k->arena);
	k->arena = arena_new();
	k->profile = rq->profile;
	k->authority = arena_text(k->arena, rq->authority);
	k->text = arena_bytes(k->arena, rq->reply.body, rq->reply.body_len);
	k->len = rq->reply.body_len;
}

enum err
ep_directory(struct rq *rq)
{
	struct directories *d = rq->ca->directories;
	/* Of a configuration that is no longer in force, and never the same. */
	bool may =
	    rq->config == rq->ca->deps.config && !rq->config->directory_random;
	const struct kept *k = may ? find(d, rq) : NULL;

	if (k != NULL) {
		reply_body(rq, 200, arena_bytes(rq->arena, k->text, k->len),
		    k->len);
		return OK;
	}
	reply_json(rq, 200, directory(rq));
	if (may)
		keep(d, rq);
	return OK;
}
