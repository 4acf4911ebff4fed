/* Make D, in an order in which every crash leaves what can be completed. */
#include "cli/init.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "crypto/digest.h"
#include "crypto/offline.h"

/* One run of init_make(). */
struct making {
	const struct init_spec *spec;
	const struct init_report *report;
	struct arena *a;
	struct fault *f;
};

static const char *
path_in(struct making *m, const char *name)
{
	return arena_printf(m->a, "%s/%s", m->spec->dir, name);
}

static bool
is_there(const char *path)
{
	return access(path, F_OK) == 0;
}

bool
init_finished(const char *dir)
{
	/* Not db/: who resets the database starts with an empty one. */
	static const char *const parts[] = { "root.pem", "ca/root.pem",
		"mayfly.yaml" };
	struct arena *a = arena_new();
	bool all = true;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (!is_there(arena_printf(a, "%s/%s", dir, parts[i])))
			all = false;
	arena_free(a);
	return all;
}

static enum err
failed(struct making *m, const char *path)
{
	return fault(m->f, ERR_INTERNAL, "%s: %s", path,
	    strerrordesc_np(errno));
}

/* A directory of ours; one that is there stays as it is. */
static enum err
make_dir(struct making *m, const char *path, mode_t mode)
{
	struct stat st;

	if (mkdir(path, mode) == 0) {
		m->report->made(m->report->arg, path);
		return OK;
	}
	if (errno != EEXIST)
		return failed(m, path);
	if (stat(path, &st) != 0)
		return failed(m, path);
	if (!S_ISDIR(st.st_mode))
		return fault(m->f, ERR_INTERNAL, "%s: not a directory", path);
	return OK;
}

/* The directories above D, as mkdir -p would. */
static enum err
make_parents(struct making *m)
{
	char *path = arena_text(m->a, m->spec->dir);

	for (char *p = strchr(path + 1, '/'); p != NULL;
	     p = strchr(p + 1, '/')) {
		*p = '\0';
		if (mkdir(path, 0755) != 0 && errno != EEXIST)
			return failed(m, path);
		*p = '/';
	}
	return OK;
}

/* Nothing of ours in it, but something of somebody else's? */
static enum err
refuse_foreign(struct making *m)
{
	static const char *const ours[] = { ".", "..", "lost+found", "lock",
		"ca", "ca.new", "db" };
	DIR *d = opendir(m->spec->dir);
	const struct dirent *e;
	const char *other = NULL;

	if (d == NULL)
		return failed(m, m->spec->dir);
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): a stream of its own */
	while (other == NULL && (e = readdir(d)) != NULL) {
		bool known = false;

		for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
			known = known || strcmp(e->d_name, ours[i]) == 0;
		/* What a crash left of a file written beside its place. */
		known = known || strncmp(e->d_name, "mayfly.yaml", 11) == 0 ||
		        strncmp(e->d_name, "root.pem", 8) == 0;
		if (!known)
			other = arena_text(m->a, e->d_name);
	}
	(void)closedir(d);
	if (other == NULL || is_there(path_in(m, "mayfly.yaml")))
		return OK;
	return fault(m->f, ERR_INTERNAL,
	    "%s: has %s in it and no mayfly.yaml; name an empty directory, or "
	    "a new one",
	    m->spec->dir, other);
}

/* The lock a server holds; closing the descriptor lets go of it. */
static enum err
lock(struct making *m, int *fd)
{
	const char *path = path_in(m, "lock");

	if ((*fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
	         0600)) < 0)
		return failed(m, path);
	if (flock(*fd, LOCK_EX | LOCK_NB) == 0)
		return OK;
	(void)close(*fd);
	return fault(m->f, ERR_BUSY, "%s: in use by another mayfly",
	    m->spec->dir);
}

static enum err
make_yaml(struct making *m)
{
	const char *path = path_in(m, "mayfly.yaml");

	if (is_there(path))
		return OK;
	TRY(file_write(path, m->spec->yaml, 0644, m->f));
	m->report->made(m->report->arg, path);
	return OK;
}

/* What an interrupted run had made of a hierarchy that nobody ever saw. */
static enum err
clear_unfinished(struct making *m, const char *dir)
{
	DIR *d = opendir(dir);
	const struct dirent *e;
	bool ok = true;

	if (d == NULL)
		return errno == ENOENT ? OK : failed(m, dir);
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): a stream of its own */
	while (ok && (e = readdir(d)) != NULL)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			ok = unlinkat(dirfd(d), e->d_name, 0) == 0;
	(void)closedir(d);
	return ok && rmdir(dir) == 0 ? OK : failed(m, dir);
}

/* A root of our own, here or apart, or that of others. */
static enum err
fill_hierarchy(struct making *m, const char *ca, const struct ca_spec *spec)
{
	const char *apart = m->spec->offline_root, *pem;

	if (m->spec->root != NULL) {
		pem = file_read(m->spec->root, CA_FILE_MAX, m->a, m->f);
		return pem == NULL ? m->f->code : ca_adopt(ca, pem, m->f);
	}
	if (apart == NULL)
		return ca_init(ca, spec, m->spec->now, m->f);
	if (mkdir(apart, 0700) != 0 && errno != EEXIST)
		return failed(m, apart);
	return ca_init_apart(ca, apart, spec, m->spec->now, m->f);
}

/* Made aside and renamed: D/ca is whole or not there. */
static enum err
make_hierarchy(struct making *m)
{
	const char *ca = path_in(m, "ca"), *aside = path_in(m, "ca.new");
	struct ca_spec spec = m->spec->ca;
	char *passphrase = NULL;
	enum err e;

	if (m->spec->passphrase_file != NULL &&
	    (passphrase = file_passphrase(m->spec->passphrase_file, m->a,
	         m->f)) == NULL)
		return ERR_INTERNAL;
	spec.passphrase = passphrase;
	if ((e = clear_unfinished(m, aside)) == OK)
		e = mkdir(aside, 0700) == 0 ? fill_hierarchy(m, aside, &spec)
		                            : failed(m, aside);
	if (passphrase != NULL)
		bytes_wipe(passphrase, strlen(passphrase));
	TRY(e);
	if (rename(aside, ca) == 0) {
		m->report->made(m->report->arg, ca);
		return OK;
	}
	return errno != ENOTEMPTY && errno != EEXIST
	           ? failed(m, ca)
	           : fault(m->f, ERR_INTERNAL,
	                 "%s: has no root.pem, but is not empty; it is not "
	                 "replaced",
	                 ca);
}

/* The hierarchy, unless there is one; then the copy that is handed out. */
static enum err
make_ca(struct making *m)
{
	const char *copy = path_in(m, "root.pem"), *text;
	struct ca_texts texts;
	struct ca ca;

	if (!is_there(path_in(m, "ca/root.pem")))
		TRY(make_hierarchy(m));
	TRY(ca_read(path_in(m, "ca"), m->a, &texts, m->f));
	text = texts.list[0].text;
	if (m->spec->root == NULL || texts.n > 1) { /* else no issuer yet */
		TRY(ca_parse(&texts, CA_TODAY, m->a, &ca, m->f));
		text = ca.root.pem;
	}
	if (is_there(copy))
		return OK;
	TRY(file_write(copy, text, 0644, m->f));
	m->report->made(m->report->arg, copy);
	return OK;
}

static enum err
make_all(struct making *m)
{
	int fd = -1;
	enum err e;

	if (init_finished(m->spec->dir))
		return fault(m->f, ERR_STALE, "%s: already initialised",
		    m->spec->dir);
	TRY(make_parents(m));
	TRY(make_dir(m, m->spec->dir, 0700));
	TRY(refuse_foreign(m));
	TRY(lock(m, &fd));
	if ((e = make_yaml(m)) == OK &&
	    (e = make_dir(m, path_in(m, "db"), 0700)) == OK)
		e = make_ca(m);
	(void)close(fd);
	return e;
}

enum err
init_make(const struct init_spec *spec, const struct init_report *r,
    struct fault *f)
{
	struct making m = { spec, r, arena_new(), f };
	enum err e = make_all(&m);

	arena_free(m.a);
	return e;
}

static void
print_made(void *arg, const char *path)
{
	(void)arg;
	(void)printf("made %s\n", path);
}

int
cli_init(const struct init_spec *spec)
{
	const struct init_report report = { print_made, NULL };
	struct fault f = { .code = OK };
	const char *yaml;
	struct arena *a;
	struct ca ca;

	crypto_start();
	a = arena_new();
	yaml = arena_printf(a, "%s/mayfly.yaml", spec->dir);
	if (is_there(yaml) && !init_finished(spec->dir))
		(void)printf("kept %s as it is\n", yaml);
	if (init_make(spec, &report, &f) != OK) {
		(void)fprintf(stderr, "mayfly init: %s\n", f.detail);
		arena_free(a);
		return 1;
	}
	if (spec->root != NULL)
		(void)printf("there is no issuer yet: mayfly ca csr --dir %s\n",
		    spec->dir);
	else if (ca_load(arena_printf(a, "%s/ca", spec->dir), a, &ca, &f) == OK)
		(void)printf("root %s\nSHA-256 %s\n", ca.root.subject,
		    ca.fingerprint);
	if (spec->offline_root != NULL)
		(void)printf("the root key is in %s: take it away, and keep a "
		             "copy\n",
		    spec->offline_root);
	arena_free(a);
	return fflush(stdout) == 0 ? 0 : 1;
}
