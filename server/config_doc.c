/* The sample file and the manual page: the table, told to people. */
#include "server/config_doc.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/page.h"
#include "server/config_int.h"

enum { WIDTH = 79 };

static const char sample_head[] =
    "# mayfly.yaml: what the certificate authority in this directory goes by.\n"
    "#\n"
    "# Every key is here, with its default behind a `#`.  The environment\n"
    "# (MAYFLY_HTTP_BODY=1MiB), `--set http.body=1MiB` and flags win over "
    "this\n"
    "# file.  `mayfly check --dir D` says what is wrong with it; SIGHUP makes "
    "a\n"
    "# running server read it again, and stay as it is if something is.\n";

/* "A duration from 1s to 10m.  Needs a restart." */
static const char *
particulars(const struct config_key *k, struct arena *a)
{
	char *what = arena_printf(a, "%s.%s", config_value_kind(k, a),
	    k->when == W_START  ? "  Needs a restart."
	    : k->when == W_INIT ? "  Used by `mayfly init` only."
	                        : "");

	what[0] = (char)toupper((unsigned char)what[0]);
	return what;
}

/* As YAML wants it, where it stands alone on its line or in a list. */
static const char *
quoted(const char *value, bool in_list, struct arena *a)
{
	bool plain = isalnum((unsigned char)value[0]) || value[0] == '/';

	if (strpbrk(value, "\"\\#") != NULL || strstr(value, ": ") != NULL ||
	    (in_list && strpbrk(value, ",[]{}:") != NULL))
		plain = false;
	return plain ? value : arena_printf(a, "\"%s\"", value);
}

/* "name: value", behind a `#` after the indent unless it is given. */
static void
sample_line(struct page *p, const struct config_key *k, const char *value,
    struct arena *a)
{
	const char *dot = strrchr(k->pattern, '.');
	const char *name = dot == NULL ? k->pattern : dot + 1;

	if (k->kind >= K_USAGES)
		page_add(p, "#%s: [%s]\n", name, value);
	else if (value[0] == '\0')
		page_add(p, "#%s:\n", name);
	else
		page_add(p, "#%s: %s\n", name, quoted(value, false, a));
}

static void
sample_names(struct page *p, const char *const *names, size_t n,
    struct arena *a)
{
	page_add(p, "names: [");
	for (size_t i = 0; i < n; i++)
		page_add(p, "%s%s", i == 0 ? "" : ", ",
		    quoted(names[i], true, a));
	page_add(p, "]\n");
}

static void
sample_help(struct page *p, const char *indent, const struct config_key *k,
    struct arena *a)
{
	page_wrap(p, arena_printf(a, "%s# ", indent),
	    arena_printf(a, "%s  %s", k->help, particulars(k, a)), WIDTH);
}

/* The built-in profiles: the first with all the help, all with all keys. */
static void
sample_profiles(struct page *p, const struct config *defaults, struct arena *a)
{
	page_add(p, "\n# These are there by themselves; add others under "
	            "names of your own.\nprofiles:\n");
	for (size_t i = 0; i < defaults->n_profiles; i++) {
		const struct config_profile *profile = &defaults->profiles[i];

		page_add(p, "  %s:\n", profile->shape.name);
		for (size_t j = 0; j < n_config_keys; j++) {
			const struct config_key *k = &config_keys[j];

			if (strchr(k->pattern, '*') == NULL)
				continue;
			if (i == 0)
				sample_help(p, "    ", k, a);
			page_add(p, "    ");
			sample_line(p, k, config_value_text(k, profile, a), a);
		}
	}
}

const char *
config_sample(const char *const *names, size_t n_names, struct arena *a)
{
	struct config *defaults = config_defaults();
	struct page *p = page_new(a);
	const char *section = "";

	page_add(p, "%s", sample_head);
	for (size_t i = 0; i < n_config_keys; i++) {
		const struct config_key *k = &config_keys[i];
		size_t len = strcspn(k->pattern, ".");
		bool nested = k->pattern[len] == '.';
		bool new =
		    nested && (strlen(section) != len ||
		                  strncmp(section, k->pattern, len) != 0);

		if (nested)
			section = arena_bytes(a, k->pattern, len);
		if (k->when == W_INNER)
			continue;
		if (new &&strchr(k->pattern, '*') != NULL)
			sample_profiles(p, defaults, a);
		if (strchr(k->pattern, '*') != NULL)
			continue;
		if (new)
			page_add(p, "\n%s:\n", section);
		else if (!nested)
			page_add(p, "\n");
		sample_help(p, nested ? "  " : "", k, a);
		page_add(p, "%s", nested ? "  " : "");
		if (n_names > 0 && strcmp(k->pattern, "names") == 0)
			sample_names(p, names, n_names, a);
		else
			sample_line(p, k, k->fallback, a);
	}
	config_free(defaults);
	return page_text(p);
}

static const char manual_head[] =
    ".TH MAYFLY.YAML 5 \"\" \"mayfly\" \"File formats\"\n"
    ".SH NAME\n"
    "mayfly.yaml \\- configuration of the ACME certificate authority mayfly\n"
    ".SH DESCRIPTION\n"
    "The file lies in the directory that is served.  It is YAML: sections, a\n"
    "value to a key, and lists, either\n"
    ".B [a, b]\n"
    "or one item a line; a key may also be written with its section, as\n"
    ".BR \"http.body: 1MiB\" .\n"
    "Tags, aliases, a key given twice and a second document are refused.\n"
    ".PP\n"
    "What is said more than once counts as said last in this order: default,\n"
    "file, environment,\n"
    ".BR \\-\\-set ,\n"
    "flag.  In the environment\n"
    ".B http.body\n"
    "is\n"
    ".B MAYFLY_HTTP_BODY\n"
    "and\n"
    ".B profiles.hour.lifetime\n"
    "is\n"
    ".BR MAYFLY_PROFILES_HOUR_LIFETIME ;\n"
    "items of a list have commas between them, there and after\n"
    ".BR \\-\\-set .\n"
    "An empty value leaves out what can be left out.\n"
    ".PP\n"
    "On SIGHUP a running server reads all of it again.  If anything is wrong\n"
    "it says so and stays as it is.  Keys that need a restart keep their\n"
    "value until then, and that is said too.\n"
    ".PP\n"
    "Durations are numbers with the units\n"
    ".BR d ,\n"
    ".BR h ,\n"
    ".BR m ,\n"
    ".B s\n"
    "and\n"
    ".BR ms ,\n"
    "from wide to narrow, as in\n"
    ".BR 1h30m .\n"
    "Sizes have the units\n"
    ".BR TiB ,\n"
    ".BR GiB ,\n"
    ".BR MiB ,\n"
    ".B KiB\n"
    "and\n"
    ".BR B .\n"
    ".SH KEYS\n";

static const char manual_tail[] = ".SH EXAMPLE\n"
                                  ".nf\n"
                                  "names: [ca.internal, 192.0.2.10]\n"
                                  "listen: \"[::]:443\"\n"
                                  "default_profile: hour\n"
                                  "profiles:\n"
                                  "  machines:\n"
                                  "    lifetime: 20m\n"
                                  "    usages: [serverAuth, clientAuth]\n"
                                  "validation:\n"
                                  "  dns: [192.0.2.53]\n"
                                  ".fi\n"
                                  ".SH SEE ALSO\n"
                                  ".BR mayfly (1)\n";

const char *
config_manual(struct arena *a)
{
	struct page *p = page_new(a);

	page_add(p, "%s", manual_head);
	for (size_t i = 0; i < n_config_keys; i++) {
		const struct config_key *k = &config_keys[i];
		const char *star = strchr(k->pattern, '*');

		if (k->when == W_INNER)
			continue;
		page_add(p, ".TP\n.B ");
		page_roff(p, star == NULL ? k->pattern
		                          : arena_printf(a, "%.*sNAME%s",
		                                (int)(star - k->pattern),
		                                k->pattern, star + 1));
		page_roff(p, k->help);
		page_roff(p, particulars(k, a));
		if (k->fallback[0] != '\0')
			page_roff(p,
			    arena_printf(a, "Default: %s.", k->fallback));
	}
	page_add(p, ".PP\nThe profiles");
	for (size_t i = 0; i < n_config_builtins; i++)
		page_add(p, "%s\n.B %s\n(%s)", i == 0 ? "" : ",",
		    config_builtins[i].name, config_builtins[i].lifetime);
	page_add(p, "\nare there by themselves.\n%s", manual_tail);
	return page_text(p);
}
