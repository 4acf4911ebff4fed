#include "acme/account_urls.h"

#include <string.h>

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

const char *const *
account_urls(const struct acme_config *config, struct id account,
    const char *url, struct arena *a, size_t *n)
{
	const char *ports[] = { port_of(url, a),
		port_of(config->directory_url, a) };
	struct list l = { ARENA_ARRAY(a, const char *, 2 * config->n_names + 1),
		0 };
	char id[ID_TEXT];

	id_text(account, id);
	if (url != NULL)
		add(&l, url);
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
