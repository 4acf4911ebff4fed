/* Replies, read as a client reads them: with a JSON library of its own. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tests/fake/parts.h"

const char *
fake_header(const struct fake_reply *r, const char *name)
{
	for (size_t i = 0; i < r->n_headers; i++)
		if (strcasecmp(r->headers[i].name, name) == 0)
			return r->headers[i].value;
	return NULL;
}

size_t
fake_headers(const struct fake_reply *r, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n_headers; i++)
		n += strcasecmp(r->headers[i].name, name) == 0;
	return n;
}

/* One line a link, <target>;rel="relation" (CONFORMANCE HTTP-09). */
const char *
fake_link(struct fake_ca *w, const struct fake_reply *r, const char *rel)
{
	const char *tail = arena_printf(w->arena, ">;rel=\"%s\"", rel);

	for (size_t i = 0; i < r->n_headers; i++) {
		const char *v = r->headers[i].value, *end;

		if (strcasecmp(r->headers[i].name, "Link") == 0 &&
		    v[0] == '<' && (end = strchr(v, '>')) != NULL &&
		    strcmp(end, tail) == 0)
			return arena_bytes(w->arena, v + 1,
			    (size_t)(end - v - 1));
	}
	return NULL;
}

static json_t *
at(json_t *v, const char *path)
{
	char *copy = strdup(path), *save = NULL;

	fake_must(copy != NULL, "no memory");
	for (char *k = strtok_r(copy, ".", &save); k != NULL && v != NULL;
	     k = strtok_r(NULL, ".", &save))
		v = json_is_array(v) ? json_array_get(v, strtoul(k, NULL, 10))
		                     : json_object_get(v, k);
	free(copy);
	return v;
}

static const char *
as_text(struct fake_ca *w, const json_t *v)
{
	char *text;
	const char *copy;

	if (v == NULL)
		return NULL;
	if (json_is_string(v))
		return arena_text(w->arena, json_string_value(v));
	text = json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT);
	fake_must(text != NULL, "JSON that cannot be written");
	copy = arena_text(w->arena, text);
	free(text);
	return copy;
}

const char *
fake_json(struct fake_ca *w, const struct fake_reply *r, const char *path)
{
	json_t *root =
	    json_loadb(r->body, r->body_len, JSON_REJECT_DUPLICATES, NULL);
	const char *text = as_text(w, at(root, path));

	json_decref(root);
	return text;
}

size_t
fake_json_count(struct fake_ca *w, const struct fake_reply *r, const char *path)
{
	json_t *root =
	    json_loadb(r->body, r->body_len, JSON_REJECT_DUPLICATES, NULL);
	const json_t *v = at(root, path);
	size_t n = json_is_array(v) ? json_array_size(v) : json_object_size(v);

	(void)w;
	json_decref(root);
	return n;
}

const char *
fake_path(const char *url)
{
	const char *scheme = "https://ca.test:8443";

	fake_must(url != NULL && strncmp(url, scheme, strlen(scheme)) == 0,
	    "a URL that is not ours");
	return url + strlen(scheme);
}

bool
fake_problem(struct fake_ca *w, const struct fake_reply *r, int status,
    const char *type)
{
	const char *urn =
	    arena_printf(w->arena, "urn:ietf:params:acme:error:%s", type);
	const char *ct = fake_header(r, "Content-Type");
	const char *is = fake_json(w, r, "type");
	const char *says = fake_json(w, r, "status");
	const char *detail = fake_json(w, r, "detail");

	if (r->status == status && ct != NULL &&
	    strcmp(ct, "application/problem+json") == 0 && is != NULL &&
	    strcmp(is, urn) == 0 && says != NULL && atoi(says) == status &&
	    detail != NULL && detail[0] != '\0' &&
	    fake_json(w, r, "identifier") == NULL)
		return true;
	(void)fprintf(stderr, "# wanted %d %s, got %d %.*s\n", status, type,
	    r->status, (int)r->body_len, r->body);
	return false;
}
