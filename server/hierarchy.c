/* Who goes by which hierarchy, and from when: the supervisor's half. */
#include "server/hierarchy.h"

#include <string.h>

#include "base/log.h"
#include "server/supervisor_int.h"

enum {
	BOUND_MS = 60 * 1000, /* of a look: passphrases take their time */
	RETRY_MS = 60 * 1000,
	FIRST_MS = 10 * 1000, /* if the front is not ready earlier */
	NEXT_MOST_S = 3600,
	WARN_MS = 24 * 3600 * 1000,
};

static bool
same(const struct ca_texts *a, const struct ca_texts *b)
{
	size_t i = 0;

	if (a->n != b->n)
		return false;
	while (i < a->n && strcmp(a->list[i].name, b->list[i].name) == 0 &&
	       strcmp(a->list[i].text, b->list[i].text) == 0)
		i++;
	return i == a->n;
}

/*
 * The files as they are now; those we have stay if that fails.  True if they
 * are not the same.
 */
static bool
read_texts(struct supervisor *s)
{
	struct hierarchy *h = &s->hierarchy;
	struct arena *a = arena_new();
	struct ca_texts texts;
	struct fault f = { 0 };

	if (ca_read(arena_printf(a, "%s/ca", s->config->dir), a, &texts, &f) !=
	    OK) {
		log_error("ca.unreadable", "reason=%s", log_text(a, f.detail));
		arena_free(a);
		return false;
	}
	memcpy(h->digest, h->looked.digest, sizeof(h->digest));
	if (h->arena != NULL && same(&h->texts, &texts)) {
		arena_free(a);
		return false;
	}
	if (h->arena != NULL)
		arena_free(h->arena);
	h->arena = a;
	h->texts = texts;
	return true;
}

void
hierarchy_begin(struct supervisor *s)
{
	(void)read_texts(s); /* if not, the children say what is wrong */
	s->ca.start_at_ms = child_clock() + FIRST_MS;
}

/* Go on, by what there is now. */
static void
answer(struct supervisor *s)
{
	s->hierarchy.waits = false;
	if (hierarchy_tell(s))
		(void)wiring_tell_config(s, &s->front, MSG_RELOAD);
}

int64_t
hierarchy_due(const struct supervisor *s)
{
	if (s->phase != SERVING)
		return INT64_MAX;
	return s->ca.pid != 0 ? s->hierarchy.bound_ms : s->ca.start_at_ms;
}

void
hierarchy_start(struct supervisor *s)
{
	int64_t now = child_clock();

	if (hierarchy_due(s) > now)
		return;
	if (s->ca.pid != 0) {
		log_warn("ca.overdue", "pid=%d", (int)s->ca.pid);
		s->hierarchy.bound_ms = now + BOUND_MS;
		child_kill(&s->ca);
	} else if (child_start(&s->ca, now)) {
		s->hierarchy.heard = s->hierarchy.again = false;
		s->hierarchy.bound_ms = now + BOUND_MS;
		(void)wiring_tell_config(s, &s->ca, MSG_CONFIG);
	} else if (s->hierarchy.waits) {
		answer(s); /* let it try */
	}
}

void
hierarchy_look(struct supervisor *s)
{
	s->hierarchy.again = s->ca.pid != 0;
	if (s->ca.pid == 0)
		s->ca.start_at_ms = child_clock();
}

void
hierarchy_announced(struct supervisor *s)
{
	if (!s->hierarchy.had && s->ca.pid == 0)
		hierarchy_look(s);
}

void
hierarchy_asked(struct supervisor *s)
{
	s->hierarchy.waits = true;
	if (s->hierarchy.had)
		answer(s);
	else if (s->ca.pid == 0)
		hierarchy_look(s);
}

/* Once a day. */
static void
warn(struct hierarchy *h, const char *reason)
{
	int64_t now = child_clock();
	struct arena *a = arena_new();

	if (h->warned_ms == 0 || now - h->warned_ms >= WARN_MS) {
		h->warned_ms = now;
		log_warn("ca.not_rotated", "reason=%s", log_text(a, reason));
	}
	arena_free(a);
}

bool
hierarchy_heard(struct supervisor *s, const struct msg *m)
{
	struct ca_looked *l = &s->hierarchy.looked;

	*l = (struct ca_looked){ 0 };
	if (m->len < offsetof(struct ca_looked, reason) || m->len >= sizeof(*l))
		return false;
	memcpy(l, m->body, m->len);
	s->hierarchy.heard = true;
	if (l->outcome == CA_NOT_ROTATED)
		warn(&s->hierarchy, l->reason);
	else
		s->hierarchy.warned_ms = 0;
	return true;
}

/* The keeper first: the front must not name a key that it does not know. */
static void
take_up(struct supervisor *s)
{
	struct hierarchy *h = &s->hierarchy;

	if (!read_texts(s))
		return;
	h->untold = !h->waits;
	if (!s->configured)
		return; /* it reads what is there when it is told to */
	h->leaving = true;
	(void)wiring_tell(&s->keeper, MSG_DRAIN, NULL, 0, -1);
}

void
hierarchy_ended(struct supervisor *s)
{
	struct hierarchy *h = &s->hierarchy;
	int64_t now = child_clock(), wait_ms = RETRY_MS;
	struct arena *a;

	if (s->phase != SERVING)
		return; /* we have killed it */
	a = arena_new();
	s->ca.failures = 0;
	if (h->heard)
		wait_ms = (h->looked.next_s < NEXT_MOST_S ? h->looked.next_s
		                                          : NEXT_MOST_S) *
		          INT64_C(1000);
	else
		log_error("ca.refused", "reason=%s", log_text(a, s->ca.reason));
	arena_free(a);
	s->ca.start_at_ms = now + (h->again ? 0 : wait_ms);
	h->had = true;
	if (h->heard &&
	    memcmp(h->digest, h->looked.digest, sizeof(h->digest)) != 0)
		take_up(s);
	if (h->waits)
		answer(s);
}

bool
hierarchy_tell(struct supervisor *s)
{
	const struct hierarchy *h = &s->hierarchy;
	bool told = true;

	for (size_t i = 0; told && i < h->texts.n; i++) {
		struct arena *a = arena_new();
		const struct ca_text *t = &h->texts.list[i];
		const char *body = arena_printf(a, "%s\n%s", t->name, t->text);

		told = wiring_tell(&s->front, MSG_CA, body, strlen(body), -1);
		arena_free(a);
	}
	return told;
}

void
hierarchy_keeper_ended(struct supervisor *s)
{
	if (!s->hierarchy.leaving)
		return;
	s->hierarchy.leaving = false;
	s->keeper.failures = 0;
	s->keeper.start_at_ms = child_clock();
}

void
hierarchy_keeper_ready(struct supervisor *s)
{
	struct hierarchy *h = &s->hierarchy;

	if (!h->untold || h->leaving)
		return;
	h->untold = false;
	log_info("ca.in_use", "files=%zu", h->texts.n);
	if (s->front.pid == 0)
		return; /* it is told when it starts */
	if (hierarchy_tell(s))
		(void)wiring_tell_config(s, &s->front, MSG_RELOAD);
}

void
hierarchy_free(struct supervisor *s)
{
	if (s->hierarchy.arena != NULL)
		arena_free(s->hierarchy.arena);
	s->hierarchy.arena = NULL;
}
