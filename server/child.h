/* server/child.h: a process of ours, started again when it ends. */
#ifndef SERVER_CHILD_H
#define SERVER_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * A child is this program again, as `mayfly -child NAME`: after exec nothing
 * of the supervisor's memory or environment is left in it.  Its socket is
 * descriptor 3; besides it has 0 to 2, and its standard output is our standard
 * error: what we print is ours alone.  It ignores SIGINT, SIGTERM and SIGHUP,
 * which a terminal or systemd sends to all of us, and is killed when we end.
 */
enum { CHILD_SOCKET = 3, CHILD_REASON_MAX = 1024 };

struct child {
	const char *name;
	pid_t pid; /* 0: not running */
	int sock;  /* ours; -1: none */
	int64_t started_ms;
	int64_t start_at_ms; /* when to start it again */
	unsigned failures;   /* in a row */
	bool announced;      /* it has sent READY, in this life or an earlier */
	char reason[CHILD_REASON_MAX + 1]; /* why it ended, if it said so */
};

#define CHILD(n)                        \
	{                               \
		.name = (n), .sock = -1 \
	}

/*
 * A descriptor below 3 that is shut would be taken by the next socket: open
 * such ones on nothing, before a child is started or anything else that stays.
 */
void child_open_standard(void);

/*
 * fork and exec.  False, with the reason logged and counted as a failure, if
 * that could not be done.
 */
bool child_start(struct child *c, int64_t now_ms);

/*
 * It has ended, as waitpid(2) says in `status`: log that, close its socket,
 * and set when to start it again.
 */
void child_ended(struct child *c, int status, int64_t now_ms);

/* SIGKILL, if it runs; it is reaped as ever. */
void child_kill(struct child *c);

/* How long to wait after that many failures in a row: 0, 100, 200 … 10000. */
unsigned child_pause_ms(unsigned failures);

/* Milliseconds of the monotonic clock, by which children are timed. */
int64_t child_clock(void);

#endif
