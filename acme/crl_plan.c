/*
 * Which lists there are.  An issuer's whole one, always.  If certificates name
 * shards, those, from before the first certificate does until the last that
 * did has ended: how many shards there are, and below which URL they are, may
 * be changed while others live that say something else.
 */
#include <string.h>

#include "acme/acme_int.h"
#include "acme/crl.h"
#include "acme/due_int.h"
#include "base/log.h"
#include "crypto/crl.h"

enum {
	MARGIN_S = 60,  /* a commit may take so long, a clock be so wrong */
	SLACK_S = 3600, /* a request may go by an older configuration */
	HEADS = 64,     /* read at once */
	BYTES_MAX = 32 << 20, /* of lists put anew in one batch */
	BYTES_A_MS = 200,     /* of a list, for which the next one waits */
};

_Static_assert(CRL_URLS_MAX == 16, "as many as a record has points");

struct plan {
	const struct acme_config *config;
	struct snap *snap;
	struct batch *batch;
	struct arena *arena; /* the batch's */
	int64_t now_ms;
	size_t bytes; /* of what is put so far */
};

int64_t
crl_due_ms(const struct crl_head *c, int64_t now_ms)
{
	/* a list of tomorrow is of a clock that has been set back */
	if (c->der_len == 0 || c->this_update * 1000 > now_ms)
		return 0;
	return c->this_update * 1000 + (int64_t)(c->der_len / BYTES_A_MS);
}

unixtime
crl_told(const struct crl_head *c, unixtime now)
{
	if (c->der_len == 0)
		return 0;
	return (c->this_update < now ? c->this_update : now) - MARGIN_S;
}

/* One that cannot be made keeps nobody waiting for longer than it would hold. */
bool
crl_over(const struct crl_head *c, const struct acme_config *config,
    unixtime now)
{
	if (c->ends == 0)
		return false;
	return c->ends < crl_told(c, now) ||
	       c->ends + (unixtime)config->crl_s < now;
}

unixtime
crl_told_until(struct snap *s, const struct acme_config *config,
    unsigned issuer, unixtime now)
{
	struct crl_head heads[HEADS];
	unixtime until = INT64_MAX;
	size_t n;
	bool whole = false;

	if (!crl_possible(config, issuer, now))
		return INT64_MAX; /* there will be no other */
	n = snap_crl_heads(s, issuer, NULL, heads, HEADS);
	while (n > 0) {
		for (size_t i = 0; i < n; i++) {
			unixtime told = crl_told(&heads[i], now);

			whole = whole || heads[i].name.shards == 0;
			if (told < until && /* CRL-04 CRL-06 */
			    !crl_over(&heads[i], config, now))
				until = told;
		}
		n = n < HEADS ? 0
		              : snap_crl_heads(s, issuer, &heads[n - 1], heads,
		                    HEADS);
	}
	return whole ? until : 0;
}

/* Do certificates made from now on lead to it? */
static bool
led_to(const struct acme_config *config, const struct crl *c)
{
	return config->crl_url != NULL && c->issuer == config->issuer &&
	       c->shards == config->crl_shards;
}

static bool
same_points(const struct crl *c, const struct crl_point *to, size_t n)
{
	if (n != c->n_points)
		return false;
	for (size_t i = 0; i < n; i++)
		if (strcmp(to[i].url, c->points[i].url) != 0 ||
		    to[i].until != c->points[i].until)
			return false;
	return true;
}

/* Of too many, the ones that were there first have had their time. */
static size_t
point_add(struct crl_point *to, size_t n, const struct crl_point *p,
    const struct crl *c)
{
	if (n == CRL_URLS_MAX) {
		log_warn("crl.url_dropped", "issuer=%u shards=%u shard=%u",
		    c->issuer, c->shards, c->shard);
		return n;
	}
	to[n] = *p;
	return n + 1;
}

/*
 * One that should have ended while nobody was there to make it is made once
 * more, after the end of all that led to it.
 */
static unixtime
end_of(const struct crl *c, unixtime ends, unixtime now)
{
	bool told = c->der != NULL && c->this_update - MARGIN_S > ends;

	if (ends != 0 && ends < now && !told) /* CRL-04 */
		return now;
	return ends;
}

/*
 * The points as they are from now on, the one in use first; what is not used
 * any more ends when the last certificate does that may have it.
 */
static bool
points_turn(struct plan *p, struct crl *c)
{
	const unixtime now = p->now_ms / 1000;
	const char *url =
	    led_to(p->config, c)
	        ? crl_url(p->config->crl_url, c->shards, c->shard, p->arena)
	        : NULL;
	struct crl_point *to =
	    ARENA_ARRAY(p->arena, struct crl_point, CRL_URLS_MAX);
	unixtime ends = 0;
	size_t n = 0;
	bool same;

	if (url != NULL)
		to[n++] = (struct crl_point){ url, 0 };
	for (size_t i = 0; i < c->n_points; i++) {
		struct crl_point was = c->points[i];

		if (url != NULL && strcmp(was.url, url) == 0)
			continue;
		if (was.until == 0)
			was.until = now + c->life_s + SLACK_S;
		if (url != NULL && was.until + (unixtime)p->config->crl_s < now)
			continue;
		ends = was.until > ends ? was.until : ends;
		n = point_add(to, n, &was, c);
	}
	ends =
	    url != NULL ? 0 : end_of(c, ends > c->ends ? ends : c->ends, now);
	same = ends == c->ends && same_points(c, to, n);
	c->points = to;
	c->n_points = n;
	c->ends = ends;
	if (url != NULL && c->life_s < p->config->crl_life_s) {
		c->life_s = p->config->crl_life_s;
		same = false;
	}
	return !same;
}

static void
put(struct plan *p, const struct crl *c)
{
	p->bytes += c->der_len + c->tbs_len;
	batch_put_crl(p->batch, c);
}

static struct crl *
fresh(struct plan *p, struct crl_name name)
{
	struct crl *c = ARENA_NEW(p->arena, struct crl);

	c->issuer = name.issuer;
	c->shards = name.shards;
	c->shard = name.shard;
	return c;
}

/* Now; not a moment later. */
static void
ask_for(struct plan *p, struct crl_name name)
{
	batch_due(p->batch, due_row(p->arena, DUE_CRL, crl_id(name),
	                        crl_asking_ms(p->now_ms - 1)));
}

/*
 * A row for a list that was not finished, or is of a clock that has been set
 * back; those that follow are on the agenda with it.
 */
static void
row_for(struct plan *p, const struct crl_head *h)
{
	if (h->der_len == 0 || h->making || h->this_update * 1000 > p->now_ms)
		ask_for(p, h->name);
}

/* `turn` says if it makes of the list something else, which is put then. */
static void
turn_list(struct plan *p, struct crl_name name,
    bool (*turn)(struct plan *p, struct crl *c))
{
	struct arena *all = p->arena;
	struct crl *c;
	bool other;

	p->arena = arena_new(); /* megabytes, of most that stay as they are */
	c = snap_crl_of(p->snap, p->arena, name);
	other = c != NULL && turn(p, c);
	arena_free(p->arena);
	p->arena = all;
	if (!other)
		return;
	c = snap_crl_of(p->snap, p->arena, name);
	(void)turn(p, c);
	put(p, c);
	ask_for(p, name);
}

/* A shard that certificates are to lead to, and there is none. */
static void
look_for(struct plan *p, struct crl_name name)
{
	struct crl_head h = { .name = name };
	struct crl *c;

	if (snap_crl_head(p->snap, name, &h))
		return;
	row_for(p, &h);
	c = fresh(p, name);
	if (points_turn(p, c)) /* CRL-06 */
		put(p, c);
}

/*
 * The whole one is there for whoever asks for it.  But if certificates lead to
 * shards, nothing waits for it for ever: it may be what has become too long.
 */
static bool
whole_turn(struct plan *p, struct crl *c)
{
	const bool led = led_to(p->config, c);
	const int64_t life = c->life_s;
	const unixtime ends = c->ends;

	if (c->life_s < p->config->crl_life_s)
		c->life_s = p->config->crl_life_s;
	if (led)
		c->ends = 0;
	else if (c->ends == 0)
		c->ends = p->now_ms / 1000 + c->life_s + SLACK_S;
	c->ends = end_of(c, c->ends, p->now_ms / 1000);
	return c->life_s != life || c->ends != ends;
}

static void
look_at_whole(struct plan *p, unsigned issuer)
{
	struct crl_head h = { .name = { .issuer = issuer } };
	bool had = snap_crl_head(p->snap, h.name, &h);
	struct crl *c;

	row_for(p, &h);
	if (issuer != p->config->issuer || p->config->crl_url == NULL)
		return;
	if (had) {
		turn_list(p, h.name, whole_turn);
		return;
	}
	c = fresh(p, h.name);
	if (whole_turn(p, c))
		put(p, c);
}

static bool
look_at_issuer(struct plan *p, unsigned issuer)
{
	struct crl_head heads[HEADS];
	size_t n = snap_crl_heads(p->snap, issuer, NULL, heads, HEADS);

	look_at_whole(p, issuer);
	for (unsigned i = 0;
	     issuer == p->config->issuer && p->config->crl_url != NULL &&
	     i < p->config->crl_shards;
	     i++)
		look_for(p,
		    (struct crl_name){ issuer, p->config->crl_shards, i });
	while (n > 0) {
		for (size_t i = 0; i < n; i++) {
			if (heads[i].name.shards != 0) {
				row_for(p, &heads[i]);
				turn_list(p, heads[i].name, points_turn);
			}
			if (p->bytes > BYTES_MAX)
				return false;
		}
		n = n < HEADS ? 0
		              : snap_crl_heads(p->snap, issuer, &heads[n - 1],
		                    heads, HEADS);
	}
	return true;
}

bool
crl_plan(struct acme *ca, struct snap *s, struct batch *b, struct arena *a)
{
	struct plan p = { .config = ca->deps.config,
		.snap = s,
		.batch = b,
		.arena = a,
		.now_ms = loop_now(ca->deps.loop) };

	for (unsigned i = 1; i <= p.config->n_issuers; i++)
		if (crl_possible(p.config, i, p.now_ms / 1000) &&
		    !look_at_issuer(&p, i))
			return false;
	return true;
}
