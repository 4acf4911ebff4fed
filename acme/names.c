/* Names from a client: good ones are kept as they are, bad ones are all told. */
#include "acme/names.h"

#include <stdio.h>
#include <string.h>

/* clang-format off */
const struct json_field name_in_schema[] = {
	JSON_STR_REQUIRED("type",  struct name_in, type,  1, 64),
	JSON_STR_REQUIRED("value", struct name_in, value, 1, 1024),
	JSON_STR("ancestorDomain", struct name_in, ancestor, 1024),
	JSON_END
};
/* clang-format on */

static bool
among(const struct ident *idents, size_t n, const struct ident *id)
{
	for (size_t i = 0; i < n; i++)
		if (ident_equal(&idents[i], id))
			return true;
	return false;
}

/* Is `id` one label below the base of a wildcard that is there, too? */
static const struct ident *
covering(const struct ident *idents, size_t n, const struct ident *id)
{
	const char *parent;

	if (id->type != IDENT_DNS || id->wildcard ||
	    (parent = strchr(id->value, '.')) == NULL)
		return NULL;
	for (size_t i = 0; i < n; i++)
		if (idents[i].wildcard &&
		    strcmp(idents[i].value, parent + 1) == 0)
			return &idents[i];
	return NULL;
}

/* What is shown of a name that could not be parsed. */
static const struct ident *
as_sent(const struct name_in *in, struct arena *a)
{
	struct ident *id = ARENA_NEW(a, struct ident);

	id->type = strcmp(in->type, "ip") == 0 ? IDENT_IP : IDENT_DNS;
	id->value = in->value;
	return id;
}

/* Under one roof; not all clients, and no log, show what is below it. */
enum err
names_refuse(struct fault *f, const struct fault *bad, size_t n, size_t n_in)
{
	enum err code = bad[0].code;

	for (size_t i = 1; i < n; i++)
		if (bad[i].code != code)
			code = ERR_COMPOUND;
	if (n == 1)
		(void)fault(f, code, "%s", bad[0].detail);
	else
		(void)fault(f, code,
		    "%zu of the %zu identifiers are refused (see subproblems), "
		    "the first because: %s",
		    n, n_in, bad[0].detail);
	f->subproblems = bad;
	f->n_subproblems = n;
	return code;
}

static enum err
check_cover(const struct ident *idents, size_t n, struct arena *a,
    struct fault *f)
{
	for (size_t i = 0; i < n; i++) {
		const struct ident *w = covering(idents, n, &idents[i]);

		if (w != NULL) /* ORD-10 */
			return fault(f, ERR_MALFORMED,
			    "%s is covered by %s of the same order; leave one "
			    "of them out",
			    idents[i].value, ident_text(w, a));
	}
	return OK;
}

unsigned
name_labels(const struct ident *id)
{
	unsigned n = 1;

	if (id->type != IDENT_DNS)
		return 0;
	for (const char *c = id->value; *c != '\0'; c++)
		n += *c == '.';
	return n;
}

static enum err
parse_one(const struct name_in *in, const struct name_rules *rules,
    struct arena *a, struct ident *out, struct fault *f)
{
	TRY(ident_parse(in->type, in->value, a, out, f));
	if (name_labels(out) > rules->labels_max) /* IDN-08 */
		return fault(f, ERR_REJECTED_IDENTIFIER,
		    "\"%.100s\" has more than %u labels (setting "
		    "`policy.labels_max`)",
		    in->value, rules->labels_max);
	if (out->wildcard &&
	    name_labels(out) < rules->wildcard_labels) /* IDN-05 */
		return fault(f, ERR_REJECTED_IDENTIFIER,
		    "\"%.100s\" covers too much: %u labels at least must "
		    "follow the star (setting `policy.wildcard_labels`)",
		    in->value, rules->wildcard_labels);
	return OK;
}

enum err
names_accept(const struct name_in *in, size_t n, const struct name_rules *rules,
    struct arena *a, const struct ident **out, size_t *n_out, struct fault *f)
{
	struct ident *good;
	struct fault *bad;
	size_t n_good = 0, n_bad = 0;

	if (n > rules->names_max) /* ORD-07 */
		return fault(f, ERR_MALFORMED,
		    "an order may have %u identifiers at most; this one has "
		    "%zu",
		    rules->names_max, n);
	good = ARENA_ARRAY(a, struct ident, n);
	bad = ARENA_ARRAY(a, struct fault, n);
	for (size_t i = 0; i < n; i++) {
		struct ident id = { 0 };

		if (parse_one(&in[i], rules, a, &id, &bad[n_bad]) != OK)
			bad[n_bad++].ident = as_sent(&in[i], a);
		else if (!among(good, n_good, &id))
			good[n_good++] = id;
	}
	*out = good;
	*n_out = n_good;
	if (n_bad > 0)
		return names_refuse(f, bad, n_bad, n);
	return check_cover(good, n_good, a, f);
}

const char *
names_text(const struct ident *idents, size_t n, struct arena *a)
{
	const char *all = "";

	for (size_t i = 0; i < n; i++)
		all = arena_printf(a, "%s%s%s", all, i > 0 ? ", " : "",
		    ident_text(&idents[i], a));
	return all;
}

const char *
names_json(const struct ident *idents, size_t n, struct arena *a)
{
	struct jsonw *w = jsonw_new(a);

	jsonw_object(w, NULL);
	jsonw_list(w, "names");
	for (size_t i = 0; i < n; i++)
		jsonw_str(w, NULL, ident_text(&idents[i], a));
	jsonw_end(w);
	jsonw_end(w);
	return jsonw_text(w, NULL);
}

bool
names_equal(const struct ident *a, size_t n_a, const struct ident *b,
    size_t n_b)
{
	if (n_a != n_b)
		return false;
	for (size_t i = 0; i < n_a; i++)
		if (!among(b, n_b, &a[i]))
			return false;
	return true; /* neither has a name twice */
}
