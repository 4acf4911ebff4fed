/* Where to be when nobody has said. */
#include "server/place.h"

#include <errno.h>
#include <ftw.h>
#include <netdb.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "server/config_host.h"

enum { MEBI = 1 << 20, ROOM_MEBI = 256, OPEN_FDS = 16 };

/* NOLINTBEGIN(concurrency-mt-unsafe): before any thread is started */
static const char *
variable(const char *name)
{
	const char *value = getenv(name);

	return value == NULL || value[0] != '/' ? NULL : value;
}

const char *
place_usual(struct arena *a)
{
	const char *base;

	if (geteuid() == 0)
		return "/var/lib/mayfly";
	if ((base = variable("XDG_DATA_HOME")) != NULL)
		return arena_printf(a, "%s/mayfly", base);
	if ((base = variable("HOME")) != NULL)
		return arena_printf(a, "%s/.local/share/mayfly", base);
	return NULL;
}

static bool
has_room(const char *dir)
{
	struct statvfs fs;

	return statvfs(dir, &fs) == 0 && access(dir, W_OK | X_OK) == 0 &&
	       (uint64_t)fs.f_bavail * fs.f_frsize / MEBI >= ROOM_MEBI;
}

const char *
place_temporary(struct arena *a, struct fault *f)
{
	const char *base = "/dev/shm";
	char *dir;

	if (!has_room(base) && (base = variable("TMPDIR")) == NULL)
		base = "/tmp";
	dir = arena_printf(a, "%s/mayfly-XXXXXX", base);
	if (mkdtemp(dir) != NULL)
		return dir;
	(void)fault(f, ERR_INTERNAL, "%s: %s", base, strerrordesc_np(errno));
	return NULL;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void
place_remove(const char *dir)
{
	(void)nftw(dir, remove_one, OPEN_FDS, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

/*
 * The name with its domain when it has one.  The resolver is given a second:
 * a name that nobody knows must not hold up a start.
 */
const char *
place_host(struct arena *a)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_CANONNAME };
	struct addrinfo *found = NULL;
	char name[HOST_MAX];
	const char *full = NULL;
	bool ours = getenv("RES_OPTIONS") == NULL;
	int e;

	if (gethostname(name, sizeof(name)) != 0)
		return NULL;
	name[sizeof(name) - 1] = '\0';
	if (strchr(name, '.') != NULL)
		return host_read(name, a);
	if (ours)
		(void)setenv("RES_OPTIONS", "timeout:1 attempts:1", 1);
	e = getaddrinfo(name, NULL, &hints, &found);
	if (ours)
		(void)unsetenv("RES_OPTIONS");
	if (e != 0)
		return NULL;
	if (found->ai_canonname != NULL)
		full = host_read(found->ai_canonname, a);
	freeaddrinfo(found);
	return full != NULL ? full : host_read(name, a);
}
/* NOLINTEND(concurrency-mt-unsafe) */
