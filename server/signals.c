/* signalfd(2): no handler, so nothing a signal could interrupt halfway. */
#include "server/signals.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

int
signals_open(void)
{
	sigset_t set;

	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR || sigemptyset(&set) != 0 ||
	    sigaddset(&set, SIGHUP) != 0 || sigaddset(&set, SIGINT) != 0 ||
	    sigaddset(&set, SIGTERM) != 0 || sigaddset(&set, SIGCHLD) != 0 ||
	    /* An ignored SIGCHLD would reap our children before we do. */
	    signal(SIGCHLD, SIG_DFL) == SIG_ERR ||
	    sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int
signals_next(int fd)
{
	struct signalfd_siginfo s;

	return read(fd, &s, sizeof(s)) == (ssize_t)sizeof(s) ? (int)s.ssi_signo
	                                                     : 0;
}
