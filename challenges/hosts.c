/*
 * A hosts(5) file, kept parsed.  Bounded: what lies beyond the first MiB is
 * not read, and said so once per version of the file.
 */
#include "challenges/hosts_int.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/log.h"

enum { FILE_MAX = 1 << 20 };

struct host {
	const struct host *next;
	const char *name, *address;
};

struct hosts {
	char *path;
	struct stat was; /* st_ino is 0 while there is no file */
	struct arena *arena;
	const struct host *first;
	struct host *last;
};

struct hosts *
hosts_new(const char *path)
{
	struct hosts *h = calloc(1, sizeof(*h));

	if (h == NULL || (h->path = strdup(path)) == NULL)
		abort();
	h->arena = arena_new();
	return h;
}

void
hosts_free(struct hosts *h)
{
	if (h == NULL)
		return;
	arena_free(h->arena);
	free(h->path);
	free(h);
}

static void
add(struct hosts *h, const char *address, const char *name)
{
	struct host *e = ARENA_NEW(h->arena, struct host);

	e->name = name;
	e->address = address;
	if (h->last == NULL)
		h->first = e;
	else
		h->last->next = e;
	h->last = e;
}

static void
parse_line(struct hosts *h, char *line)
{
	unsigned char bytes[16];
	char *save = NULL, *address, *name;

	line[strcspn(line, "#")] = '\0';
	if ((address = strtok_r(line, " \t\r", &save)) == NULL)
		return;
	if (inet_pton(AF_INET, address, bytes) != 1 &&
	    inet_pton(AF_INET6, address, bytes) != 1)
		return;
	while ((name = strtok_r(NULL, " \t\r", &save)) != NULL)
		add(h, address, name);
}

static void
parse(struct hosts *h, char *text)
{
	char *save = NULL, *line;

	for (line = strtok_r(text, "\n", &save); line != NULL;
	     line = strtok_r(NULL, "\n", &save))
		parse_line(h, line);
}

static void
load(struct hosts *h)
{
	FILE *f = fopen(h->path, "re");
	char *text;
	size_t n;

	if (f == NULL)
		return;
	text = arena_alloc(h->arena, 1, FILE_MAX + 1);
	n = fread(text, 1, FILE_MAX, f);
	if (getc(f) != EOF) {
		log_warn("hosts.cut", "path=%s bytes=%d", h->path, FILE_MAX);
		while (n > 0 && text[n - 1] != '\n')
			n--; /* half a name is another name */
	}
	(void)fclose(f);
	text[n] = '\0';
	parse(h, text);
}

static void
refresh(struct hosts *h)
{
	struct stat now;

	if (stat(h->path, &now) != 0)
		memset(&now, 0, sizeof(now));
	if (now.st_ino == h->was.st_ino && now.st_size == h->was.st_size &&
	    now.st_mtim.tv_sec == h->was.st_mtim.tv_sec &&
	    now.st_mtim.tv_nsec == h->was.st_mtim.tv_nsec)
		return;
	h->was = now;
	arena_free(h->arena);
	h->arena = arena_new();
	h->first = h->last = NULL;
	load(h);
}

static bool
is_localhost(const char *name)
{
	static const char suffix[] = ".localhost";
	size_t len = strlen(name);

	return strcasecmp(name, suffix + 1) == 0 ||
	       (len >= sizeof(suffix) &&
	           strcasecmp(name + len - (sizeof(suffix) - 1), suffix) == 0);
}

size_t
hosts_find(struct hosts *h, const char *name, struct arena *a, const char **out,
    size_t max)
{
	static const char *const loopback[] = { "::1", "127.0.0.1" };
	size_t n = 0;

	refresh(h);
	for (const struct host *e = h->first; e != NULL && n < max; e = e->next)
		if (strcasecmp(e->name, name) == 0)
			out[n++] = arena_text(a, e->address);
	if (n == 0 && is_localhost(name))
		for (; n < 2 && n < max; n++)
			out[n] = loopback[n];
	return n;
}
