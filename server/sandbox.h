/*
 * server/sandbox.h: what a process of ours may still ask of the kernel.
 *
 * Two fences, each put up as far as the kernel has it, with a loud line in the
 * log where it has not.  seccomp: an allow-list of system calls; what is not
 * on it fails with EPERM, and what only an attacker would try (execve, ptrace,
 * fork…) ends the process.  Landlock: the files named here and no others, no
 * listening, no signals to strangers.  Both are for good.
 *
 * Under a sanitizer there is neither: its runtime needs calls of its own.
 */
#ifndef SERVER_SANDBOX_H
#define SERVER_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Sanitizers make calls of their own that no list of ours has: what they are
 * built into runs without a sandbox, and says so.
 */
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANDBOX_BUILT 0
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANDBOX_BUILT 0
#endif
#ifndef SANDBOX_BUILT
#define SANDBOX_BUILT 1
#endif

enum sandbox_role {
	SANDBOX_FRONT = 1, /* talks to strangers; threads, sockets, its files */
	SANDBOX_KEEPER = 2, /* opens nothing and nobody any more */
};

struct sandbox_path {
	const char *path; /* a file, or a directory with all below it */
	bool write;       /* make, change and remove there too */
};

/*
 * Close it, from now on and for every thread to come; call it before there is
 * a second one.  A path that does not exist is passed over.  What could be
 * done and what not is logged; false if nothing could, or `wanted` is false.
 */
bool sandbox_enter(enum sandbox_role role, bool wanted,
    const struct sandbox_path *paths, size_t n);

/*
 * The two halves; false if this kernel has none, or refuses.  The second needs
 * no_new_privs, which sandbox_enter() sets.
 */
bool sandbox_landlock(const struct sandbox_path *paths, size_t n);
bool sandbox_seccomp(enum sandbox_role role);

#endif
