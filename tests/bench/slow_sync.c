/*
 * LD_PRELOAD: a disk that takes SLOW_SYNC_US microseconds longer to promise
 * that it will not forget.  Children that are given another environment see
 * it all the same.
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

typedef int sync_fd(int fd);
typedef int sync_map(void *at, size_t len, int flags);
typedef int exec_fn(const char *path, char *const argv[], char *const envp[]);

enum { ENV_MAX = 256 };

static void
dawdle(void)
{
	const char *text = getenv("SLOW_SYNC_US");
	long us = text != NULL ? strtol(text, NULL, 10) : 0;
	struct timespec pause = { us / 1000000, us % 1000000 * 1000 };

	(void)nanosleep(&pause, NULL);
}

int
fsync(int fd)
{
	dawdle();
	return ((sync_fd *)dlsym(RTLD_NEXT, "fsync"))(fd);
}

int
fdatasync(int fd)
{
	dawdle();
	return ((sync_fd *)dlsym(RTLD_NEXT, "fdatasync"))(fd);
}

int
msync(void *at, size_t len, int flags)
{
	dawdle();
	return ((sync_map *)dlsym(RTLD_NEXT, "msync"))(at, len, flags);
}

int
execve(const char *path, char *const argv[], char *const envp[])
{
	char *with[ENV_MAX + 3];
	size_t n = 0;

	for (; envp[n] != NULL && n < ENV_MAX; n++)
		with[n] = envp[n];
	for (char **e = environ; *e != NULL; e++)
		if (strncmp(*e, "LD_PRELOAD=", 11) == 0 ||
		    strncmp(*e, "SLOW_SYNC_US=", 13) == 0)
			with[n++] = *e;
	with[n] = NULL;
	return ((exec_fn *)dlsym(RTLD_NEXT, "execve"))(path, argv, with);
}
