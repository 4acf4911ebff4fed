/*
 * The serving certificate: an order of our own, `processing` from the first,
 * for which the keeper signs as for any other.  It is looked at once a second
 * by the wall clock, so that a machine that wakes up late replaces an expired
 * one at once.
 */
#include "acme/serving.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "acme/acme_int.h"
#include "acme/due.h"
#include "acme/issue.h"
#include "acme/state.h"
#include "base/log.h"
#include "crypto/cert.h"
#include "crypto/digest.h"

enum { LOOK_MS = 1000, FILE_MAX = 64 * 1024, WAIT_MAX = 64 };

struct serving {
	struct acme *ca;
	serving_use *use;
	void *arg;
	struct timer *look;
	struct arena *arena; /* of the issuance under way; NULL: none */
	struct keypair pair;
	struct order *order;
	struct due due;
	char *making; /* the mark of the one under way */
	char *mark;   /* what the certificate in use was made for */
	int64_t renew_ms;
	unsigned failed, wait; /* in a row; looks to let pass after it */
};

/* The first line of the file: another name or root asks for a new one. */
static char *
mark_of(const struct acme_config *c)
{
	struct arena *a = arena_new();
	const char *names = "";
	char *mark;

	for (size_t i = 0; i < c->n_names; i++)
		names = arena_printf(a, "%s %s", names, c->names[i]);
	mark = strdup(arena_printf(a, "# mayfly serving certificate %s for%s\n",
	    c->root_fingerprint, names));
	if (mark == NULL)
		abort();
	arena_free(a);
	return mark;
}

/*
 * When it is due, in ms: at two thirds of its life.  Of the life it was given,
 * that is, which its issuer's end may have cut short.
 */
static int64_t
renewal(const struct acme_config *c, int64_t begin, int64_t end)
{
	int64_t life = end + 1 - begin;

	if (life > (int64_t)c->serving->lifetime_s)
		life = (int64_t)c->serving->lifetime_s;
	return (end + 1) * 1000 - life * 333;
}

static void
take_up(struct serving *s, const char *pem, char *mark)
{
	const struct acme_config *c = s->ca->deps.config;
	struct fault f = { 0 };
	int64_t begin, end;

	if (cert_validity(pem, &begin, &end, &f) != OK) {
		log_error("serving.unreadable", "reason=\"%s\"", f.detail);
		free(mark);
		return;
	}
	s->renew_ms = renewal(c, begin, end);
	free(s->mark);
	s->mark = mark;
	s->use(s->arg, pem, pem);
}

/* What D/serving.pem holds, if it is for us as we are now and not yet due. */
static bool
reuse(struct serving *s)
{
	const struct acme_config *c = s->ca->deps.config;
	char *text = calloc(1, FILE_MAX), *mark = mark_of(c);
	FILE *file = fopen(c->serving_pem, "re");
	struct fault f = { 0 };
	int64_t begin = 0, end = 0;
	bool good = false;

	if (text == NULL)
		abort();
	if (file != NULL) {
		size_t n = fread(text, 1, FILE_MAX - 1, file);

		good = n > 0 && strncmp(text, mark, strlen(mark)) == 0 &&
		       cert_validity(text, &begin, &end, &f) == OK &&
		       cert_has_key(text) && /* or we would serve nothing */
		       renewal(c, begin, end) > loop_now(s->ca->deps.loop);
		(void)fclose(file);
	}
	if (good)
		take_up(s, text, mark);
	else
		free(mark);
	bytes_wipe(text, FILE_MAX);
	free(text);
	return good;
}

static bool
write_all(int fd, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno != EINTR)
			return false;
		if (n > 0) {
			text += n;
			len -= (size_t)n;
		}
	}
	return fsync(fd) == 0;
}

/* For the next start.  Without it, that start issues another: no harm done. */
static void
save(struct serving *s, const char *text)
{
	const char *path = s->ca->deps.config->serving_pem;
	const char *tmp = arena_printf(s->arena, "%s.new", path);
	int fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	bool ok = fd >= 0 && write_all(fd, text, strlen(text));

	if (fd >= 0)
		(void)close(fd);
	if (!ok || rename(tmp, path) != 0) {
		log_warn("serving.not_saved", "path=\"%s\" reason=\"%s\"", path,
		    strerrordesc_np(errno));
		(void)unlink(tmp);
	}
}

static void
forget(struct serving *s)
{
	if (s->pair.key != NULL)
		bytes_wipe(s->pair.key, strlen(s->pair.key));
	s->pair = (struct keypair){ 0 };
	free(s->making);
	s->making = NULL;
	arena_free(s->arena);
	s->arena = NULL;
}

/* Each failure doubles the pause: an order a second would fill the journal. */
static void
failed(struct serving *s)
{
	s->wait = 1U << s->failed;
	if (s->wait < WAIT_MAX)
		s->failed++;
	forget(s);
}

static void
issued(void *arg, const struct certificate *c)
{
	struct serving *s = arg;
	char *text;

	if (c == NULL) {
		failed(s);
		return;
	}
	text = arena_printf(s->arena, "%s%s%s", s->making,
	    issue_chain(s->ca->deps.config, c, s->arena), s->pair.key);
	save(s, text);
	take_up(s, text, s->making);
	s->making = NULL; /* it is s->mark now */
	bytes_wipe(text, strlen(text));
	log_info("serving.renewed", "not_after=%lld", (long long)c->not_after);
	s->failed = 0;
	forget(s);
	serving_configured(s->ca); /* it may have changed meanwhile */
}

static void
recorded(void *arg, enum err e)
{
	struct serving *s = arg;

	if (e == OK) {
		issue(s->ca, s->order, &s->due, issued, s);
		return;
	}
	log_error("serving.not_recorded", "reason=\"%s\"",
	    "the store does not take the order");
	failed(s);
}

static const struct ident *
own_names(const struct acme_config *c, struct arena *a, size_t *n)
{
	struct ident *names = ARENA_ARRAY(a, struct ident, c->n_names);

	*n = 0;
	for (size_t i = 0; i < c->n_names; i++) {
		struct fault f = { 0 };

		if (ident_parse("ip", c->names[i], a, &names[*n], &f) == OK ||
		    ident_parse("dns", c->names[i], a, &names[*n], &f) == OK)
			++*n;
		else
			log_warn("serving.name", "name=\"%s\" reason=\"%s\"",
			    c->names[i], f.detail);
	}
	return names;
}

static void
begin(struct serving *s)
{
	const struct acme_config *c = s->ca->deps.config;
	int64_t now = loop_now(s->ca->deps.loop);
	struct fault f = { 0 };
	struct issue_key key;
	struct batch *b;
	struct order *o;

	s->arena = arena_new();
	s->making = mark_of(c);
	keypair_new(s->arena, &s->pair);
	o = s->order = ARENA_NEW(s->arena, struct order);
	o->id = id_new(now);
	o->status = ORDER_PENDING;
	o->created = now / 1000;
	o->expires = o->created + c->order_s;
	/* a reload may take the configuration away before the commit is done */
	o->profile = arena_text(s->arena, c->serving->name);
	o->idents = own_names(c, s->arena, &o->n_idents);
	o->authzs = ARENA_ARRAY(s->arena, struct id, o->n_idents);
	key = (struct issue_key){ s->pair.spki, s->pair.spki_len,
		s->pair.spki_sha256, false };
	if (issue_prepare(o, c->serving, c->issuer, &key, now, s->arena, &f) !=
	    OK) {
		log_error("serving.not_prepared", "reason=\"%s\"", f.detail);
		failed(s);
		return;
	}
	order_move(o, ORDER_READY, ORDER_PROCESSING);
	s->due = (struct due){ .kind = DUE_ISSUANCE,
		.at_ms = now + ISSUANCE_LEASE_MS,
		.object = o->id };
	b = batch_new(s->arena);
	batch_put_order(b, o);
	due_prune_order(b, s->arena, c, o);
	batch_due(b, &s->due);
	batch_essential(b);
	store_commit(s->ca->deps.store, s->ca->deps.loop, b, recorded, s);
}

static void
look(void *arg)
{
	struct serving *s = arg;

	timer_free(s->look);
	s->look = loop_after(s->ca->deps.loop, LOOK_MS, look, s);
	if (s->wait > 0)
		s->wait--;
	else if (s->arena == NULL && loop_now(s->ca->deps.loop) >= s->renew_ms)
		begin(s);
}

void
acme_serve_itself(struct acme *ca, serving_use *use, void *arg)
{
	struct serving *s = calloc(1, sizeof(*s));

	if (s == NULL)
		abort();
	s->ca = ca;
	s->use = use;
	s->arg = arg;
	ca->serving = s;
	(void)reuse(s);
	look(s);
}

void
serving_configured(struct acme *ca)
{
	struct serving *s = ca->serving;
	char *mark;

	if (s == NULL)
		return;
	mark = mark_of(ca->deps.config);
	if (s->mark == NULL || strcmp(mark, s->mark) != 0)
		s->renew_ms = 0;
	s->failed = s->wait = 0; /* it may have been for the better */
	free(mark);
}

void
serving_free(struct acme *ca)
{
	struct serving *s = ca->serving;

	if (s == NULL)
		return;
	timer_free(s->look);
	forget(s);
	free(s->mark);
	free(s);
	ca->serving = NULL;
}
