/* The sandbox as a whole, and its system calls. */
#include "server/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "base/log.h"

enum { FRONT = SANDBOX_FRONT, KEEPER = SANDBOX_KEEPER, BOTH = FRONT | KEEPER };

/* One call, or one with an argument of a certain value. */
struct rule {
	int call, roles;
	struct scmp_arg_cmp arg;
	bool limited; /* `arg` counts */
};

#define ANY(call, roles)                              \
	{                                             \
		SCMP_SYS(call), (roles), { 0 }, false \
	}
#define IF(call, roles, ...)                               \
	{                                                  \
		SCMP_SYS(call), (roles), __VA_ARGS__, true \
	}
#define ARG_IS(n, value)                                   \
	{                                                  \
		(n), SCMP_CMP_EQ, (scmp_datum_t)(value), 0 \
	}
#define ARG_HAS(n, bits)                                \
	{                                               \
		(n), SCMP_CMP_MASKED_EQ, (bits), (bits) \
	}
#define ARG_LACKS(n, bits)                         \
	{                                          \
		(n), SCMP_CMP_MASKED_EQ, (bits), 0 \
	}

/* clang-format off */
static const struct rule allowed[] = {
	/* memory; never to be run */
	ANY(brk, BOTH), ANY(munmap, BOTH), ANY(mremap, BOTH), ANY(madvise, BOTH),
	IF(mmap, BOTH, ARG_LACKS(2, PROT_EXEC)),
	IF(mprotect, BOTH, ARG_LACKS(2, PROT_EXEC)),
	/* threads, waiting for each other, and abort(3) */
	ANY(futex, BOTH), ANY(rt_sigaction, BOTH), ANY(rt_sigprocmask, BOTH),
	ANY(rt_sigreturn, BOTH), ANY(restart_syscall, BOTH), ANY(getpid, BOTH),
	ANY(gettid, BOTH), ANY(tgkill, BOTH), ANY(exit, FRONT), ANY(exit_group, BOTH),
	ANY(set_robust_list, FRONT), ANY(rseq, FRONT), ANY(sched_getaffinity, FRONT),
	ANY(sched_yield, FRONT), IF(clone, FRONT, ARG_HAS(0, CLONE_THREAD)),
	IF(prctl, FRONT, ARG_IS(0, PR_SET_NAME)),
	/* time, where the vDSO cannot tell, and chance */
	ANY(clock_gettime, BOTH), ANY(gettimeofday, FRONT), ANY(getrandom, BOTH),
	ANY(clock_nanosleep, FRONT),
	/* descriptors; poll and epoll_wait have other names on arm64 */
	ANY(read, FRONT), ANY(write, BOTH), ANY(close, BOTH), ANY(fcntl, BOTH),
	ANY(poll, BOTH), ANY(ppoll, BOTH), ANY(readv, FRONT), ANY(writev, FRONT),
	ANY(recvmsg, BOTH), ANY(sendmsg, BOTH), ANY(recvfrom, BOTH), ANY(sendto, BOTH),
	ANY(shutdown, FRONT), ANY(epoll_create1, FRONT), ANY(epoll_ctl, FRONT),
	ANY(epoll_wait, FRONT), ANY(epoll_pwait, FRONT), ANY(eventfd2, FRONT),
	ANY(pipe2, FRONT), IF(ioctl, FRONT, ARG_IS(1, FIONREAD)),
	IF(ioctl, FRONT, ARG_IS(1, FIONBIO)),
	/* the network: to whom is decided by challenges/policy.c */
	IF(socket, FRONT, ARG_IS(0, AF_INET)), IF(socket, FRONT, ARG_IS(0, AF_INET6)),
	ANY(socketpair, FRONT), ANY(connect, FRONT), ANY(bind, FRONT),
	ANY(accept4, FRONT), ANY(getsockname, FRONT), ANY(getpeername, FRONT),
	ANY(getsockopt, FRONT), ANY(setsockopt, FRONT),
	/* files: which, is Landlock's business */
	ANY(openat, FRONT), ANY(fstat, FRONT), ANY(newfstatat, FRONT),
	ANY(fstatfs, FRONT), ANY(access, FRONT), ANY(faccessat, FRONT),
	ANY(lseek, FRONT), ANY(pread64, BOTH), ANY(pwrite64, FRONT),
	ANY(pwritev, FRONT), ANY(ftruncate, FRONT), ANY(fsync, FRONT),
	ANY(fdatasync, FRONT), ANY(flock, FRONT), ANY(rename, FRONT),
	ANY(renameat, FRONT), ANY(unlink, FRONT), ANY(unlinkat, FRONT),
	/* about ourselves */
	ANY(uname, FRONT), ANY(getuid, FRONT), ANY(geteuid, FRONT),
	ANY(getgid, FRONT), ANY(getegid, FRONT), IF(prlimit64, FRONT, ARG_IS(2, 0)),
};

/* No code of ours calls these, whatever happens: it is not ours that runs. */
static const int deadly[] = {
	SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(fork), SCMP_SYS(vfork),
	SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev),
	SCMP_SYS(kill), SCMP_SYS(tkill), SCMP_SYS(pidfd_getfd), SCMP_SYS(keyctl),
	SCMP_SYS(add_key), SCMP_SYS(request_key), SCMP_SYS(bpf),
	SCMP_SYS(perf_event_open), SCMP_SYS(userfaultfd), SCMP_SYS(io_uring_setup),
	SCMP_SYS(mount), SCMP_SYS(umount2), SCMP_SYS(unshare), SCMP_SYS(setns),
	SCMP_SYS(chroot), SCMP_SYS(pivot_root), SCMP_SYS(init_module),
	SCMP_SYS(finit_module), SCMP_SYS(kexec_load), SCMP_SYS(setuid),
	SCMP_SYS(setgid), SCMP_SYS(setresuid), SCMP_SYS(setresgid),
};
/* clang-format on */

static bool
add_rules(scmp_filter_ctx ctx, enum sandbox_role role)
{
	int rc = 0;

	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++) {
		const struct rule *r = &allowed[i];

		if ((r->roles & (int)role) == 0 || rc != 0)
			continue;
		rc = seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, r->call,
		    r->limited ? 1 : 0, r->limited ? &r->arg : NULL);
	}
	for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++)
		if (rc == 0)
			rc = seccomp_rule_add_array(ctx, SCMP_ACT_KILL_PROCESS,
			    deadly[i], 0, NULL);
	if (rc == 0 && role == SANDBOX_FRONT) {
		const struct scmp_arg_cmp fork = ARG_LACKS(0, CLONE_THREAD);

		/* The flags of clone3 cannot be seen; without it libc clones. */
		rc = seccomp_rule_add_array(ctx, SCMP_ACT_ERRNO(ENOSYS),
		    SCMP_SYS(clone3), 0, NULL);
		if (rc == 0)
			rc = seccomp_rule_add_array(ctx, SCMP_ACT_KILL_PROCESS,
			    SCMP_SYS(clone), 1, &fork);
	}
	if (rc != 0)
		log_error("sandbox.rules", "reason=\"%s\"",
		    strerrordesc_np(-rc));
	return rc == 0;
}

bool
sandbox_seccomp(enum sandbox_role role)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int rc;

	if (ctx == NULL)
		return false;
	/* Another architecture's calls are nobody's. */
	(void)seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH,
	    SCMP_ACT_KILL_PROCESS);
	(void)seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	rc = add_rules(ctx, role) ? seccomp_load(ctx) : -EINVAL;
	seccomp_release(ctx);
	if (rc != 0)
		log_warn("sandbox.seccomp", "reason=\"%s\"",
		    strerrordesc_np(-rc));
	return rc == 0;
}

bool
sandbox_enter(enum sandbox_role role, bool wanted,
    const struct sandbox_path *paths, size_t n)
{
	const char *name = role == SANDBOX_FRONT ? "front" : "keeper";
	bool files, calls;

	if (!SANDBOX_BUILT || !wanted) {
		log_warn("sandbox.open", "name=%s reason=\"%s\"", name,
		    wanted ? "built with a sanitizer" : "sandbox: false");
		return false;
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		log_warn("sandbox.privileges", "name=%s reason=\"%s\"", name,
		    strerrordesc_np(errno));
	files = sandbox_landlock(paths, n);
	calls = sandbox_seccomp(role);
	log_event(files && calls ? LOG_INFO_ : LOG_WARN_, "sandbox.closed",
	    "name=%s files=%s calls=%s", name, files ? "yes" : "no",
	    calls ? "yes" : "no");
	return files || calls;
}
