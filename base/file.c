/* Files written whole, read bounded. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PASSPHRASE_MAX = 1024 };

static enum err
failed(const char *path, struct fault *f)
{
	return fault(f, errno == ENOENT ? ERR_NOT_FOUND : ERR_INTERNAL,
	    "%s: %s", path, strerrordesc_np(errno));
}

static bool
write_all(int fd, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		text += n;
		len -= (size_t)n;
	}
	return true;
}

/* The entry itself is on disk once its directory is. */
static bool
sync_parent(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *parent =
	    strndup(path, slash == NULL ? 0 : (size_t)(slash - path));
	int fd;
	bool ok;

	if (parent == NULL)
		abort();
	fd = open(slash == NULL   ? "."
	          : slash == path ? "/"
	                          : parent,
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(parent);
	if (fd < 0)
		return false;
	ok = fsync(fd) == 0;
	(void)close(fd);
	return ok;
}

enum err
file_write(const char *path, const char *text, mode_t mode, struct fault *f)
{
	struct arena *a = arena_new();
	char *temp = arena_printf(a, "%s.XXXXXX", path);
	int fd = mkostemp(temp, O_CLOEXEC);
	enum err e = OK;
	bool ok;

	if (fd < 0) {
		e = failed(path, f);
		arena_free(a);
		return e;
	}
	ok = write_all(fd, text, strlen(text)) && fchmod(fd, mode) == 0 &&
	     fsync(fd) == 0 && rename(temp, path) == 0 && sync_parent(path);
	if (!ok) {
		e = failed(path, f);
		(void)unlink(temp);
	}
	(void)close(fd);
	arena_free(a);
	return e;
}

char *
file_read(const char *path, size_t most, struct arena *a, struct fault *f)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	char *text;
	size_t len = 0;
	ssize_t n = 0;

	if (fd < 0) {
		(void)failed(path, f);
		return NULL;
	}
	text = arena_alloc(a, most + 2, 1);
	while (len <= most && (n = read(fd, text + len, most + 1 - len)) > 0)
		len += (size_t)n;
	if (n < 0)
		(void)failed(path, f);
	else if (len > most)
		(void)fault(f, ERR_TOO_LARGE, "%s: longer than %zu bytes", path,
		    most);
	(void)close(fd);
	if (n < 0 || len > most)
		return NULL;
	text[len] = '\0';
	return text;
}

char *
file_passphrase(const char *path, struct arena *a, struct fault *f)
{
	char *text = file_read(path, PASSPHRASE_MAX, a, f);

	if (text == NULL)
		return NULL;
	text[strcspn(text, "\r\n")] = '\0';
	if (text[0] != '\0')
		return text;
	(void)fault(f, ERR_MALFORMED, "%s: no passphrase in its first line",
	    path);
	return NULL;
}
