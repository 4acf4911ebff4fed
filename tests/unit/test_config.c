#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "server/config_int.h"
#include "tests/cmocka.h"

/* What was said, a line each. */
struct said {
	char text[8192];
};

static void
hear(void *arg, const char *line)
{
	struct said *s = arg;

	(void)strncat(s->text, line, sizeof(s->text) - strlen(s->text) - 2);
	(void)strcat(s->text, "\n");
}

static struct said said;
static const struct config_report report = { hear, &said };

/* A directory with `yaml` in it, for the length of a test. */
static const char *
dir_with(const char *yaml)
{
	static char dir[64], file[96];
	FILE *f;

	(void)snprintf(dir, sizeof(dir), "/tmp/mayfly-config.XXXXXX");
	assert_non_null(mkdtemp(dir));
	(void)snprintf(file, sizeof(file), "%s/mayfly.yaml", dir);
	assert_non_null(f = fopen(file, "w"));
	assert_int_equal(fwrite(yaml, 1, strlen(yaml), f), strlen(yaml));
	assert_int_equal(fclose(f), 0);
	return dir;
}

static void
dir_gone(const char *dir)
{
	char file[96];

	(void)snprintf(file, sizeof(file), "%s/mayfly.yaml", dir);
	(void)unlink(file);
	assert_int_equal(rmdir(dir), 0);
}

static struct config *
load(const char *yaml)
{
	const char *dir = dir_with(yaml);
	struct config_source s = { .dir = dir };
	struct config *c;

	said.text[0] = '\0';
	c = config_load(&s, &report);
	dir_gone(dir);
	return c;
}

/* Refused, and the one line said ends like this after the directory. */
static void
refused(const char *yaml, const char *want)
{
	struct config *c = load(yaml);
	const char *from = strstr(said.text, "mayfly.yaml:");
	char line[600];

	if (c != NULL)
		fail_msg("taken: %s", yaml);
	(void)snprintf(line, sizeof(line), "%s\n", want);
	assert_string_equal(from == NULL ? said.text : from, line);
}

static struct config *
load_sets(const char *const *sets, size_t n)
{
	struct config_source s = { .sets = sets, .n_sets = n };

	said.text[0] = '\0';
	return config_load(&s, &report);
}

TEST(without_anything_said_there_are_four_profiles)
{
	struct config *c = load("");

	assert_non_null(c);
	assert_string_equal(said.text, "");
	assert_int_equal(c->n_profiles, 4);
	assert_string_equal(c->profiles[0].shape.name, "tenminutes");
	assert_int_equal(c->profiles[0].shape.lifetime_s, 600);
	assert_int_equal(c->profiles[0].shape.backdate_s, 30);
	assert_int_equal(c->profiles[1].shape.lifetime_s, 3600);
	assert_int_equal(c->profiles[2].shape.lifetime_s, 86400);
	assert_string_equal(c->listen, "0.0.0.0:8443");
	assert_null(c->listen_http);
	assert_int_equal(c->http.body_bytes, 65536);
	assert_int_equal(c->linger_ms, 3000);
	assert_int_equal(c->linger_challenge_ms, 300);
	assert_int_equal(c->serving.shape.lifetime_s, 86400);
	assert_int_equal(c->store_map, UINT64_C(1) << 40);
	config_free(c);
}

TEST(a_file_may_use_sections_lists_and_dotted_keys)
{
	struct config *c =
	    load("names: [CA.Internal, 192.0.2.1, \"2001:DB8::1\"]\n"
	         "http:\n  # body: 1\n"
	         "store:\n"
	         "profiles:\n"
	         "  short:\n    lifetime: 1m30s\n"
	         "    usages:\n      - serverAuth\n      - clientAuth\n"
	         "  hour: {offered: false}\n"
	         "default_profile: short\n"
	         "validation.allow: 127.0.0.0/8, ::1\n"
	         "validation:\n  dns: [127.0.0.1:8053, 192.0.2.53]\n"
	         "website: ~\n");

	assert_string_equal(said.text, "");
	assert_non_null(c);
	assert_int_equal(c->n_names, 3);
	assert_string_equal(c->names[0], "ca.internal");
	assert_string_equal(c->names[2], "2001:db8::1");
	assert_int_equal(c->n_profiles, 5);
	assert_string_equal(c->profiles[4].shape.name, "short");
	assert_int_equal(c->profiles[4].shape.lifetime_s, 90);
	assert_int_equal(c->profiles[4].shape.backdate_s, 30);
	assert_int_equal(c->profiles[4].shape.usages,
	    USAGE_SERVER_AUTH | USAGE_CLIENT_AUTH);
	assert_false(c->profiles[1].offered);
	assert_int_equal(c->prober.policy.n_allow, 2);
	assert_string_equal(c->prober.policy.allow[1], "::1");
	assert_string_equal(c->prober.dns, "127.0.0.1:8053,192.0.2.53:53");
	assert_null(c->website);
	config_free(c);
}

TEST(a_wrong_key_is_named_with_its_line_and_the_nearest)
{
	refused("# x\nnames: [a]\nhttp:\n  prot: 1\n",
	    "mayfly.yaml:4: http.prot: unknown key; did you mean "
	    "validation.http_port?");
	refused("lisen: 1\n",
	    "mayfly.yaml:1: lisen: unknown key; did you mean listen?");
	refused("\nprofiles:\n  hour:\n    lifetme: 1h\n",
	    "mayfly.yaml:4: profiles.hour.lifetme: unknown key; did you mean "
	    "profiles.hour.lifetime?");
	refused("zzzzzzzzzzzz: 1\n",
	    "mayfly.yaml:1: zzzzzzzzzzzz: unknown key");
	refused("htpp:\n",
	    "mayfly.yaml:1: htpp: unknown key; did you mean http?");
	refused("store: 5\n",
	    "mayfly.yaml:1: store: expected keys below it, not a value");
	refused("dir: /tmp\n", "mayfly.yaml:1: dir: unknown key");
}

TEST(a_wrong_value_is_told_what_was_expected)
{
	refused("profiles.hour.lifetime: soon\n",
	    "mayfly.yaml:1: profiles.hour.lifetime: expected a duration in "
	    "whole seconds from 5s to 3650d, such as 10m, not \"soon\"");
	refused("validation: {http_port: 70000}\n",
	    "mayfly.yaml:1: validation.http_port: expected a port from 1 to "
	    "65535, not \"70000\"");
	refused("http: {body: [1, 2]}\n",
	    "mayfly.yaml:1: http.body: expected a size from 4KiB to 16MiB, "
	    "such as 64KiB, not a list");
	refused("listen: 8443\n",
	    "mayfly.yaml:1: listen: expected HOST:PORT, such as 0.0.0.0:8443 "
	    "or [::]:8443, not \"8443\"");
	refused("listen:\n",
	    "mayfly.yaml:1: listen: expected HOST:PORT, such as 0.0.0.0:8443 "
	    "or [::]:8443, not \"\"");
	refused("policy:\n  deny: [.corp, a_b]\n",
	    "mayfly.yaml:2: policy.deny: expected a list of names, suffixes, "
	    "globs and networks, such as ca.example, .example, web-*.example "
	    "or 10.0.0.0/8, not \".corp,a_b\"");
	refused("terms: {required: yes}\n",
	    "mayfly.yaml:1: terms.required: expected true or false, not "
	    "\"yes\"");
}

static const struct {
	const char *yaml, *want;
} odd[] = {
	{ "website: &x http://a.example\nterms:\n  url: *x\n",
	    "mayfly.yaml:1: anchors (&name) are not supported" },
	{ "loops: 1\nnames: *x\n",
	    "mayfly.yaml:2: aliases (*name) are not supported" },
	{ "\nnames: &x [*x]\n",
	    "mayfly.yaml:2: anchors (&name) are not supported" },
	{ "loops: !!str 5\n", "mayfly.yaml:1: tags (!name) are not supported" },
	{ "loops: !!int 5\n", "mayfly.yaml:1: tags (!name) are not supported" },
	{ "loops: !thing 5\n",
	    "mayfly.yaml:1: tags (!name) are not supported" },
	{ "loops: 1\n---\nloops: 2\n",
	    "mayfly.yaml:2: a second document; one is expected" },
	{ "loops: 1\n\nloops: 2\n", "mayfly.yaml:3: loops: given twice; first "
	                            "at " },
	{ "- a\n- b\n", "mayfly.yaml:1: expected lines of `key: value`" },
	{ "loops: \"1\\0\"\n", "mayfly.yaml:1: a zero byte is not supported" },
	{ "{a: {b: {c: {d: {e: {f: {g: 1}}}}}}}\n",
	    "mayfly.yaml:1: nested too deep" },
	{ "loops: 1\n\tlog: 2\n", "mayfly.yaml:2: not YAML: " },
	{ "[a, b]: 1\n", "mayfly.yaml:1: expected a key" },
	{ "names: [[a]]\n",
	    "mayfly.yaml:1: names: expected a list of plain values" },
};

TEST(odd_yaml_is_refused_with_its_line)
{
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		struct config *c = load(odd[i].yaml);

		assert_null(c);
		if (strstr(said.text, odd[i].want) == NULL)
			fail_msg("%s: %s", odd[i].yaml, said.text);
	}
}

/* libyaml alone takes half a minute to say no to it. */
TEST(a_file_of_brackets_is_refused_at_once)
{
	static char yaml[CONFIG_TEXT_MAX + 1];
	struct timespec from, to;

	memset(yaml, '[', CONFIG_TEXT_MAX);
	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &from), 0);
	refused(yaml, "mayfly.yaml:1: nested too deep");
	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &to), 0);
	assert_true(to.tv_sec - from.tv_sec < 5);
}

TEST(a_file_that_is_too_long_is_refused)
{
	static char yaml[CONFIG_TEXT_MAX + 2];
	struct config *c;

	memset(yaml, '#', CONFIG_TEXT_MAX + 1);
	assert_null(load(yaml));
	assert_non_null(strstr(said.text, "mayfly.yaml: longer than 65536"));
	yaml[CONFIG_TEXT_MAX] = '\0';
	assert_non_null(c = load(yaml));
	config_free(c);
}

TEST(a_missing_file_is_an_error_unless_it_is_optional)
{
	struct config_source s = { .dir = "/nonexistent" };
	struct config *c;

	said.text[0] = '\0';
	assert_null(config_load(&s, &report));
	assert_string_equal(said.text,
	    "/nonexistent/mayfly.yaml: No such file or directory\n");
	s.file_optional = true;
	assert_non_null(c = config_load(&s, &report));
	assert_string_equal(c->dir, "/nonexistent");
	config_free(c);
}

/* NON-15: nobody can switch it on where it would hurt. */
TEST(what_is_for_tests_is_refused_in_earnest)
{
	const char *sets[] = { "test.nonce_reject=20" };
	struct config_source s = { .sets = sets, .n_sets = 1 };
	struct config *c;

	said.text[0] = '\0';
	assert_non_null(c = config_load(&s, &report));
	assert_int_equal(c->test_nonce_reject, 20);
	assert_int_equal(c->test_authz_reuse, 100);
	config_free(c);
	s.in_earnest = true;
	assert_null(config_load(&s, &report));
	assert_string_equal(said.text,
	    "--set: test.nonce_reject: only `mayfly dev` takes it; it makes a "
	    "CA misbehave, for tests of clients\n");
	sets[0] = "test.nonce_reject=0"; /* as the sample has it */
	assert_non_null(c = config_load(&s, &report));
	config_free(c);
}

TEST(each_source_wins_over_the_one_before)
{
	static char env_loops[] = "MAYFLY_LOOPS=3";
	static char env_port[] = "MAYFLY_VALIDATION_HTTP_PORT=83";
	static char env_life[] = "MAYFLY_PROFILES_TENMINUTES_LIFETIME=9m";
	static char env_pod[] = "MAYFLY_PORT_8443_TCP=tcp://10.0.0.1:8443";
	char *environ_[] = { env_loops, env_port, env_life, env_pod, NULL };
	const char *presets[] = { "loops=1", "names=preset.example",
		"drain_timeout=1s" };
	const char *sets[] = { "validation.http_port=84", "linger.poll=1s" };
	const struct config_flag flags[] = {
		{ "--http-port", "validation.http_port", "85" },
		{ "--name", "names", "a.example" },
		{ "--name", "names", "b.example" },
	};
	const char *dir = dir_with("loops: 2\nvalidation: {http_port: 82}\n"
	                           "linger: {poll: 2s}\n");
	struct config_source s = { .dir = dir,
		.presets = presets,
		.n_presets = 3,
		.environ = environ_,
		.sets = sets,
		.n_sets = 2,
		.flags = flags,
		.n_flags = 3 };
	struct config *c;

	said.text[0] = '\0';
	c = config_load(&s, &report);
	dir_gone(dir);
	assert_string_equal(said.text, "");
	assert_non_null(c);
	assert_int_equal(c->drain_ms, 1000);
	assert_int_equal(c->loops, 3);
	assert_int_equal(c->linger_ms, 1000);
	assert_int_equal(c->prober.http_port, 85);
	assert_int_equal(c->profiles[0].shape.lifetime_s, 540);
	assert_int_equal(c->n_names, 2);
	assert_string_equal(c->names[1], "b.example");
	config_free(c);
}

TEST(other_sources_are_named_like_lines_of_a_file)
{
	static char env[] = "MAYFLY_VALIDATION_HTPP_PORT=83";
	static char env2[] = "MAYFLY_LOOPS=many";
	char *environ_[] = { env, env2, NULL };
	const char *sets[] = { "http.prot=1", "loops" };
	const struct config_flag flags[] = { { "--dns", "validation.dns",
	    "resolver.example" } };
	struct config_source s = { .environ = environ_,
		.sets = sets,
		.n_sets = 2,
		.flags = flags,
		.n_flags = 1 };

	said.text[0] = '\0';
	assert_null(config_load(&s, &report));
	assert_string_equal(said.text,
	    "MAYFLY_VALIDATION_HTPP_PORT: unknown key; did you mean "
	    "MAYFLY_VALIDATION_HTTP_PORT?\n"
	    "MAYFLY_LOOPS: loops: expected a number from 0 to 256, not "
	    "\"many\"\n"
	    "--set: http.prot: unknown key; did you mean "
	    "validation.http_port?\n"
	    "--set: expected KEY=VALUE, not \"loops\"\n"
	    "--dns: validation.dns: expected a list of addresses with or "
	    "without "
	    "a port, "
	    "such as 192.0.2.53 or 127.0.0.1:8053, not \"resolver.example\"\n");
}

TEST(values_that_contradict_each_other_are_refused)
{
	static const struct {
		const char *sets[2], *want;
	} cases[] = {
		{ { "default_profile=week", NULL },
		    "--set: default_profile: expected a profile that is "
		    "offered (tenminutes, hour, day, client), not \"week\"\n" },
		{ { "profiles.tenminutes.offered=false", NULL },
		    "configuration: default_profile: expected a profile that "
		    "is offered (hour, day, client), not \"tenminutes\"\n" },
		{ { "default_profile=serving", NULL },
		    "--set: default_profile: expected a profile that is "
		    "offered (tenminutes, hour, day, client), not "
		    "\"serving\"\n" },
		{ { "store.map=1GiB", "store.max_size=2GiB" },
		    "--set: store.max_size: expected at most what store.map "
		    "is, 1GiB\n" },
		{ { "ca.issuer_lifetime=20d", "ca.root_lifetime=10d" },
		    "--set: ca.issuer_lifetime: expected at most what "
		    "ca.root_lifetime is, 10d\n" },
		{ { "listen=127.0.0.1:80", "listen_http=127.0.0.1:80" },
		    "--set: listen_http: expected another address than "
		    "listen, 127.0.0.1:80\n" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_null(load_sets(cases[i].sets,
		    cases[i].sets[1] == NULL ? 1 : 2));
		assert_string_equal(said.text, cases[i].want);
	}
}

TEST(only_so_many_errors_are_told)
{
	char yaml[4096] = "";
	size_t lines = 0;

	for (int i = 0; i < 300; i++)
		(void)strcat(yaml, "loops: 1\n");
	assert_null(load(yaml));
	for (const char *p = said.text; *p != '\0'; p++)
		lines += *p == '\n';
	assert_true(lines <= CONFIG_ERRORS_MAX + 1);
}

TEST(text_for_another_process_says_the_same_again)
{
	struct config *c =
	    load("names: [a.example, b.example]\n"
	         "profiles:\n  new: {}\n  short: {lifetime: 10m}\n"
	         "  hour: {description: \"a \\\"b\\\" \\\\ c: # Zug ü\"}\n"
	         "store: {max_size: 5GiB}\n"
	         "validation: {dns: \"::1\", allow: [127.0.0.0/8]}\n");
	struct config *again;
	const char *text;

	assert_string_equal(said.text, "");
	assert_non_null(c);
	text = config_text(c, c->arena);
	assert_non_null(strstr(text, "dir: \"/tmp/"));
	assert_null(strstr(text, "listen"));
	again = config_from_text(text, strlen(text), &report);
	assert_string_equal(said.text, "");
	assert_non_null(again);
	assert_string_equal(config_text(again, again->arena), text);
	assert_string_equal(again->dir, c->dir);
	assert_int_equal(again->n_profiles, c->n_profiles);
	assert_string_equal(again->profiles[1].description,
	    "a \"b\" \\ c: # Zug ü");
	assert_string_equal(again->profiles[4].description,
	    "A profile of this CA");
	config_free(again);
	config_free(c);
}

TEST(a_reload_takes_what_it_can_and_says_what_needs_a_restart)
{
	struct config *was = load("loops: 1\nprofiles: {x: {lifetime: 1m}}\n"
	                          "default_profile: x\nlinger: {poll: 1s}\n");
	const char *dir = dir_with("loops: 2\nprofiles: {y: {lifetime: 2m}}\n"
	                           "default_profile: y\nlinger: {poll: 2s}\n"
	                           "ca: {name: other}\n");
	struct config_source s = { .dir = dir };
	struct config *now;

	assert_non_null(was);
	said.text[0] = '\0';
	now = config_reload(&s, was, &report);
	dir_gone(dir);
	assert_non_null(now);
	assert_string_equal(said.text,
	    "loops: \"2\" takes effect at the next start\n"
	    "profiles: what changed takes effect at the next start\n");
	assert_int_equal(now->loops, 1);
	assert_int_equal(now->linger_ms, 2000);
	assert_string_equal(now->default_profile, "x");
	assert_non_null(config_profile(now, "x"));
	assert_null(config_profile(now, "y"));
	assert_string_equal(now->dir, was->dir);
	config_free(now);
	config_free(was);
}

TEST(the_directory_has_a_url_a_client_can_use)
{
	static const struct {
		const char *sets[2];
		uint16_t port;
		const char *want;
	} cases[] = {
		{ { "loops=0", "loops=0" }, 8443,
		    "https://localhost:8443/acme/directory" },
		{ { "listen=127.0.0.1:0", "loops=0" }, 1234,
		    "https://127.0.0.1:1234/acme/directory" },
		{ { "listen=[::1]:0", "loops=0" }, 443,
		    "https://[::1]/acme/directory" },
		{ { "listen=127.0.0.1:0", "names=a.example,b.example" }, 443,
		    "https://a.example/acme/directory" },
		{ { "loops=0", "names=2001:db8::1" }, 8443,
		    "https://[2001:db8::1]:8443/acme/directory" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct config *c = load_sets(cases[i].sets, 2);

		assert_non_null(c);
		assert_string_equal(config_directory_url(c, cases[i].port,
		                        c->arena),
		    cases[i].want);
		config_free(c);
	}
}

TEST(an_address_is_found_for_what_is_listened_on)
{
	struct sockaddr_storage sa;
	struct fault f = { .code = OK };
	socklen_t len = 0;

	assert_int_equal(config_address("127.0.0.1:80", &sa, &len, &f), OK);
	assert_int_equal(sa.ss_family, AF_INET);
	assert_int_equal(config_address("[::1]:80", &sa, &len, &f), OK);
	assert_int_equal(sa.ss_family, AF_INET6);
	assert_int_equal(((struct sockaddr_in6 *)&sa)->sin6_port, htons(80));
	assert_int_equal(config_address("nowhere", &sa, &len, &f),
	    ERR_MALFORMED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_anything_said_there_are_four_profiles),
		cmocka_unit_test(a_file_may_use_sections_lists_and_dotted_keys),
		cmocka_unit_test(
		    a_wrong_key_is_named_with_its_line_and_the_nearest),
		cmocka_unit_test(a_wrong_value_is_told_what_was_expected),
		cmocka_unit_test(odd_yaml_is_refused_with_its_line),
		cmocka_unit_test(a_file_of_brackets_is_refused_at_once),
		cmocka_unit_test(a_file_that_is_too_long_is_refused),
		cmocka_unit_test(
		    a_missing_file_is_an_error_unless_it_is_optional),
		cmocka_unit_test(what_is_for_tests_is_refused_in_earnest),
		cmocka_unit_test(each_source_wins_over_the_one_before),
		cmocka_unit_test(other_sources_are_named_like_lines_of_a_file),
		cmocka_unit_test(values_that_contradict_each_other_are_refused),
		cmocka_unit_test(only_so_many_errors_are_told),
		cmocka_unit_test(text_for_another_process_says_the_same_again),
		cmocka_unit_test(
		    a_reload_takes_what_it_can_and_says_what_needs_a_restart),
		cmocka_unit_test(the_directory_has_a_url_a_client_can_use),
		cmocka_unit_test(an_address_is_found_for_what_is_listened_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
