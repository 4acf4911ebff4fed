/* The command line: rows of two tables, matched in one pass. */
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
#define X(verb, name, summary, text) { name, summary, text },
	VERBS(X)
#undef X
};

const char *
options_verb_name(enum verb v)
{
	return verb_rows[v].name;
}

enum verb
options_verb(const char *name, struct fault *f)
{
	struct nearest near = nearest_to(name);

	for (unsigned v = 0; v < VERB__COUNT; v++) {
		if (strcmp(name, verb_rows[v].name) == 0)
			return (enum verb)v;
		nearest_try(&near, verb_rows[v].name, verb_rows[v].name, 0);
	}
	nearest_try(&near, "help", "help", 0);
	if (near.name != NULL)
		(void)fault(f, ERR_MALFORMED,
		    "mayfly: unknown verb \"%s\"; did you mean %s?", name,
		    near.name);
	else
		(void)fault(f, ERR_MALFORMED,
		    "mayfly: unknown verb \"%s\"; see mayfly --help", name);
	return VERB__COUNT;
}

/* The row of "--listen" or "--listen=…"; `value` is what follows the `=`. */
static const struct option_row *
find(enum verb v, const char *arg, const char **value)
{
	const char *name = arg + 2;
	size_t len = strcspn(name, "=");

	*value = name[len] == '=' ? name + len + 1 : NULL;
	for (size_t i = 0; i < n_option_rows; i++)
		if ((option_rows[i].on & 1U << v) != 0 &&
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
		if ((option_rows[i].on & 1U << v) != 0)
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
	else
		o->help = true;
}

enum err
options_parse(enum verb v, int argc, char **argv, struct arena *a,
    struct options *out, struct fault *f)
{
	const char *verb = verb_rows[v].name;

	*out = (struct options){ .verb = v,
		.sets = ARENA_ARRAY(a, const char *, (size_t)argc + 1),
		.flags = ARENA_ARRAY(a, struct config_flag, (size_t)argc + 1) };
	for (int i = 0; i < argc; i++) {
		const char *arg = argv[i], *value;
		const struct option_row *row;

		if (strcmp(arg, "-h") == 0)
			arg = "--help";
		if (arg[0] != '-' || arg[1] == '\0')
			return fault(f, ERR_MALFORMED,
			    "mayfly %s: unexpected argument \"%s\"", verb, arg);
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
	return OK;
}
