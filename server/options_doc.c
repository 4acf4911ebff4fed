/* What the tables of the command line say to people. */
#include <string.h>

#include "base/page.h"
#include "server/options_int.h"
#include "server/version.h"

enum { WIDTH = 79, VERB_WIDTH = 16 };

static const char exit_codes[] =
    "0 ok, 1 failure, 2 usage, 3 not found, 4 refused by policy, "
    "5 unreachable, 10 warnings only.";

const char *
options_usage(struct arena *a)
{
	struct page *p = page_new(a);

	page_add(p,
	    "mayfly %s, an ACME certificate authority for private networks\n\n"
	    "usage: mayfly VERB [OPTION]...\n\n",
	    MAYFLY_VERSION);
	for (unsigned v = 0; v < VERB__COUNT; v++)
		page_add(p, "  %-*s %s\n", VERB_WIDTH, verb_rows[v].name,
		    verb_rows[v].summary);
	page_add(p,
	    "  %-*s what `--help` after a verb says\n\n"
	    "Begin with `mayfly up`.  More in mayfly(1) and mayfly.yaml(5).\n",
	    VERB_WIDTH, "help");
	return page_text(p);
}

const char *
options_group_usage(const char *group, struct arena *a)
{
	struct page *p = page_new(a);
	size_t n = strlen(group);

	page_add(p, "usage: mayfly %s VERB [OPTION]...\n\n", group);
	for (unsigned v = 0; v < VERB__COUNT; v++)
		if (strncmp(verb_rows[v].name, group, n) == 0 &&
		    verb_rows[v].name[n] == ' ')
			page_add(p, "  %-12s %s\n", verb_rows[v].name + n + 1,
			    verb_rows[v].summary);
	page_add(p, "\nMore with --help after each.\n");
	return page_text(p);
}

/* "--listen HOST:PORT" */
static const char *
form(const struct option_row *o, struct arena *a)
{
	return arena_printf(a, "--%s%s%s", o->name, o->value == NULL ? "" : " ",
	    o->value == NULL ? "" : o->value);
}

/* "ca show --dir D [N]" */
static const char *
synopsis(unsigned v, struct arena *a)
{
	const struct verb_row *row = &verb_rows[v];
	bool dir = false;

	for (size_t i = 0; i < n_option_rows; i++)
		if (option_is_on(&option_rows[i], v) &&
		    strcmp(option_rows[i].name, "dir") == 0)
			dir = (ON_USUAL >> v & 1) == 0;
	return arena_printf(a, "mayfly %s%s%s%s", row->name,
	    dir ? " --dir D" : "", row->operands[0] == '\0' ? "" : " ",
	    row->operands);
}

const char *
options_help(enum verb v, struct arena *a)
{
	struct page *p = page_new(a);

	page_add(p, "usage: %s [OPTION]...\n\n", synopsis(v, a));
	page_add(p, "mayfly %s: %s.\n", verb_rows[v].name,
	    verb_rows[v].summary);
	page_wrap(p, "", verb_rows[v].text, WIDTH);
	page_add(p, "\n");
	for (size_t i = 0; i < n_option_rows; i++) {
		const struct option_row *o = &option_rows[i];

		if (!option_is_on(o, v))
			continue;
		page_add(p, "  %s\n", form(o, a));
		page_wrap(p, "        ", o->help, WIDTH);
	}
	page_add(p, "\n--option=VALUE is as good as --option VALUE.\n");
	page_wrap(p, "", arena_printf(a, "Exit codes: %s", exit_codes), WIDTH);
	return page_text(p);
}

static const char manual_head[] =
    ".TH MAYFLY 1 \"\" \"mayfly\" \"User commands\"\n"
    ".SH NAME\n"
    "mayfly \\- ACME certificate authority for private networks\n"
    ".SH SYNOPSIS\n"
    ".B mayfly\n"
    ".I verb\n"
    ".RI [ option ]...\n"
    ".SH DESCRIPTION\n"
    "A certificate authority that any ACME client (RFC 8555) can be pointed\n"
    "at, made for certificates that live ten minutes.\n"
    ".PP\n"
    ".nf\n"
    "mayfly up\n"
    ".fi\n"
    ".PP\n"
    "makes one and serves it.  Nothing is ever asked.\n"
    ".SH VERBS\n";

static const char manual_tail[] =
    ".SH SIGNALS\n"
    "To the process that was started:\n"
    ".TP\n"
    ".B SIGHUP\n"
    "Read the configuration again; if anything is wrong with it, say so and\n"
    "stay as it is.\n"
    ".TP\n"
    ".BR SIGTERM ,\\  SIGINT\n"
    "Accept nothing more, answer what is under way, and end.\n"
    ".SH FILES\n"
    "In the directory:\n"
    ".TP\n"
    ".B mayfly.yaml\n"
    "The configuration.\n"
    ".TP\n"
    ".B root.pem\n"
    "The certificate that clients shall trust.\n"
    ".TP\n"
    ".B ca/\n"
    "Certificates and keys of root and issuers.\n"
    ".TP\n"
    ".B db/\n"
    "The store.\n"
    ".TP\n"
    ".B serving.pem\n"
    "The server's own certificate and key.\n"
    ".TP\n"
    ".B lock\n"
    "Held by the server that runs.\n";

const char *
options_manual(struct arena *a)
{
	struct page *p = page_new(a);

	page_add(p, "%s", manual_head);
	for (unsigned v = 0; v < VERB__COUNT; v++) {
		page_add(p, ".TP\n.B ");
		page_roff(p, synopsis(v, a));
		page_roff(p, arena_printf(a, "%s.", verb_rows[v].summary));
		page_roff(p, verb_rows[v].text);
	}
	page_add(p, ".SH OPTIONS\n");
	for (size_t i = 0; i < n_option_rows; i++) {
		const struct option_row *o = &option_rows[i];
		const char *verbs = "";

		for (unsigned v = 0; v < VERB__COUNT; v++)
			if (option_is_on(o, v))
				verbs = arena_printf(a, "%s%s%s", verbs,
				    verbs[0] == '\0' ? "" : ", ",
				    verb_rows[v].name);
		page_add(p, ".TP\n.B ");
		page_roff(p, form(o, a));
		page_roff(p, o->help);
		page_roff(p, arena_printf(a, "For %s.", verbs));
	}
	page_add(p, "%s.SH EXIT STATUS\n", manual_tail);
	page_roff(p, exit_codes);
	page_add(p, ".SH SEE ALSO\n.BR mayfly.yaml (5)\n");
	return page_text(p);
}
