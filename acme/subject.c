#include "acme/subject.h"

#include <string.h>

#include "acme/copy.h"

static const char scheme[] = "https://";

struct list {
	const char **at;
	size_t n;
};

static void
add(struct list *l, const char *url)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->at[i], url) == 0)
			return;
	l->at[l->n++] = url;
}

/* ":8443", or "" where an https URL names no port; NULL if it is none. */
static const char *
port_of(const char *url, struct arena *a)
{
	const char *at;

	if (url == NULL || strncmp(url, scheme, sizeof(scheme) - 1) != 0)
		return NULL;
	at = url + sizeof(scheme) - 1;
	at += strcspn(at, *at == '[' ? "]" : ":/");
	if (*at == ']')
		at++;
	return arena_bytes(a, at, strcspn(at, "/"));
}

/* The port of the client's URL, and that of the directory. */
const char *const *
subject_urls(const struct subject *s, const struct acme_config *config,
    struct arena *a, size_t *n)
{
	const char *ports[] = { port_of(s->account_url, a),
		port_of(config->directory_url, a) };
	struct list l = { ARENA_ARRAY(a, const char *, 2 * config->n_names + 1),
		0 };
	char id[ID_TEXT];

	id_text(s->account, id);
	if (s->account_url != NULL)
		add(&l, arena_text(a, s->account_url));
	for (size_t i = 0; i < config->n_names; i++) {
		const char *name = config->names[i];
		bool v6 = strchr(name, ':') != NULL;

		for (size_t j = 0; j < 2; j++)
			if (ports[j] != NULL)
				add(&l, arena_printf(a,
				            "%s%s%s%s%s/acme/account/%s",
				            scheme, v6 ? "[" : "", name,
				            v6 ? "]" : "", ports[j], id));
	}
	*n = l.n;
	return l.at;
}

static const char *const *
copy_texts(const char *const *from, size_t n, struct arena *a)
{
	const char **to = ARENA_ARRAY(a, const char *, n);

	for (size_t i = 0; i < n; i++)
		to[i] = arena_text(a, from[i]);
	return to;
}

void
subject_put(const struct subject *s, const struct acme_config *config,
    struct probe *p)
{
	struct arena *a = p->arena;

	p->ident = *ident_copy(s->ident, 1, a);
	p->accounts = subject_urls(s, config, a, &p->n_accounts);
	p->account_url = p->n_accounts > 0 ? p->accounts[0] : "";
	p->issuers =
	    copy_texts(config->caa_identities, config->n_caa_identities, a);
	p->n_issuers = config->n_caa_identities;
}
