/* Lists: an array of texts and its length, written with commas. */
#include <string.h>

#include "server/config_host.h"
#include "server/config_kind.h"

enum { ITEMS_MAX = 256, OID_MAX = 128 };

bool
config_items(const char *text, struct arena *a,
    bool (*each)(void *arg, const char *item), void *arg)
{
	size_t n = 0;

	if (text[strspn(text, " ")] == '\0')
		return true;
	for (;; text++) {
		size_t len;

		text += strspn(text, " ");
		len = strcspn(text, ",");
		while (len > 0 && text[len - 1] == ' ')
			len--;
		if (++n > ITEMS_MAX || !each(arg, arena_bytes(a, text, len)))
			return false;
		text += len;
		text += strspn(text, " ");
		if (*text == '\0')
			return true;
	}
}

static const char *
network_read(const char *text, struct arena *a)
{
	return address_cidr_valid(text) ? arena_text(a, text) : NULL;
}

/* X.660: 0 and 1 have 40 arcs below them; no arc begins with a zero. */
static const char *
oid_read(const char *text, struct arena *a)
{
	size_t arcs = 0, len;
	const char *p = text;

	for (;; p += len + 1, arcs++) {
		len = strspn(p, "0123456789");
		if (len == 0 || len > 9 || (len > 1 && p[0] == '0'))
			return NULL;
		if (arcs == 0 && (len > 1 || p[0] > '2'))
			return NULL;
		if (arcs == 1 && text[0] < '2' &&
		    (len > 2 || (len == 2 && p[0] > '3')))
			return NULL;
		if (p[len] == '\0')
			break;
		if (p[len] != '.')
			return NULL;
	}
	return arcs >= 1 && strlen(text) <= OID_MAX ? arena_text(a, text)
	                                            : NULL;
}

static const char *
challenge_read(const char *text, struct arena *a)
{
	const struct challenge_type *t = challenge_find(text);

	(void)a;
	return t != NULL ? t->type : NULL;
}

/* What each kind makes of one item, or NULL. */
static const char *
item_read(enum config_kind kind, const char *text, struct arena *a)
{
	switch (kind) {
	case K_HOSTS:
		return host_read(text, a);
	case K_NETWORKS:
		return network_read(text, a);
	case K_NAMES:
		return policy_pattern(text, a);
	case K_CHALLENGES:
		return challenge_read(text, a);
	default:
		return oid_read(text, a);
	}
}

struct list {
	enum config_kind kind;
	struct arena *a;
	const char **items;
	size_t n;
};

/* An item given twice counts once. */
static bool
add(void *arg, const char *item)
{
	struct list *l = arg;
	const char *value = item_read(l->kind, item, l->a);

	if (value == NULL)
		return false;
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->items[i], value) == 0)
			return true;
	l->items[l->n++] = value;
	return true;
}

bool
config_list_in(const struct config_key *k, const char *text, void *base,
    struct arena *a)
{
	struct list l = { .kind = k->kind,
		.a = a,
		.items = ARENA_ARRAY(a, const char *, ITEMS_MAX) };

	if (!config_items(text, a, add, &l))
		return false;
	memcpy((char *)base + k->at, &l.items, sizeof(l.items));
	memcpy((char *)base + k->count_at, &l.n, sizeof(l.n));
	return true;
}

const char *
config_list_out(const struct config_key *k, const void *base, struct arena *a)
{
	const char *const *items;
	const char *out = "";
	size_t n;

	memcpy(&items, (const char *)base + k->at, sizeof(items));
	memcpy(&n, (const char *)base + k->count_at, sizeof(n));
	for (size_t i = 0; i < n; i++)
		out = arena_printf(a, "%s%s%s", out, i == 0 ? "" : ", ",
		    items[i]);
	return out;
}
