#include "acme/subdomains.h"

#include <string.h>

enum { LEAST_LABELS = 2 }; /* of what stands for all below it */

const char *
domain_above(const char *name)
{
	const char *dot = strchr(name, '.');

	return dot != NULL && strchr(dot + 1, '.') != NULL ? dot + 1 : NULL;
}

/* Equal, or above it at a dot. */
static bool
is_above(const char *ancestor, const char *name)
{
	size_t n = strlen(name), len = strlen(ancestor);

	return len <= n && strcmp(name + n - len, ancestor) == 0 &&
	       (len == n || name[n - len - 1] == '.');
}

enum err
ancestor_parse(const char *value, const struct name_rules *rules,
    struct arena *a, struct ident *out, struct fault *f)
{
	unsigned least = rules->wildcard_labels > LEAST_LABELS
	                     ? rules->wildcard_labels
	                     : LEAST_LABELS;

	TRY(ident_parse("dns", value, a, out, f));
	if (out->wildcard)
		return fault(f, ERR_MALFORMED,
		    "\"%.100s\": name the domain without a star; its "
		    "subdomains are meant anyway",
		    value);
	if (name_labels(out) < least) /* SUB-03 */
		return fault(f, ERR_REJECTED_IDENTIFIER,
		    "nobody speaks for all names below \"%.100s\"; name a "
		    "domain of at least %u labels",
		    value, least);
	return OK;
}

static enum err
accept_one(const struct name_in *in, const struct ident *id,
    const struct name_rules *rules, struct arena *a, struct ident *above,
    struct fault *f)
{
	if (id->type != IDENT_DNS)
		return fault(f, ERR_MALFORMED,
		    "\"%.100s\": an address has no ancestorDomain", id->value);
	TRY(ancestor_parse(in->ancestor, rules, a, above, f));
	if (!is_above(above->value, id->value)) /* SUB-01 */
		return fault(f, ERR_MALFORMED,
		    "ancestorDomain \"%.100s\" is not above \"%.100s\"",
		    in->ancestor, id->value);
	return OK;
}

enum err
ancestors_accept(const struct name_in *in, size_t n_in,
    const struct ident *idents, size_t n, const struct name_rules *rules,
    struct arena *a, const char *const **out, struct fault *f)
{
	const char **above = ARENA_ARRAY(a, const char *, n);
	struct fault *bad = ARENA_ARRAY(a, struct fault, n_in);
	size_t n_bad = 0;

	for (size_t i = 0; i < n_in; i++) {
		struct ident *id = ARENA_NEW(a, struct ident), up = { 0 };
		size_t k = 0;

		if (in[i].ancestor == NULL)
			continue;
		TRY(ident_parse(in[i].type, in[i].value, a, id, f));
		while (k < n && !ident_equal(&idents[k], id))
			k++;
		if (accept_one(&in[i], id, rules, a, &up, &bad[n_bad]) != OK)
			bad[n_bad++].ident = id;
		else if (k < n && above[k] == NULL)
			above[k] = up.value;
	}
	*out = above;
	return n_bad == 0 ? OK : names_refuse(f, bad, n_bad, n_in);
}
