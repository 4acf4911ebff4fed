/* Keys that there are: listed, shown, revoked. */
#include <stdio.h>

#include "base/json.h"
#include "cli/date.h"
#include "cli/eab.h"

enum { FAILED = 1, NOT_FOUND = 3, PAGE = 64, TRIES = 100 };

const char *
eab_state(const struct eab *e, int64_t now)
{
	if (e->revoked != 0)
		return "revoked";
	if (e->expires != 0 && e->expires <= now)
		return "expired";
	return e->uses_max != 0 && e->uses >= e->uses_max ? "used up"
	                                                  : "usable";
}

static void
add_list(struct jsonw *w, const char *name, const char *const *texts, size_t n)
{
	jsonw_list(w, name);
	for (size_t i = 0; i < n; i++)
		jsonw_str(w, NULL, texts[i]);
	jsonw_end(w);
}

void
eab_members(struct jsonw *w, const struct eab *e, int64_t now)
{
	char kid[ID_TEXT];

	id_text(e->id, kid);
	jsonw_str(w, "kid", kid);
	jsonw_str(w, "state", eab_state(e, now));
	jsonw_time(w, "created", e->created);
	if (e->expires != 0)
		jsonw_time(w, "expires", e->expires);
	if (e->revoked != 0)
		jsonw_time(w, "revoked", e->revoked);
	jsonw_int(w, "uses", e->uses);
	if (e->uses_max != 0)
		jsonw_int(w, "usesMax", e->uses_max);
	add_list(w, "allow", e->allow, e->n_allow);
	add_list(w, "deny", e->deny, e->n_deny);
	add_list(w, "profiles", e->profiles, e->n_profiles);
	jsonw_str(w, "rate", e->rate);
	jsonw_str(w, "note", e->note);
}

int
eab_say_json(struct jsonw *w)
{
	const char *text = jsonw_text(w, NULL);

	if (text == NULL || puts(text) == EOF || fflush(stdout) != 0)
		return FAILED;
	return 0;
}

static const char *
uses_text(const struct eab *e, struct arena *a)
{
	return e->uses_max == 0
	           ? arena_printf(a, "%u of any", e->uses)
	           : arena_printf(a, "%u of %u", e->uses, e->uses_max);
}

static void
print_list(const char *name, const char *const *texts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		(void)printf("%-11s %s\n", i == 0 ? name : "", texts[i]);
}

void
eab_print(const struct eab *e, int64_t now)
{
	struct arena *a = arena_new();
	char kid[ID_TEXT];

	id_text(e->id, kid);
	(void)printf("key id      %s\nstate       %s\naccounts    %s\n"
	             "created     %s\n",
	    kid, eab_state(e, now), uses_text(e, a), date_text(e->created, a));
	if (e->expires != 0)
		(void)printf("expires     %s\n", date_text(e->expires, a));
	if (e->revoked != 0)
		(void)printf("revoked     %s\n", date_text(e->revoked, a));
	print_list("allow", e->allow, e->n_allow);
	print_list("deny", e->deny, e->n_deny);
	print_list("profiles", e->profiles, e->n_profiles);
	print_list("rate", &e->rate, e->rate != NULL);
	print_list("note", &e->note, e->note != NULL);
	arena_free(a);
}

/* A verb under way. */
struct looking {
	const struct guest_asked *asked;
	struct arena *a;
	struct store *st;
};

static bool
begin(struct looking *l, const struct guest_asked *asked)
{
	struct fault f = { 0 };

	*l = (struct looking){ .asked = asked, .a = arena_new() };
	if ((l->st = guest_open(asked->dir, &asked->store, &f)) == NULL)
		(void)fprintf(stderr, "mayfly eab: %s\n", f.detail);
	return l->st != NULL;
}

static int
end(struct looking *l, int code)
{
	store_close(l->st);
	arena_free(l->a);
	return fflush(stdout) == 0 ? code : FAILED;
}

static int
not_found(const char *kid)
{
	(void)fprintf(stderr,
	    "mayfly eab: there is no key %s; see mayfly eab list\n", kid);
	return NOT_FOUND;
}

static struct eab *
find(struct looking *l, const char *text)
{
	struct snap *s;
	struct eab *e;
	struct id kid;

	if (!id_parse(text, &kid))
		return NULL;
	s = snap_open(l->st);
	e = snap_eab(s, l->a, kid);
	snap_close(s);
	return e;
}

static void
print_line(struct looking *l, const struct eab *e)
{
	char kid[ID_TEXT];

	id_text(e->id, kid);
	(void)printf("%s  %-7s  %-9s  %s%s%s\n", kid,
	    eab_state(e, l->asked->now_ms / 1000), uses_text(e, l->a),
	    e->expires != 0 ? date_text(e->expires, l->a)
	                    : "for ever               ",
	    e->note != NULL ? "  " : "", e->note != NULL ? e->note : "");
}

static void
each(struct looking *l, struct jsonw *w)
{
	struct eab *page = ARENA_ARRAY(l->a, struct eab, PAGE);
	struct snap *s = snap_open(l->st);
	struct id after = { { 0 } };
	size_t n;

	do {
		n = snap_eabs(s, l->a, after, page, PAGE);
		for (size_t i = 0; i < n; i++) {
			if (w == NULL) {
				print_line(l, &page[i]);
				continue;
			}
			jsonw_object(w, NULL);
			eab_members(w, &page[i], l->asked->now_ms / 1000);
			jsonw_end(w);
		}
		if (n > 0)
			after = page[n - 1].id;
	} while (n == PAGE);
	snap_close(s);
}

int
cli_eab_list(const struct guest_asked *asked)
{
	struct jsonw *w;
	struct looking l;

	if (!begin(&l, asked))
		return end(&l, FAILED);
	if (!asked->json) {
		each(&l, NULL);
		return end(&l, 0);
	}
	w = jsonw_new(l.a);
	jsonw_list(w, NULL);
	each(&l, w);
	jsonw_end(w);
	return end(&l, eab_say_json(w));
}

int
cli_eab_show(const struct guest_asked *asked, const char *kid)
{
	const struct eab *e;
	struct jsonw *w;
	struct looking l;

	if (!begin(&l, asked))
		return end(&l, FAILED);
	if ((e = find(&l, kid)) == NULL)
		return end(&l, not_found(kid));
	if (!asked->json) {
		eab_print(e, asked->now_ms / 1000);
		return end(&l, 0);
	}
	w = jsonw_new(l.a);
	jsonw_object(w, NULL);
	eab_members(w, e, asked->now_ms / 1000);
	jsonw_end(w);
	return end(&l, eab_say_json(w));
}

static enum err
revoke(struct looking *l, struct eab *e)
{
	struct event gone = { .kind = "eab.revoked", .object = e->id };
	struct batch *b = batch_new(l->a);

	e->revoked = l->asked->now_ms / 1000;
	batch_put_eab(b, e);
	batch_event(b, &gone);
	batch_essential(b);
	return guest_commit(l->st, b);
}

int
cli_eab_revoke(const struct guest_asked *asked, const char *kid)
{
	enum err err = ERR_STALE;
	struct looking l;
	struct eab *e;

	if (!begin(&l, asked))
		return end(&l, FAILED);
	/* Somebody may be registering with it at this moment. */
	for (int i = 0; i < TRIES && err == ERR_STALE; i++) {
		if ((e = find(&l, kid)) == NULL)
			return end(&l, not_found(kid));
		err = e->revoked != 0 ? OK : revoke(&l, e);
	}
	if (err != OK) {
		(void)fprintf(stderr, "mayfly eab revoke: %s\n",
		    err == ERR_FULL ? "the store is full" : "try again");
		return end(&l, FAILED);
	}
	(void)printf("revoked %s: its accounts get no more certificates; "
	             "those they have last until they expire\n",
	    kid);
	return end(&l, 0);
}
