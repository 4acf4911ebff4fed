/* The command line: rows of two tables, matched in one pass. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "server/nearest.h"
#include "server/options_int.h"

const struct option_row option_rows[] = {
#define X(name, value, on, key, help) { name, value, on, key, help },
	OPTIONS(X)
#undef X
};
const size_t n_option_rows = sizeof(option_rows) / sizeof(option_rows[0]);

const struct verb_row verb_rows[] = {
#define X(verb, name, operands, summary, text) \
	{ name, operands, summary, text },
	VERBS(X)
#undef X
};

const char *
options_verb_name(enum verb v)
{
	return verb_rows[v].name;
}

bool
option_is_on(const struct option_row *o, unsigned verb)
{
	return (o->on >> verb & 1) != 0;
}

/* Length of the first word of a verb's name if it has two, else 0. */
static size_t
group_len(unsigned v)
{
	size_t n = strcspn(verb_rows[v].name, " ");

	return verb_rows[v].name[n] == ' ' ? n : 0;
}

static bool
in_group(unsigned v, const char *group)
{
	size_t n = group_len(v);

	return n > 0 && strlen(group) == n &&
	       strncmp(group, verb_rows[v].name, n) == 0;
}

bool
options_is_group(const char *name)
{
	for (unsigned v = 0; v < VERB__COUNT; v++)
		if (in_group(v, name))
			return true;
	return false;
}

static enum verb
unknown_verb(const char *said, const char *group, struct nearest *near,
    struct fault *f)
{
	const char *gap = group[0] == '\0' ? "" : " ";

	if (near->name != NULL)
		(void)fault(f, ERR_MALFORMED,
		    "mayfly%s%s: unknown verb \"%s\"; did you mean %s?", gap,
		    group, said, near->name);
	else
		(void)fault(f, ERR_MALFORMED,
		    "mayfly%s%s: unknown verb \"%s\"; see mayfly%s%s --help",
		    gap, group, said, gap, group);
	return VERB__COUNT;
}

/* The second word. */
static enum verb
verb_of_group(const char *group, const char *name, struct fault *f)
{
	struct nearest near = nearest_to(name);

	for (unsigned v = 0; v < VERB__COUNT; v++) {
		const char *second = verb_rows[v].name + group_len(v) + 1;

		if (!in_group(v, group))
			continue;
		if (strcmp(name, second) == 0)
			return (enum verb)v;
		nearest_try(&near, second, second, 0);
	}
	return unknown_verb(name, group, &near, f);
}

enum verb
options_verb(int argc, char *const *argv, int *words, struct fault *f)
{
	struct nearest near = nearest_to(argv[0]);

	*words = 1;
	for (unsigned v = 0; v < VERB__COUNT; v++) {
		const char *name = verb_rows[v].name;
		char group[16];

		if (strcmp(argv[0], name) == 0)
			return (enum verb)v;
		if (group_len(v) == 0) {
			nearest_try(&near, name, name, 0);
			continue;
		}
		(void)snprintf(group, sizeof(group), "%.*s", (int)group_len(v),
		    name);
		nearest_try(&near, group, verb_rows[v].name, 0);
	}
	if (options_is_group(argv[0])) {
		*words = 2;
		if (argc > 1 && argv[1][0] != '-')
			return verb_of_group(argv[0], argv[1], f);
		(void)fault(f, ERR_MALFORMED,
		    "mayfly %s: what of it? See mayfly %s --help", argv[0],
		    argv[0]);
		return VERB__COUNT;
	}
	nearest_try(&near, "help", "help", 0);
	return unknown_verb(argv[0], "", &near, f);
}

/* The row of "--listen" or "--listen=…"; `value` is what follows the `=`. */
static const struct option_row *
find(enum verb v, const char *arg, const char **value)
{
	const char *name = arg + 2;
	size_t len = strcspn(name, "=");

	*value = name[len] == '=' ? name + len + 1 : NULL;
	for (size_t i = 0; i < n_option_rows; i++)
		if (option_is_on(&option_rows[i], v) &&
		    strlen(option_rows[i].name) == len &&
		    strncmp(option_rows[i].name, name, len) == 0)
			return &option_rows[i];
	return NULL;
}

static enum err
unknown(enum verb v, const char *arg, struct arena *a, struct fault *f)
{
	const char *name = arg + strspn(arg, "-");
	struct nearest near;

	name = arena_bytes(a, name, strcspn(name, "="));
	near = nearest_to(name);
	for (size_t i = 0; i < n_option_rows; i++)
		if (option_is_on(&option_rows[i], v))
			nearest_try(&near, option_rows[i].name,
			    option_rows[i].name, 0);
	if (near.name != NULL)
		return fault(f, ERR_MALFORMED,
		    "mayfly %s: unknown option %s; did you mean --%s?",
		    verb_rows[v].name, arg, near.name);
	return fault(f, ERR_MALFORMED,
	    "mayfly %s: unknown option %s; see mayfly %s --help",
	    verb_rows[v].name, arg, verb_rows[v].name);
}

/* Behind the last flag of the same key, or at the end. */
static void
add_flag(struct options *o, const struct option_row *row, const char *value,
    struct arena *a)
{
	size_t at = o->n_flags;

	for (size_t i = 0; i < o->n_flags; i++)
		if (strcmp(o->flags[i].key, row->key) == 0)
			at = i + 1;
	memmove(&o->flags[at + 1], &o->flags[at],
	    (o->n_flags - at) * sizeof(o->flags[0]));
	o->flags[at] = (struct config_flag){
		.flag = arena_printf(a, "--%s", row->name),
		.key = row->key,
		.value = value,
	};
	o->n_flags++;
}

static void
take(struct options *o, const struct option_row *row, const char *value,
    struct arena *a)
{
	if (row->key != NULL)
		add_flag(o, row, value, a);
	else if (strcmp(row->name, "dir") == 0)
		o->dir = value;
	else if (strcmp(row->name, "ready-file") == 0)
		o->ready_file = value;
	else if (strcmp(row->name, "set") == 0)
		o->sets[o->n_sets++] = value;
	else if (strcmp(row->name, "help") == 0)
		o->help = true;
	else
		o->others[o->n_others++] = (struct config_flag){ row->name,
			NULL, value == NULL ? "" : value };
}

const char *
options_other(const struct options *o, const char *name)
{
	const char *value = NULL;

	for (size_t i = 0; i < o->n_others; i++)
		if (strcmp(o->others[i].flag, name) == 0)
			value = o->others[i].value;
	return value;
}

/* How many operands the row asks for, and bears. */
static void
operands_of(const char *text, size_t *least, size_t *most)
{
	*least = *most = 0;
	for (const char *p = text; *p != '\0'; p++) {
		if (p != text && p[-1] != ' ')
			continue;
		++*most;
		*least += *p != '[';
	}
	if (strstr(text, "…") != NULL)
		*most = SIZE_MAX;
}

static enum err
operands_check(const struct options *o, struct fault *f)
{
	const struct verb_row *row = &verb_rows[o->verb];
	size_t least, most;

	operands_of(row->operands, &least, &most);
	if (o->n_operands > most)
		return fault(f, ERR_MALFORMED,
		    "mayfly %s: unexpected argument \"%s\"", row->name,
		    o->operands[most]);
	if (o->n_operands < least && !o->help)
		return fault(f, ERR_MALFORMED,
		    "mayfly %s: what is missing is %s: mayfly %s %s", row->name,
		    row->operands, row->name, row->operands);
	return OK;
}

enum err
options_parse(enum verb v, int argc, char **argv, struct arena *a,
    struct options *out, struct fault *f)
{
	const char *verb = verb_rows[v].name;

	*out = (struct options){ .verb = v,
		.sets = ARENA_ARRAY(a, const char *, (size_t)argc + 1),
		.flags = ARENA_ARRAY(a, struct config_flag, (size_t)argc + 1),
		.operands = ARENA_ARRAY(a, const char *, (size_t)argc + 1),
		.others =
		    ARENA_ARRAY(a, struct config_flag, (size_t)argc + 1) };
	for (int i = 0; i < argc; i++) {
		const char *arg = argv[i], *value;
		const struct option_row *row;

		if (strcmp(arg, "-h") == 0)
			arg = "--help";
		if (arg[0] != '-' || arg[1] == '\0') {
			out->operands[out->n_operands++] = arg;
			continue;
		}
		if (arg[1] != '-' || (row = find(v, arg, &value)) == NULL)
			return unknown(v, arg, a, f);
		if (row->value == NULL && value != NULL)
			return fault(f, ERR_MALFORMED,
			    "mayfly %s: --%s takes no value", verb, row->name);
		if (row->value != NULL && value == NULL &&
		    (++i == argc || strncmp(value = argv[i], "--", 2) == 0))
			return fault(f, ERR_MALFORMED,
			    "mayfly %s: --%s needs a value: --%s %s", verb,
			    row->name, row->name, row->value);
		if (value != NULL && value[0] == '\0' && row->key == NULL)
			return fault(f, ERR_MALFORMED,
			    "mayfly %s: --%s needs a value: --%s %s", verb,
			    row->name, row->name, row->value);
		take(out, row, value, a);
	}
	return operands_check(out, f);
}
