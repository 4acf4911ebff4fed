/* D/lock is locked as long as its holder lives, and has its pid in it. */
#include "cli/holder.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { TEXT_SIZE = 1024 };

/* What the holder has written; "" if nobody holds it: then it means nothing. */
static void
lock_read(const char *dir, char text[TEXT_SIZE])
{
	struct arena *a = arena_new();
	int fd = open(arena_printf(a, "%s/lock", dir),
	    O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n = 0;

	arena_free(a);
	if (fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) != 0)
		n = read(fd, text, TEXT_SIZE - 1);
	text[n < 0 ? 0 : n] = '\0';
	if (fd >= 0)
		(void)close(fd);
}

pid_t
holder_of(const char *dir)
{
	char text[TEXT_SIZE];
	long pid;

	lock_read(dir, text);
	pid = strtol(text, NULL, 10);
	return pid > 1 ? (pid_t)pid : 0;
}

const char *
holder_directory(const char *dir, struct arena *a)
{
	char text[TEXT_SIZE];
	const char *url;
	size_t len = 0;

	lock_read(dir, text);
	url = text + strcspn(text, "\n");
	url += *url == '\n';
	while (url[len] > ' ' && url[len] < 0x7f)
		len++;
	return len > 0 && url[len] == '\n' ? arena_bytes(a, url, len) : NULL;
}

pid_t
holder_tell(const char *dir)
{
	pid_t pid = holder_of(dir);

	return pid > 0 && kill(pid, SIGHUP) == 0 ? pid : 0;
}
