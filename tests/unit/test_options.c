#include <stdio.h>

#include "server/config_doc.h"
#include "server/config_int.h"
#include "server/options_int.h"
#include "tests/cmocka.h"

enum { ARGS_MAX = 12 };

/* Parse words that stand between spaces. */
static enum err
parse(enum verb v, const char *line, struct arena *a, struct options *out,
    struct fault *f)
{
	char *copy = arena_text(a, line), *argv[ARGS_MAX];
	int argc = 0;

	for (char *word = strtok(copy, " "); word != NULL && argc < ARGS_MAX;
	     word = strtok(NULL, " "))
		argv[argc++] = word;
	*f = (struct fault){ .code = OK };
	return options_parse(v, argc, argv, a, out, f);
}

TEST(both_spellings_of_a_value_are_taken)
{
	struct arena *a = arena_new();
	struct options o;
	struct fault f;

	assert_int_equal(parse(VERB_SERVE,
	                     "--dir /d --listen=[::]:1 --set a=b=c --set=x=y "
	                     "--ready-file /r",
	                     a, &o, &f),
	    OK);
	assert_string_equal(o.dir, "/d");
	assert_string_equal(o.ready_file, "/r");
	assert_int_equal(o.n_sets, 2);
	assert_string_equal(o.sets[0], "a=b=c");
	assert_string_equal(o.sets[1], "x=y");
	assert_int_equal(o.n_flags, 1);
	assert_string_equal(o.flags[0].flag, "--listen");
	assert_string_equal(o.flags[0].key, "listen");
	assert_string_equal(o.flags[0].value, "[::]:1");
	assert_false(o.help);
	arena_free(a);
}

TEST(names_add_up_wherever_they_stand)
{
	struct arena *a = arena_new();
	struct options o;
	struct fault f;
	struct config *c;

	assert_int_equal(parse(VERB_UP,
	                     "--name a --http-port 81 --name b --dns "
	                     "127.0.0.1:53 "
	                     "--name=c",
	                     a, &o, &f),
	    OK);
	assert_int_equal(o.n_flags, 5);
	c = config_load(&(struct config_source){ .flags = o.flags,
	                    .n_flags = o.n_flags },
	    &(struct config_report){ 0 });
	assert_non_null(c);
	assert_int_equal(c->n_names, 3);
	assert_string_equal(c->names[2], "c");
	assert_int_equal(c->prober.http_port, 81);
	config_free(c);
	arena_free(a);
}

static const struct {
	enum verb v;
	const char *line, *want;
} bad[] = {
	{ VERB_SERVE, "--listn x",
	    "mayfly serve: unknown option --listn; did you mean --listen?" },
	{ VERB_SERVE, "--wibblewobble",
	    "mayfly serve: unknown option --wibblewobble; see mayfly serve "
	    "--help" },
	{ VERB_INIT, "--ready-file x",
	    "mayfly init: unknown option --ready-file; see mayfly init "
	    "--help" },
	{ VERB_CHECK, "--nam x",
	    "mayfly check: unknown option --nam; see mayfly check --help" },
	{ VERB_UP, "now", "mayfly up: unexpected argument \"now\"" },
	{ VERB_UP, "-", "mayfly up: unexpected argument \"-\"" },
	{ VERB_UP, "--dir", "mayfly up: --dir needs a value: --dir D" },
	{ VERB_UP, "--dir --name x",
	    "mayfly up: --dir needs a value: --dir D" },
	{ VERB_UP, "--dir=", "mayfly up: --dir needs a value: --dir D" },
	{ VERB_UP, "--help=x", "mayfly up: --help takes no value" },
	{ VERB_UP, "-d /tmp",
	    "mayfly up: unknown option -d; see mayfly up --help" },
	{ VERB_UP, "--", "mayfly up: unknown option --; see mayfly up --help" },
};

TEST(what_is_not_understood_is_one_line_with_a_way_on)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct arena *a = arena_new();
		struct options o;
		struct fault f;

		assert_int_equal(parse(bad[i].v, bad[i].line, a, &o, &f),
		    ERR_MALFORMED);
		assert_string_equal(f.detail, bad[i].want);
		arena_free(a);
	}
}

/* The verb that these words begin with; how many they are in `words`. */
static enum verb
verb_of(const char *line, int *words, struct arena *a, struct fault *f)
{
	char *copy = arena_text(a, line), *argv[ARGS_MAX];
	int argc = 0;

	for (char *word = strtok(copy, " "); word != NULL && argc < ARGS_MAX;
	     word = strtok(NULL, " "))
		argv[argc++] = word;
	*f = (struct fault){ .code = OK };
	return options_verb(argc, argv, words, f);
}

TEST(a_mistyped_verb_is_told_the_nearest)
{
	static const struct {
		const char *line, *want;
	} rows[] = {
		{ "sevre", "mayfly: unknown verb \"sevre\"; did you mean "
		           "serve?" },
		{ "frobnicate", "mayfly: unknown verb \"frobnicate\"; see "
		                "mayfly --help" },
		{ "ca lits", "mayfly ca: unknown verb \"lits\"; did you mean "
		             "list?" },
		{ "ca frobnicate", "mayfly ca: unknown verb \"frobnicate\"; "
		                   "see mayfly ca --help" },
		{ "ca", "mayfly ca: what of it? See mayfly ca --help" },
		{ "ca --dir x", "mayfly ca: what of it? See mayfly ca --help" },
	};
	struct arena *a = arena_new();
	struct fault f;
	int words;

	assert_int_equal(verb_of("serve --dir x", &words, a, &f), VERB_SERVE);
	assert_int_equal(words, 1);
	assert_int_equal(verb_of("ca show 1", &words, a, &f), VERB_CA_SHOW);
	assert_int_equal(words, 2);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(verb_of(rows[i].line, &words, a, &f),
		    VERB__COUNT);
		assert_string_equal(f.detail, rows[i].want);
	}
	arena_free(a);
}

TEST(operands_are_as_many_as_the_verb_takes)
{
	struct arena *a = arena_new();
	struct options o;
	struct fault f;

	assert_int_equal(parse(VERB_CA_SHOW, "--dir /d --json 7", a, &o, &f),
	    OK);
	assert_int_equal(o.n_operands, 1);
	assert_string_equal(o.operands[0], "7");
	assert_string_equal(options_other(&o, "json"), "");
	assert_int_equal(parse(VERB_CA_SHOW, "--dir /d", a, &o, &f), OK);
	assert_int_equal(o.n_operands, 0);
	assert_null(options_other(&o, "json"));
	assert_int_equal(parse(VERB_CA_SHOW, "7 8", a, &o, &f), ERR_MALFORMED);
	assert_string_equal(f.detail,
	    "mayfly ca show: unexpected argument \"8\"");
	arena_free(a);
}

TEST(help_is_asked_for_in_two_ways)
{
	struct arena *a = arena_new();
	struct options o;
	struct fault f;

	assert_int_equal(parse(VERB_INIT, "-h", a, &o, &f), OK);
	assert_true(o.help);
	assert_int_equal(parse(VERB_DEV, "--dir x --help", a, &o, &f), OK);
	assert_true(o.help);
	arena_free(a);
}

TEST(help_says_who_needs_a_directory)
{
	static const enum verb need[] = { VERB_INIT, VERB_SERVE },
	                       can_do_without[] = { VERB_UP, VERB_CHECK,
		                       VERB_CA_LIST, VERB_EAB_LIST };
	struct arena *a = arena_new();

	for (size_t i = 0; i < 2; i++)
		assert_non_null(strstr(options_help(need[i], a),
		    arena_printf(a, "usage: mayfly %s --dir D ",
		        options_verb_name(need[i]))));
	for (size_t i = 0; i < 4; i++)
		assert_non_null(strstr(options_help(can_do_without[i], a),
		    arena_printf(a, "usage: mayfly %s [OPTION]",
		        options_verb_name(can_do_without[i]))));
	arena_free(a);
}

TEST(every_option_names_a_key_that_is_there)
{
	char name[CONFIG_NAME_SIZE];

	for (size_t i = 0; i < n_option_rows; i++)
		if (option_rows[i].key != NULL)
			assert_non_null(config_key_of(option_rows[i].key,
			    name));
}

TEST(every_verb_has_help_with_its_options_in_79_columns)
{
	struct arena *a = arena_new();

	for (unsigned v = 0; v < VERB__COUNT; v++) {
		const char *text = options_help((enum verb)v, a);

		for (size_t i = 0; i < n_option_rows; i++) {
			const char *flag =
			    arena_printf(a, "  --%s", option_rows[i].name);

			assert_int_equal(strstr(text, flag) != NULL,
			    option_is_on(&option_rows[i], v));
		}
		for (const char *p = text; *p != '\0';
		     p += strcspn(p, "\n") + 1)
			assert_true(strcspn(p, "\n") <= 79);
		assert_non_null(strstr(options_usage(a),
		    options_verb_name((enum verb)v)));
	}
	arena_free(a);
}

/* A file of the repository is what the tables make of it. */
static void
compare(const char *path, const char *want)
{
	static char text[128 * 1024];
	FILE *f = fopen(path, "r");

	if (f == NULL)
		fail_msg("%s: not there; make docs", path);
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	(void)fclose(f);
	if (strcmp(text, want) != 0)
		fail_msg("%s: out of date; make docs", path);
}

TEST(manual_pages_and_sample_are_those_of_the_tables)
{
	struct arena *a = arena_new();

	compare("docs/mayfly.1", options_manual(a));
	compare("docs/mayfly.yaml.5", config_manual(a));
	compare("examples/mayfly.yaml", config_sample(NULL, 0, a));
	arena_free(a);
}

static void
said(void *arg, const char *line)
{
	(void)arg;
	fail_msg("%s", line);
}

TEST(the_sample_is_complete_and_says_the_defaults)
{
	const struct config_report r = { said, NULL };
	struct arena *a = arena_new();
	const char *sample = config_sample(NULL, 0, a);
	char *bare = arena_text(a, sample);
	struct config *c = config_from_text(sample, strlen(sample), &r);

	assert_non_null(c);
	assert_string_equal(config_text(c, a), "");
	config_free(c);
	/* And so it does when every `#` before a key is taken away. */
	for (char *p = bare; (p = strchr(p, '#')) != NULL; p++)
		if (p[1] != ' ' && p[1] != '\n')
			memmove(p, p + 1, strlen(p));
	for (size_t i = 0; i < n_config_keys; i++) {
		const char *dot = strrchr(config_keys[i].pattern, '.');

		if (config_keys[i].when != W_INNER)
			assert_non_null(strstr(bare,
			    arena_printf(a, "%s:",
			        dot == NULL ? config_keys[i].pattern
			                    : dot + 1)));
	}
	c = config_from_text(bare, strlen(bare), &r);
	assert_non_null(c);
	assert_string_equal(config_text(c, a), "");
	config_free(c);
	arena_free(a);
}

TEST(the_sample_has_the_names_that_are_given)
{
	static const char *const names[] = { "ca.internal", "2001:db8::1" };
	const struct config_report r = { said, NULL };
	struct arena *a = arena_new();
	const char *sample = config_sample(names, 2, a);
	struct config *c = config_from_text(sample, strlen(sample), &r);

	assert_non_null(c);
	assert_int_equal(c->n_names, 2);
	assert_string_equal(c->names[1], "2001:db8::1");
	config_free(c);
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_spellings_of_a_value_are_taken),
		cmocka_unit_test(names_add_up_wherever_they_stand),
		cmocka_unit_test(
		    what_is_not_understood_is_one_line_with_a_way_on),
		cmocka_unit_test(a_mistyped_verb_is_told_the_nearest),
		cmocka_unit_test(operands_are_as_many_as_the_verb_takes),
		cmocka_unit_test(help_is_asked_for_in_two_ways),
		cmocka_unit_test(help_says_who_needs_a_directory),
		cmocka_unit_test(every_option_names_a_key_that_is_there),
		cmocka_unit_test(
		    every_verb_has_help_with_its_options_in_79_columns),
		cmocka_unit_test(
		    manual_pages_and_sample_are_those_of_the_tables),
		cmocka_unit_test(the_sample_is_complete_and_says_the_defaults),
		cmocka_unit_test(the_sample_has_the_names_that_are_given),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
