/* Verbs that do their work and end; what is common to all verbs. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/check.h"
#include "cli/init.h"
#include "crypto/blocked.h"
#include "crypto/digest.h"
#include "server/config_doc.h"
#include "server/place.h"
#include "server/verbs_int.h"

extern char **environ;

/* Lines about flags are the caller's doing, and end in another exit code. */
static void
complain(void *arg, const char *line)
{
	struct running *run = arg;

	run->usage = strncmp(line, "--", 2) == 0;
	(void)fprintf(stderr, "mayfly %s: %s\n",
	    options_verb_name(run->o->verb), line);
}

int
running_wrong(const struct running *run, const char *what)
{
	(void)fprintf(stderr, "mayfly %s: %s\n",
	    options_verb_name(run->o->verb), what);
	return EXIT_FAILED;
}

void
running_begin(struct running *run, const struct options *o)
{
	*run = (struct running){ .o = o, .a = arena_new(), .dir = o->dir };
	run->source = (struct config_source){ .dir = o->dir,
		.environ = environ,
		.sets = o->sets,
		.n_sets = o->n_sets,
		.flags = o->flags,
		.n_flags = o->n_flags };
}

struct config *
running_load(struct running *run, bool file_optional)
{
	const struct config_report r = { complain, run };

	run->source.dir = run->dir;
	run->source.file_optional = file_optional;
	return config_load(&run->source, &r);
}

int
running_refused(const struct running *run)
{
	return run->usage ? EXIT_USAGE : EXIT_FAILED;
}

int
running_end(struct running *run, int code)
{
	arena_free(run->a);
	return code;
}

bool
running_usual_dir(struct running *run)
{
	if (run->dir == NULL)
		run->dir = place_usual(run->a);
	return run->dir != NULL;
}

/* `mayfly VERB` without the --dir it needs. */
int
running_without_dir(struct running *run)
{
	const char *verb = options_verb_name(run->o->verb);

	(void)fprintf(stderr, "mayfly %s: --dir is needed: mayfly %s --dir D\n",
	    verb, verb);
	return running_end(run, EXIT_USAGE);
}

int
verb_init(const struct options *o)
{
	struct running run;
	struct config *c;
	struct init_spec spec;
	int code;

	running_begin(&run, o);
	if (o->dir == NULL)
		return running_without_dir(&run);
	if (options_other(o, "root") != NULL &&
	    options_other(o, "offline-root") != NULL) {
		(void)running_wrong(&run,
		    "--root is a root of others, --offline-root one of its "
		    "own: which?");
		return running_end(&run, EXIT_USAGE);
	}
	if ((c = running_load(&run, true)) == NULL)
		return running_end(&run, running_refused(&run));
	spec = (struct init_spec){
		.dir = c->dir,
		.yaml = config_sample(c->names, c->n_names, run.a),
		.ca = c->ca,
		.passphrase_file = c->passphrase_file,
		.now = (int64_t)time(NULL),
		.offline_root = options_other(o, "offline-root"),
		.root = options_other(o, "root"),
	};
	code = cli_init(&spec);
	config_free(c);
	return running_end(&run, code);
}

static void
find(void *arg, const char *line)
{
	finding_error(arg, "%s", line);
}

/* What only this process's place in the tree lets it look at. */
static void
check_config(const struct config *c, struct findings *fs)
{
	struct sockaddr_storage sa;
	struct fault f = { .code = OK };
	struct blocked *blocked;
	socklen_t len = 0;

	if (config_address(c->listen, &sa, &len, &f) != OK)
		finding_error(fs, "listen: %s", f.detail);
	if (c->listen_http != NULL &&
	    config_address(c->listen_http, &sa, &len, &f) != OK)
		finding_error(fs, "listen_http: %s", f.detail);
	if (c->public_http != NULL && c->listen_http == NULL)
		finding_warning(fs,
		    "public_http: certificates point to %s, and listen_http is "
		    "off: does something else pass that on to here?",
		    c->public_http);
	if (c->prober.hosts_file != NULL &&
	    access(c->prober.hosts_file, R_OK) != 0)
		finding_error(fs, "validation.hosts_file: %s: %s",
		    c->prober.hosts_file, strerrordesc_np(errno));
	blocked = blocked_new(c->blocked_file, &f);
	if (blocked == NULL)
		finding_error(fs, "keys.blocked_file: %s", f.detail);
	blocked_free(blocked);
}

static void
ignore(void *arg, const char *line)
{
	(void)arg;
	(void)line;
}

static struct check_spec
what_to_check(const struct config *c, const char *dir)
{
	struct check_spec spec = { .dir = dir,
		.passphrase_file = c->passphrase_file,
		.store = { .map_bytes = c->store_map,
		    .max_bytes = c->store_max,
		    .digest = sha256 },
		.rotate = c->ca_rotate,
		.overlap_s = c->ca_overlap_s,
		.now = (int64_t)time(NULL) };

	for (size_t i = 0; i < c->n_profiles; i++)
		if (c->profiles[i].shape.lifetime_s > spec.longest_s)
			spec.longest_s = c->profiles[i].shape.lifetime_s;
	return spec;
}

int
verb_check(const struct options *o)
{
	struct running run;
	struct findings fs = { 0 };
	const struct config_report heard = { find, &fs },
	                           deaf = { ignore, NULL };
	struct check_spec spec;
	struct config *c;

	running_begin(&run, o);
	run.source.in_earnest = true;
	if (!running_usual_dir(&run))
		return running_without_dir(&run);
	run.source.dir = run.dir;
	c = config_load(&run.source, &heard);
	if (c != NULL)
		check_config(c, &fs);
	else /* must not hide what else is wrong */
		c = config_load(&(struct config_source){ 0 }, &deaf);
	spec = what_to_check(c, run.dir);
	check_dir(&spec, &fs);
	config_free(c);
	return running_end(&run, findings_exit(&fs, run.dir));
}
