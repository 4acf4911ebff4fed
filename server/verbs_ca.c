/* `mayfly ca …`: what is common to them, and their way to cli/. */
#include <stdio.h>
#include <time.h>

#include "cli/ca.h"
#include "server/verbs_int.h"

static struct ca_asked
asked(const struct running *run)
{
	const struct options *o = run->o;

	return (struct ca_asked){ .dir = run->dir,
		.json = options_other(o, "json") != NULL,
		.now = (int64_t)time(NULL),
		.file = o->n_operands > 0 ? o->operands[0] : NULL,
		.out = options_other(o, "out"),
		.root = options_other(o, "root"),
		.cross = options_other(o, "cross") != NULL };
}

int
verb_ca_list(const struct options *o)
{
	struct ca_asked what;
	struct running run;

	running_begin(&run, o);
	if (!running_usual_dir(&run))
		return running_without_dir(&run);
	what = asked(&run);
	return running_end(&run, cli_ca_list(&what));
}

int
verb_ca_show(const struct options *o)
{
	struct ca_asked what;
	struct running run;

	running_begin(&run, o);
	if (!running_usual_dir(&run))
		return running_without_dir(&run);
	what = asked(&run);
	return running_end(&run, cli_ca_show(&what, what.file));
}

/* The configuration says how certificates are made. */
static int
with_config(const struct options *o,
    int (*fn)(const struct ca_asked *, const struct ca_how *))
{
	struct ca_asked what;
	struct running run;
	struct config *c;
	struct ca_how how;
	int code;

	running_begin(&run, o);
	if (o->verb != VERB_CA_SIGN && !running_usual_dir(&run))
		return running_without_dir(&run);
	if ((c = running_load(&run, true)) == NULL)
		return running_end(&run, running_refused(&run));
	how = (struct ca_how){ c->ca, c->passphrase_file };
	what = asked(&run);
	code = fn(&what, &how);
	config_free(c);
	return running_end(&run, code);
}

int
verb_ca_rotate(const struct options *o)
{
	return with_config(o, cli_ca_rotate);
}

int
verb_ca_csr(const struct options *o)
{
	return with_config(o, cli_ca_csr);
}

int
verb_ca_sign(const struct options *o)
{
	if (options_other(o, "root") != NULL)
		return with_config(o, cli_ca_sign);
	(void)fprintf(stderr, "mayfly ca sign: --root is needed: mayfly ca "
	                      "sign --root DIR CSR\n");
	return EXIT_USAGE;
}

int
verb_ca_import(const struct options *o)
{
	return with_config(o, cli_ca_import);
}
