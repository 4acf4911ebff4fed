/* Verbs that serve: find or make the directory, then be the supervisor. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/init.h"
#include "server/announce.h"
#include "server/config_host.h"
#include "server/place.h"
#include "server/verbs_int.h"

/* What dev starts from; the file, if there is one, wins. */
static const char *const dev_presets[] = {
	"listen=127.0.0.1:0",
	"validation.allow=127.0.0.0/8,::1",
	"validation.hosts_file=/etc/hosts",
	"metrics.auth=false",
	"caa.check=off",
};
enum { N_DEV_PRESETS = sizeof(dev_presets) / sizeof(dev_presets[0]) };

static bool
on_all_interfaces(const struct config *c)
{
	char host[HOST_MAX];
	uint16_t port = 0;

	return host_port_split(c->listen, host, &port) &&
	       (strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0);
}

/* Without names, and reachable from elsewhere: by the name of this host. */
static struct config *
load_named(struct running *run)
{
	struct config *c = running_load(run, false);
	const char **presets, *host;

	if (c == NULL || c->n_names > 0 || !on_all_interfaces(c) ||
	    (host = place_host(run->a)) == NULL)
		return c;
	presets = ARENA_ARRAY(run->a, const char *, run->source.n_presets + 1);
	for (size_t i = 0; i < run->source.n_presets; i++)
		presets[i] = run->source.presets[i];
	presets[run->source.n_presets++] =
	    arena_printf(run->a, "names=%s", host);
	run->source.presets = presets;
	config_free(c);
	return running_load(run, false);
}

/* Whoever waits for the file must not find that of an earlier run. */
static void
remove_stale(const char *ready_file)
{
	struct stat st;

	if (ready_file != NULL && lstat(ready_file, &st) == 0 &&
	    S_ISREG(st.st_mode))
		(void)unlink(ready_file);
}

/* Our children, if they have been started before their time. */
struct early {
	struct child keeper, front;
};
#define NOBODY_EARLY                                               \
	{                                                          \
		.keeper = CHILD("keeper"), .front = CHILD("front") \
	}

static int
serve(struct running *run, struct announce *to, const struct early *early)
{
	struct supervisor_args args = { .ready = announce,
		.arg = to,
		.keeper = early->keeper,
		.front = early->front };
	int code;

	if ((args.config = load_named(run)) == NULL)
		return running_refused(run);
	args.source = run->source;
	to->ready_file = run->o->ready_file;
	remove_stale(to->ready_file);
	code = supervisor_main(&args);
	return to->failed ? EXIT_FAILED : code;
}

/* argv of `mayfly init` for what this verb was told. */
static char **
init_argv(struct running *run, const char *preset)
{
	const struct options *o = run->o;
	char **argv =
	    ARENA_ARRAY(run->a, char *, 2 * (o->n_flags + o->n_sets) + 8);
	size_t n = 0;

	argv[n++] = arena_text(run->a, "mayfly");
	argv[n++] = arena_text(run->a, "init");
	argv[n++] = arena_printf(run->a, "--dir=%s", run->dir);
	if (preset != NULL)
		argv[n++] = arena_printf(run->a, "--set=%s", preset);
	for (size_t i = 0; i < o->n_sets; i++)
		argv[n++] = arena_printf(run->a, "--set=%s", o->sets[i]);
	for (size_t i = 0; i < o->n_flags; i++)
		if (strcmp(o->flags[i].key, "names") == 0)
			argv[n++] = arena_printf(run->a, "--name=%s",
			    o->flags[i].value);
	return argv;
}

/* In a process of its own: this one must not touch a key, ever. */
static int
init_apart(struct running *run, const char *preset, bool quiet)
{
	char **argv = init_argv(run, preset);
	pid_t pid, ended;
	sigset_t none;
	int status = 0;

	if (fflush(stdout) != 0 || (pid = fork()) < 0)
		return running_wrong(run, strerrordesc_np(errno));
	if (pid == 0) {
		int fd = quiet ? open("/dev/null", O_WRONLY | O_CLOEXEC) : -1;

		if (quiet && (fd < 0 || dup2(fd, STDOUT_FILENO) < 0))
			_exit(EXIT_FAILED);
		(void)sigemptyset(&none);
		(void)sigprocmask(SIG_SETMASK, &none, NULL);
		(void)execv("/proc/self/exe", argv);
		_exit(EXIT_FAILED);
	}
	while ((ended = waitpid(pid, &status, 0)) < 0 && errno == EINTR)
		;
	if (ended < 0 || !WIFEXITED(status))
		return running_wrong(run, "init ended early");
	return WEXITSTATUS(status);
}

/*
 * They load their libraries while init makes the directory, and then wait to be
 * told.  If there is nothing to tell, our end is theirs.
 */
static void
start_early(const struct config *c, struct early *early)
{
	child_open_standard();
	log_process_set("supervisor");
	log_level_set(c->log_level);
	(void)child_start(&early->keeper, child_clock());
	(void)child_start(&early->front, child_clock());
}

/* The directory finished, by whomever; an exit code. */
static int
finish_dir(struct running *run, const char *preset, bool quiet,
    struct early *early)
{
	struct config *c;
	int code;

	if (init_finished(run->dir))
		return EXIT_OK;
	if ((c = running_load(run, true)) == NULL)
		return running_refused(run);
	start_early(c, early);
	config_free(c);
	code = init_apart(run, preset, quiet);
	return init_finished(run->dir) ? EXIT_OK : code;
}

/* What keeps D from being served at all; NULL: nothing. */
static const char *
unfit(struct running *run)
{
	if (init_finished(run->dir))
		return NULL;
	if (access(run->dir, R_OK | X_OK) != 0 && errno != ENOENT)
		return arena_printf(run->a, "%s: %s", run->dir,
		    strerrordesc_np(errno));
	return arena_printf(run->a,
	    "%s: no CA here yet; mayfly init --dir %s makes one", run->dir,
	    run->dir);
}

int
verb_serve(const struct options *o)
{
	const struct early none = NOBODY_EARLY;
	struct announce to = { 0 };
	struct running run;
	const char *why;

	running_begin(&run, o);
	run.source.in_earnest = true;
	if (o->dir == NULL)
		return running_without_dir(&run);
	if ((why = unfit(&run)) != NULL)
		return running_end(&run, running_wrong(&run, why));
	return running_end(&run, serve(&run, &to, &none));
}

int
verb_up(const struct options *o)
{
	struct early early = NOBODY_EARLY;
	struct announce to = { .people = true };
	struct running run;
	int code;

	running_begin(&run, o);
	run.source.in_earnest = true;
	if (!running_usual_dir(&run))
		return running_without_dir(&run);
	if ((code = finish_dir(&run, NULL, false, &early)) == EXIT_OK)
		code = serve(&run, &to, &early);
	return running_end(&run, code);
}

/* From now on a signal waits for the supervisor, which ends in good order. */
static void
hold_signals(void)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
}

int
verb_dev(const struct options *o)
{
	struct early early = NOBODY_EARLY;
	struct announce to = { .json = true };
	struct fault f = { .code = OK };
	struct running run;
	const char *made = NULL;
	int code;

	running_begin(&run, o);
	run.source.presets = dev_presets;
	run.source.n_presets = N_DEV_PRESETS;
	hold_signals();
	if (run.dir == NULL &&
	    (run.dir = made = place_temporary(run.a, &f)) == NULL)
		return running_end(&run, running_wrong(&run, f.detail));
	if ((code = finish_dir(&run, "ca.name=mayfly TEST", true, &early)) ==
	    EXIT_OK)
		code = serve(&run, &to, &early);
	if (made != NULL)
		place_remove(made);
	return running_end(&run, code);
}
