/* One table of rules, each asked of all levels; the first that speaks refuses. */
#include "acme/policy.h"

#include <stdlib.h>
#include <string.h>

#include "acme/names.h"
#include "challenges/challenge.h"

enum { NAME_BYTES_MAX = 253, LABEL_MAX = 63, SHOWN_MAX = 200 };

/* --- patterns --- */

static bool
label_valid(const char *label, size_t len)
{
	return len > 0 && len <= LABEL_MAX && label[0] != '-' &&
	       label[len - 1] != '-' &&
	       strspn(label, "abcdefghijklmnopqrstuvwxyz0123456789-*") >= len;
}

static bool
name_valid(const char *name)
{
	size_t len = 0;

	if (strcmp(name, ".") == 0)
		return true;
	if (strlen(name) > NAME_BYTES_MAX)
		return false;
	if (name[0] == '.' && strchr(name, '*') != NULL)
		return false;
	for (name += name[0] == '.';; name += len + 1) {
		len = strcspn(name, ".");
		if (!label_valid(name, len))
			return false;
		if (name[len] == '\0')
			return true;
	}
}

const char *
policy_pattern(const char *text, struct arena *a)
{
	char *out = arena_text(a, text);

	for (char *p = out; *p != '\0'; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	return address_cidr_valid(out) || name_valid(out) ? out : NULL;
}

/* Does the pattern fit, `*` being anything but a dot? */
static bool
fits(const char *pattern, const char *name)
{
	const char *star = NULL, *from = NULL;

	while (*name != '\0')
		if (*pattern == '*') {
			star = ++pattern;
			from = name;
		} else if (*pattern == *name) {
			pattern++;
			name++;
		} else if (star != NULL && *from != '.') {
			pattern = star; /* the star takes one more */
			name = ++from;
		} else {
			return false;
		}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

/* Is `name`, or what is below it if so asked, below the suffix ".base"? */
static bool
is_below(const char *suffix, const char *name, bool or_same)
{
	size_t s = strlen(suffix + 1), n = strlen(name);

	if (s == 0)
		return true;
	if (n == s)
		return or_same && strcmp(name, suffix + 1) == 0;
	return n > s && strcmp(name + (n - s), suffix + 1) == 0 &&
	       name[n - s - 1] == '.';
}

/* Of the names one label below `base`: are all meant, or any? */
static bool
fits_wildcard(const char *pattern, const char *base, bool all)
{
	const char *rest;

	if (pattern[0] == '.')
		return is_below(pattern, base, true);
	if ((rest = strchr(pattern, '.')) == NULL || !fits(rest + 1, base))
		return false;
	if (!all) /* IDN-07 */
		return true;
	return strncmp(pattern, "*.", 2) == 0;
}

static bool
matches(const char *pattern, const struct ident *id, bool all)
{
	unsigned char address[16];

	if (id->type == IDENT_IP)
		return address_cidr_has(pattern, address,
		    ident_address(id, address));
	if (address_cidr_valid(pattern))
		return false;
	if (id->wildcard)
		return fits_wildcard(pattern, id->value, all);
	return pattern[0] == '.' ? is_below(pattern, id->value, false)
	                         : fits(pattern, id->value);
}

static const char *
find(const struct name_list *l, const struct ident *id, bool all)
{
	for (size_t i = 0; i < l->n; i++)
		if (matches(l->patterns[i], id, all))
			return l->patterns[i];
	return NULL;
}

/* --- rules --- */

/* ".corp, 10.0.0.0/8", as far as it fits a line. */
static const char *
shown(const struct name_list *l, struct arena *a)
{
	const char *out = l->patterns[0];

	for (size_t i = 1; i < l->n; i++) {
		if (strlen(out) + strlen(l->patterns[i]) > SHOWN_MAX)
			return arena_printf(a, "%s and %zu more", out,
			    l->n - i);
		out = arena_printf(a, "%s, %s", out, l->patterns[i]);
	}
	return out;
}

/* What a rule says against the name, in `a`; NULL: nothing. */
typedef const char *policy_rule(const struct policy_level *l,
    const struct ident *id, struct arena *a);

static const char *
denied(const struct policy_level *l, const struct ident *id, struct arena *a)
{
	const char *p = find(&l->deny, id, false);

	return p != NULL ? arena_printf(a, "deny: %s", p) : NULL;
}

static const char *
wildcard(const struct policy_level *l, const struct ident *id, struct arena *a)
{
	(void)a;
	return l->no_wildcards && id->wildcard ? "wildcards: false" : NULL;
}

static const char *
not_allowed(const struct policy_level *l, const struct ident *id,
    struct arena *a)
{
	if (l->allow.n == 0 || find(&l->allow, id, true) != NULL)
		return NULL;
	return arena_printf(a, "allow: %s", shown(&l->allow, a));
}

/* clang-format off */
static const struct {
	const char *says;
	policy_rule *against;
} rules[] = {
	{ "refuses",                denied },
	{ "has no wildcards, and refuses", wildcard },
	{ "does not allow",         not_allowed },
};
/* clang-format on */

static bool
refused(const struct policy_level *levels, size_t n, const struct ident *id,
    struct arena *a, struct fault *f)
{
	for (size_t r = 0; r < sizeof(rules) / sizeof(rules[0]); r++)
		for (size_t i = 0; i < n; i++) {
			const char *rule = rules[r].against(&levels[i], id, a);

			if (rule == NULL)
				continue;
			(void)fault(f, ERR_REJECTED_IDENTIFIER,
			    "the policy of %s %s \"%.253s\" (%s%s%s)",
			    levels[i].who, rules[r].says, ident_text(id, a),
			    levels[i].keys != NULL ? levels[i].keys : "",
			    levels[i].keys != NULL ? "." : "", rule);
			f->ident = id;
			return true;
		}
	return false;
}

enum err
policy_check(const struct policy_level *levels, size_t n_levels,
    const struct ident *idents, size_t n, struct arena *a, struct fault *f)
{
	struct fault *bad = ARENA_ARRAY(a, struct fault, n);
	size_t n_bad = 0;

	for (size_t i = 0; i < n; i++)
		if (refused(levels, n_levels, &idents[i], a, &bad[n_bad]))
			n_bad++;
	return n_bad == 0 ? OK : names_refuse(f, bad, n_bad, n); /* ERR-10 */
}
