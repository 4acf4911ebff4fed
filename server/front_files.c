/* What the front may read and write once it is closed in. */
#include "server/front_files.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "server/sandbox.h"

static const char resolv_conf[] = "/etc/resolv.conf";

const char *
front_serving_pem(const char *dir, struct arena *a)
{
	const char *link = arena_printf(a, "%s/serving.pem", dir);
	const char *real = arena_printf(a, "%s/db/serving.pem", dir);
	struct stat st;

	if (lstat(link, &st) == 0 && S_ISREG(st.st_mode))
		(void)rename(link, real);
	if (symlink("db/serving.pem", link) != 0 && errno != EEXIST)
		log_warn("front.link", "path=%s reason=\"%s\"",
		    log_text(a, link), strerrordesc_np(errno));
	return real;
}

/* Does the secret lie somewhere below `dir`? */
static bool
holds(const char *dir, const char *secret)
{
	char *real = secret == NULL ? NULL : realpath(secret, NULL);
	size_t n = strcmp(dir, "/") == 0 ? 0 : strlen(dir);
	bool below =
	    real != NULL && strncmp(real, dir, n) == 0 && real[n] == '/';

	free(real);
	return below;
}

const char *
front_readable(const char *path, const struct config *c, struct arena *a)
{
	char *real = realpath(path, NULL), *file, *dir;
	struct stat of_file, of_dir;

	if (real == NULL)
		return path;
	file = arena_text(a, real);
	free(real);
	dir = dirname(arena_text(a, file));
	if (stat(file, &of_file) != 0 || stat(dir, &of_dir) != 0 ||
	    of_file.st_dev != of_dir.st_dev ||
	    holds(dir, arena_printf(a, "%s/ca", c->dir)) ||
	    holds(dir, c->passphrase_file))
		return file;
	return dir;
}

void
front_sandbox(const struct config *c, struct arena *a)
{
	struct sandbox_path paths[5] = {
		{ arena_printf(a, "%s/db", c->dir), true },
		{ "/dev/urandom", false }, /* of c-ares, for query ids */
	};
	size_t n = 2;

	if (c->prober.hosts_file != NULL)
		paths[n++].path = front_readable(c->prober.hosts_file, c, a);
	if (c->blocked_file != NULL)
		paths[n++].path = front_readable(c->blocked_file, c, a);
	if (c->prober.dns == NULL)
		paths[n++].path = front_readable(resolv_conf, c, a);
	(void)sandbox_enter(SANDBOX_FRONT, c->sandbox, paths, n);
}
