/* D/lock is locked as long as its holder lives, and has its pid in it. */
#include "cli/holder.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/arena.h"

pid_t
holder_of(const char *dir)
{
	struct arena *a = arena_new();
	int fd = open(arena_printf(a, "%s/lock", dir),
	    O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char text[24] = { 0 };
	long pid = 0;

	arena_free(a);
	if (fd < 0)
		return 0;
	/* Only a lock that somebody holds means anything. */
	if (flock(fd, LOCK_SH | LOCK_NB) != 0 &&
	    read(fd, text, sizeof(text) - 1) > 0)
		pid = strtol(text, NULL, 10);
	(void)close(fd);
	return pid > 1 ? (pid_t)pid : 0;
}

pid_t
holder_tell(const char *dir)
{
	pid_t pid = holder_of(dir);

	return pid > 0 && kill(pid, SIGHUP) == 0 ? pid : 0;
}
