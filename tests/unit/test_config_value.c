#include <stdio.h>

#include "server/config_int.h"
#include "tests/cmocka.h"

static void
hear(void *arg, const char *line)
{
	(void)snprintf(arg, CONFIG_LINE_MAX, "%s", line);
}

TEST(every_default_is_read_and_written_as_the_table_has_it)
{
	struct config *c = config_defaults();
	char name[CONFIG_NAME_SIZE], why[CONFIG_LINE_MAX];

	for (size_t i = 0; i < n_config_keys; i++) {
		const struct config_key *k = &config_keys[i];
		struct config_profile fresh = { .offered = false };
		void *base = strchr(k->pattern, '*') == NULL ? (void *)c
		                                             : (void *)&fresh;

		assert_true(config_value_read(k, k->fallback, base, c->arena,
		    why));
		assert_string_equal(config_value_text(k, base, c->arena),
		    k->fallback);
		assert_ptr_equal(config_key_of(k->pattern, name), k);
		assert_true(strlen(k->help) > 5);
	}
	config_free(c);
}

TEST(members_are_as_wide_as_their_kind)
{
	for (size_t i = 0; i < n_config_keys; i++) {
		const struct config_key *k = &config_keys[i];
		size_t want = sizeof(char *);

		if (k->kind <= K_DAYS || k->kind == K_COUNT ||
		    k->kind == K_LEVEL || k->kind == K_USAGES ||
		    k->kind == K_CAA || k->kind == K_WISH || k->kind == K_KEYS)
			want = sizeof(unsigned);
		else if (k->kind == K_RATE)
			want = sizeof(struct rate);
		else if (k->kind == K_PORT)
			want = sizeof(uint16_t);
		else if (k->kind == K_BOOL)
			want = sizeof(bool);
		else if (k->kind == K_SIZE)
			want = sizeof(uint64_t);
		assert_int_equal(k->size, want);
		assert_int_equal(k->kind >= K_HOSTS, k->count_at != 0);
	}
}

/* One value each kind takes, as it is written again, and some it does not. */
static const struct {
	const char *key, *value, *again;
} values[] = {
	{ "profiles.x.ocsp", "false", "false" },
	{ "profiles.x.aia", "", "" },
	{ "profiles.x.aia", "maybe", NULL },
	{ "linger.poll", "1s500ms", "1500ms" },
	{ "linger.poll", "0", "0s" },
	{ "linger.poll", "31s", NULL },
	{ "linger.poll", "1", NULL },
	{ "linger.poll", "-1s", NULL },
	{ "linger.poll", "1s1m", NULL },
	{ "linger.poll", "1s ", NULL },
	{ "linger.poll", "99999999999999999999s", NULL },
	{ "linger.poll", "18446744073709551615d", NULL },
	{ "profiles.x.lifetime", "1h30m", "90m" },
	{ "profiles.x.lifetime", "5s500ms", NULL },
	{ "profiles.x.lifetime", "365d", "365d" },
	{ "profiles.UP.lifetime", "1h", NULL },
	{ "profiles.serving.lifetime", "1h", NULL },
	{ "profiles.a.b.lifetime", "1h", NULL },
	{ "profiles..lifetime", "1h", NULL },
	{ "ca.root_lifetime", "43824h", "1826d" },
	{ "ca.root_lifetime", "1h", NULL },
	{ "ca.name", "", NULL },
	{ "ca.name", "Zeitlose Züge", "Zeitlose Züge" },
	{ "ca.name", "a\nb", NULL },
	{ "ca.name", "\xff", NULL },
	{ "ca.name", "\xef\xbb\xbfx", NULL },
	{ "ca.name", "12345678901234567890123456789012345678901", NULL },
	{ "http.body", "1MiB512KiB", "1536KiB" },
	{ "http.body", "65536B", "64KiB" },
	{ "http.body", "64KB", NULL },
	{ "http.body", "1KiB", NULL },
	{ "validation.http_port", "0", NULL },
	{ "store.max_size", "16777216TiB", NULL },
	{ "listen", "[::]:443", "[::]:443" },
	{ "listen", "[2001:DB8::1]:443", "[2001:db8::1]:443" },
	{ "listen", "CA.Internal:0", "ca.internal:0" },
	{ "listen", "::1:443", NULL },
	{ "listen", "[127.0.0.1]:443", NULL },
	{ "listen", "127.0.0.1:65536", NULL },
	{ "listen", "127.0.0.1:", NULL },
	{ "listen", ":443", NULL },
	{ "listen", "a b:443", NULL },
	{ "names", "*.example.com", NULL },
	{ "names", "a,,b", NULL },
	{ "names", "a, a ,b", "a, b" },
	{ "names", "", "" },
	{ "caa_identities", "CA.Example, xn--maana-pta.example",
	    "ca.example, xn--maana-pta.example" },
	{ "caa_identities", "ca.example.", NULL },
	{ "caa_identities", "ca_1.example", NULL },
	{ "caa_identities",
	    "ma\xc3\xb1"
	    "ana.example",
	    NULL },
	{ "validation.dns", "::1", "[::1]:53" },
	{ "validation.dns", "[::1]:5353, 1.2.3.4", "[::1]:5353,1.2.3.4:53" },
	{ "validation.dns", "1.2.3.4:0", NULL },
	{ "validation.allow", "10.0.0.0/33", NULL },
	{ "validation.allow", "10.0.0.0/8,fe80::/10", "10.0.0.0/8, fe80::/10" },
	{ "profiles.x.policies", "2.23.140.1.2.1,1.39.1",
	    "2.23.140.1.2.1, 1.39.1" },
	{ "profiles.x.policies", "1.40.1", NULL },
	{ "profiles.x.policies", "3.1", NULL },
	{ "profiles.x.policies", "1", NULL },
	{ "profiles.x.policies", "1.2.03", NULL },
	{ "profiles.x.policies", "1.2.", NULL },
	{ "profiles.x.usages", "clientAuth , serverAuth",
	    "serverAuth, clientAuth" },
	{ "profiles.x.usages", "", NULL },
	{ "profiles.x.usages", "codeSigning", NULL },
	{ "log.level", "warn", "warn" },
	{ "log.level", "loud", NULL },
	{ "caa.check", "on", "on" },
	{ "caa.check", "strict", NULL },
	{ "validation.challenges", "dns-01 , http-01,dns-01",
	    "dns-01, http-01" },
	{ "validation.challenges", "dns-02", NULL },
	{ "validation.challenges", "", NULL },
	{ "limits.orders", "300/1h", "300/1h" },
	{ "limits.orders", "300/60m", "300/1h" },
	{ "limits.orders", "7/90s", "7/90s" },
	{ "limits.orders", "0", "0" },
	{ "limits.orders", "0/1h", NULL },
	{ "limits.orders", "1/0s", NULL },
	{ "limits.orders", "1/h", NULL },
	{ "limits.orders", "1/1", NULL },
	{ "limits.orders", "1/366d", "1/366d" },
	{ "limits.orders", "1/367d", NULL },
	{ "limits.orders", "4294967296/1h", NULL },
	{ "limits.orders", "often", NULL },
	{ "policy.allow", "*.A.example , .b, 10.0.0.0/8,host",
	    "*.a.example, .b, 10.0.0.0/8, host" },
	{ "policy.deny", "a_b", NULL },
	{ "profiles.x.deny", ".*.corp", NULL },
	{ "website", "https://a.example/x", "https://a.example/x" },
	{ "website", "javascript:1", NULL },
	{ "website", "https:///", NULL },
	{ "website", "https://a b", NULL },
	{ "ca.passphrase_file", "/run/secret", "/run/secret" },
	{ "ca.passphrase_file", "secret", NULL },
};

/* DIR-07. */
TEST(each_kind_takes_and_writes_its_values)
{
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		char pair[256], name[CONFIG_NAME_SIZE];
		const char *sets[] = { pair };
		char line[CONFIG_LINE_MAX] = "";
		const struct config_report report = { hear, line };
		const struct config_key *k;
		struct config *c;

		(void)snprintf(pair, sizeof(pair), "%s=%s", values[i].key,
		    values[i].value);
		c = config_load(&(struct config_source){ .sets = sets,
		                    .n_sets = 1 },
		    &report);
		if ((c != NULL) != (values[i].again != NULL))
			fail_msg("%s: %s", pair, line);
		if (c == NULL)
			continue;
		k = config_key_of(values[i].key, name);
		assert_string_equal(config_value_text(k,
		                        config_base(c, k, name), c->arena),
		    values[i].again);
		config_free(c);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    every_default_is_read_and_written_as_the_table_has_it),
		cmocka_unit_test(members_are_as_wide_as_their_kind),
		cmocka_unit_test(each_kind_takes_and_writes_its_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
