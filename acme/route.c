/* Paths have segments; a segment that begins with a colon takes a value. */
#include "acme/route.h"

#include <string.h>

#include "acme/endpoints.h"

struct match {
	struct id object;
	const char *word, *profile;
};

/* Take one value; false if it cannot be one. */
static bool
take(struct rq *rq, const char *name, const char *value, size_t len,
    struct match *m)
{
	const char *text = arena_bytes(rq->arena, value, len);

	if (len == 0)
		return false;
	if (strcmp(name, "id") == 0)
		return id_parse(text, &m->object);
	if (strcmp(name, "profile") == 0)
		m->profile = text;
	else
		m->word = text;
	return true;
}

static bool
matches(struct rq *rq, const char *pattern, const char *path, struct match *m)
{
	for (; *pattern != '\0'; pattern++, path++) {
		size_t p, n;

		if (*pattern != ':') {
			if (*pattern != *path)
				return false;
			continue;
		}
		p = strcspn(pattern, "/");
		n = strcspn(path, "/");
		if (!take(rq, arena_bytes(rq->arena, pattern + 1, p - 1), path,
		        n, m))
			return false;
		pattern += p - 1;
		path += n - 1;
	}
	return *path == '\0';
}

static bool
method_fits(const char *row, const char *method)
{
	return strcmp(row, method) == 0 ||
	       (strcmp(row, "GET") == 0 && strcmp(method, "HEAD") == 0);
}

static const struct acme_profile *
profile_named(const struct acme_config *config, const char *name)
{
	for (size_t i = 0; i < config->n_profiles; i++)
		if (strcmp(config->profiles[i].name, name) == 0)
			return &config->profiles[i];
	return NULL;
}

enum err
route(struct rq *rq, const struct endpoint **row, const char **allow)
{
	bool get = false, post = false;

	for (unsigned i = 0; (*row = endpoint_at(i)) != NULL; i++) {
		struct match m = { 0 };

		if (!matches(rq, (*row)->path, rq->http->path, &m))
			continue;
		rq->profile = m.profile == NULL
		                  ? rq->config->default_profile
		                  : profile_named(rq->config, m.profile);
		if (rq->profile == NULL)
			break;
		rq->object = m.object;
		rq->word = m.word;
		if (method_fits((*row)->method, rq->http->method))
			return OK;
		get = get || strcmp((*row)->method, "GET") == 0;
		post = post || strcmp((*row)->method, "POST") == 0;
	}
	*row = NULL;
	if (!get && !post)
		return fault(&rq->fault, ERR_NOT_FOUND,
		    "there is nothing at this path; the directory is at "
		    "/acme/directory");
	*allow = !get ? "POST" : post ? "GET, HEAD, POST" : "GET, HEAD";
	return fault(&rq->fault, ERR_METHOD_NOT_ALLOWED,
	    "method not allowed here; use %s", *allow);
}
