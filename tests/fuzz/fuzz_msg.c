/*
 * What one of our processes may say to another.  The first byte of the input
 * says who speaks and with how many descriptors; the rest is the datagram.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/msg.h"

enum { FROM_CHILD = 1, FDS_SHIFT = 1, FDS_MOST = 3 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
say(int sock, const uint8_t *data, size_t len, size_t n_fds)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(FDS_MOST * sizeof(int))];
	} c = { .space = { 0 } };
	static char text[MSG_BODY_MAX + 1024];
	struct iovec v = { text, len };
	struct msghdr h = { .msg_iov = &v, .msg_iovlen = 1 };

	memcpy(text, data, len);
	if (n_fds > 0) {
		const int fds[FDS_MOST] = { 0, 0, 0 };

		h.msg_control = c.space;
		h.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		CMSG_FIRSTHDR(&h)->cmsg_level = SOL_SOCKET;
		CMSG_FIRSTHDR(&h)->cmsg_type = SCM_RIGHTS;
		CMSG_FIRSTHDR(&h)->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		memcpy(CMSG_DATA(CMSG_FIRSTHDR(&h)), fds, n_fds * sizeof(int));
	}
	if (sendmsg(sock, &h, 0) != (ssize_t)len)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct msg m;
	enum msg_from from;
	int pair[2];

	if (len < 2 || len > MSG_BODY_MAX + 1024)
		return 0;
	from = (data[0] & FROM_CHILD) != 0 ? MSG_CHILD : MSG_SUPERVISOR;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) != 0)
		abort();
	say(pair[0], data + 1, len - 1, (data[0] >> FDS_SHIFT) & FDS_MOST);
	if (msg_recv(pair[1], from, &m) == OK) {
		if (msg_sender(m.type) != from || m.len > msg_most(m.type) ||
		    (m.fd >= 0) != msg_has_fd(m.type) || m.body[m.len] != '\0')
			abort();
	} else if (m.fd >= 0) {
		abort();
	}
	if (m.fd >= 0)
		(void)close(m.fd);
	/* All that came with it is shut: the next descriptor is the same. */
	(void)close(pair[0]);
	(void)close(pair[1]);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) != 0 || pair[1] > 32)
		abort();
	(void)close(pair[0]);
	(void)close(pair[1]);
	return 0;
}
