/* How long a server takes to its first reply, from the moment of its exec. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/conn.h"
#include "tests/bench/load.h"

enum { PAUSE_NS = 200000, PATIENCE_S = 20 };

/* Ask once, blocking; whether the answer was a 200. */
static bool
ask(struct target *t)
{
	char text[1024];
	int fd = socket(t->addr.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	SSL *ssl = NULL;
	bool ok = false;
	int len;

	if (fd < 0)
		die("socket: %s", strerrordesc_np(errno));
	if (connect(fd, (struct sockaddr *)&t->addr, t->addr_len) != 0)
		goto out;
	ssl = SSL_new(t->ctx);
	if (ssl == NULL || SSL_set_fd(ssl, fd) != 1 || SSL_connect(ssl) != 1)
		goto out;
	len = snprintf(text, sizeof(text),
	    "GET /acme/directory HTTP/1.1\r\nHost: %s\r\n\r\n", t->authority);
	if (SSL_write(ssl, text, len) != len ||
	    (len = SSL_read(ssl, text, sizeof(text) - 1)) <= 0)
		goto out;
	text[len] = '\0';
	ok = strncmp(text, "HTTP/1.1 200 ", 13) == 0;
out:
	SSL_free(ssl);
	(void)close(fd);
	return ok;
}

static pid_t
launch(char **command)
{
	pid_t pid = fork();
	int null;

	if (pid < 0)
		die("fork: %s", strerrordesc_np(errno));
	if (pid > 0)
		return pid;
	null = open("/dev/null", O_RDWR);
	(void)dup2(null, 0);
	(void)dup2(null, 1);
	(void)dup2(null, 2);
	(void)execvp(command[0], command);
	_exit(127);
}

int
load_start(const struct options *o)
{
	struct target t;
	int64_t began;
	int status;
	pid_t pid;

	if (o->command == NULL || o->command[0] == NULL)
		die("start needs a command after --");
	target_make(&t, NULL, o->url, NULL);
	if (ask(&t))
		die("%s: somebody is there already", o->url);
	began = now_ns();
	pid = launch(o->command);
	while (!ask(&t)) {
		struct timespec pause = { 0, PAUSE_NS };

		if (waitpid(pid, &status, WNOHANG) == pid)
			die("%s ended", o->command[0]);
		if (now_ns() - began > PATIENCE_S * 1000000000LL) {
			(void)kill(pid, SIGTERM);
			die("%s does not answer", o->command[0]);
		}
		(void)nanosleep(&pause, NULL);
	}
	(void)printf("{\"event\":\"result\",\"ms\":%.3f}\n",
	    (double)(now_ns() - began) / 1e6);
	(void)kill(pid, SIGTERM);
	(void)waitpid(pid, &status, 0);
	target_free(&t);
	return 0;
}
