/* Look at everything a server would trip over, and at what will trip it. */
#include "cli/check.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/date.h"
#include "crypto/digest.h"
#include "crypto/roll.h"

enum { DAY = 86400, SOON = 30 * DAY, PEM_MAX = 64 * 1024 };

struct looking {
	const struct check_spec *spec;
	struct findings *fs;
	struct arena *a;
};

static void
print(const char *kind, const char *fmt, va_list ap)
{
	(void)printf("%s: ", kind);
	(void)vprintf(fmt, ap);
	(void)printf("\n");
}

void
finding_error(struct findings *fs, const char *fmt, ...)
{
	va_list ap;

	fs->errors++;
	va_start(ap, fmt);
	print("error", fmt, ap);
	va_end(ap);
}

void
finding_warning(struct findings *fs, const char *fmt, ...)
{
	va_list ap;

	fs->warnings++;
	va_start(ap, fmt);
	print("warning", fmt, ap);
	va_end(ap);
}

int
findings_exit(const struct findings *fs, const char *dir)
{
	if (fs->errors == 0 && fs->warnings == 0)
		(void)printf("%s: ok\n", dir);
	if (fflush(stdout) != 0)
		return 1;
	return fs->errors > 0 ? 1 : fs->warnings > 0 ? 10 : 0;
}

static const char *
path_in(struct looking *l, const char *name)
{
	return arena_printf(l->a, "%s/%s", l->spec->dir, name);
}

static bool
look_at(struct looking *l, const char *path, struct stat *st)
{
	if (stat(path, st) == 0)
		return true;
	finding_error(l->fs, "%s: %s", path, strerrordesc_np(errno));
	return false;
}

/* What others than the owner may do to it must not be among `bits`. */
static void
check_mode(struct looking *l, const char *path, mode_t bits, const char *what)
{
	struct stat st;

	if (stat(path, &st) == 0 && (st.st_mode & bits) != 0)
		finding_warning(l->fs, "%s: mode %03o lets others %s it", path,
		    (unsigned)(st.st_mode & 0777), what);
}

/* An issuing key that others may read is refused where it is read. */
static void
check_modes(struct looking *l)
{
	check_mode(l, l->spec->dir, 0022, "write to");
	check_mode(l, path_in(l, "mayfly.yaml"), 0022, "change");
	check_mode(l, path_in(l, "root.pem"), 0022, "change");
	check_mode(l, path_in(l, "serving.pem"), 0077, "read");
	check_mode(l, path_in(l, "db"), 0022, "write to");
	check_mode(l, path_in(l, "ca"), 0022, "write to");
	check_mode(l, path_in(l, "ca/root.key"), 0077, "read");
	check_mode(l, path_in(l, "token.key"), 0077, "read");
	if (l->spec->passphrase_file != NULL)
		check_mode(l, l->spec->passphrase_file, 0077, "read");
}

/* Expired is an error, soon a warning: the last tenth, at most a month. */
static void
check_validity(struct looking *l, const char *path, const struct ca_cert *c)
{
	int64_t now = l->spec->now, tenth = (c->not_after - c->not_before) / 10;

	if (now > c->not_after)
		finding_error(l->fs, "%s: expired on %s", path,
		    date_text(c->not_after, l->a));
	else if (now < c->not_before)
		finding_error(l->fs,
		    "%s: not valid before %s; is the clock right?", path,
		    date_text(c->not_before, l->a));
	else if (c->not_after - now < (tenth < SOON ? tenth : SOON))
		finding_warning(l->fs, "%s: expires on %s", path,
		    date_text(c->not_after, l->a));
}

/* One that was superseded may be gone; what it was to sign stays unsigned. */
static void
check_key(struct looking *l, unsigned n, const char *passphrase, bool newest)
{
	struct fault f = { .code = OK };
	char *pem = NULL;
	enum err e = ca_key_read(path_in(l, "ca"), n, passphrase, &pem, &f);

	if (e == ERR_NOT_FOUND && !newest)
		finding_warning(l->fs, "%s", f.detail);
	else if (e != OK)
		finding_error(l->fs, "%s", f.detail);
	if (pem != NULL)
		bytes_wipe(pem, strlen(pem));
	free(pem);
}

/* The root that clients were given must be the one that signs. */
static void
check_root_copy(struct looking *l, const struct ca *ca)
{
	const char *path = path_in(l, "root.pem");
	struct fault f = { .code = OK };
	const char *copy = file_read(path, PEM_MAX, l->a, &f);

	if (copy == NULL)
		finding_error(l->fs, "%s", f.detail);
	else if (strcmp(copy, ca->root.pem) != 0)
		finding_error(l->fs, "%s: not the certificate in ca/root.pem",
		    path);
}

/* What a server would do by itself is not worth a word. */
static void
check_rotation(struct looking *l, const struct ca *ca)
{
	const struct ca_cert *newest = &ca->issuers[ca->n_issuers - 1];
	const char *why = NULL;

	if (l->spec->now <
	    ca_rotation_due(ca, l->spec->overlap_s, l->spec->longest_s))
		return;
	if (!l->spec->rotate)
		why = "ca.rotate is off: mayfly ca rotate";
	else if (!ca_rotation_helps(ca))
		why = "the root ends with it: it is time for another CA";
	else if (access(path_in(l, "ca/root.key"), F_OK) != 0)
		why = "the root key is not here: mayfly ca csr";
	if (why != NULL)
		finding_warning(l->fs,
		    "%s/ca/issuer-%zu.pem: ends on %s and should have been "
		    "followed by another, but %s",
		    l->spec->dir, ca->n_issuers,
		    date_text(newest->not_after, l->a), why);
	if (newest->not_after - l->spec->now < (int64_t)l->spec->longest_s)
		finding_warning(l->fs,
		    "profiles: the longest lifetime is cut, since the issuer "
		    "ends on %s",
		    date_text(newest->not_after, l->a));
}

/* An old issuer may have expired: its certificates have, too. */
static void
check_issuers(struct looking *l, const struct ca *ca)
{
	char *passphrase = NULL;
	struct fault f = { .code = OK };

	if (l->spec->passphrase_file != NULL &&
	    (passphrase = file_passphrase(l->spec->passphrase_file, l->a,
	         &f)) == NULL)
		finding_error(l->fs, "%s", f.detail);
	for (size_t i = 0; i < ca->n_issuers; i++) {
		const struct ca_cert *c = &ca->issuers[i];
		bool newest = i + 1 == ca->n_issuers;

		if (newest)
			check_validity(l,
			    arena_printf(l->a, "%s/ca/issuer-%zu.pem",
			        l->spec->dir, i + 1),
			    c);
		else if (c->not_after < l->spec->now)
			continue;
		if (l->spec->passphrase_file == NULL || passphrase != NULL)
			check_key(l, (unsigned)i + 1, passphrase, newest);
	}
	if (passphrase != NULL)
		bytes_wipe(passphrase, strlen(passphrase));
}

static void
check_ca(struct looking *l)
{
	struct fault f = { .code = OK };
	struct ca ca;

	if (ca_load(path_in(l, "ca"), l->a, &ca, &f) != OK) {
		finding_error(l->fs, "%s", f.detail);
		return;
	}
	check_root_copy(l, &ca);
	check_validity(l, path_in(l, "ca/root.pem"), &ca.root);
	check_issuers(l, &ca);
	check_rotation(l, &ca);
	for (size_t i = 0; i < ca.n_crosses; i++)
		if (ca.crosses[i].cert.not_after < l->spec->now)
			finding_warning(l->fs,
			    "%s/ca/cross-%zu.pem: expired on %s; its chain is "
			    "no longer offered",
			    l->spec->dir, i + 1,
			    date_text(ca.crosses[i].cert.not_after, l->a));
}

static bool
is_empty(const char *dir)
{
	DIR *d = opendir(dir);
	const struct dirent *e;
	bool empty = true;

	/* NOLINTNEXTLINE(concurrency-mt-unsafe): a stream of its own */
	while (d != NULL && (e = readdir(d)) != NULL)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			empty = false;
	if (d != NULL)
		(void)closedir(d);
	return d != NULL && empty;
}

/* One that no server has opened yet is empty, and fine. */
static void
check_store(struct looking *l)
{
	struct store_config config = l->spec->store;
	struct fault f = { .code = OK };
	const char *path = path_in(l, "db");
	struct stat st;
	struct store *store;

	if (!look_at(l, path, &st) || is_empty(path))
		return;
	config.path = path;
	config.read_only = true;
	if ((store = store_open(&config, &f)) == NULL)
		finding_error(l->fs, "%s", f.detail);
	else
		store_close(store);
}

void
check_dir(const struct check_spec *spec, struct findings *fs)
{
	struct looking l = { spec, fs, arena_new() };
	struct stat st;

	crypto_start();
	if (look_at(&l, spec->dir, &st)) {
		check_modes(&l);
		check_ca(&l);
		check_store(&l);
	}
	arena_free(l.a);
}
