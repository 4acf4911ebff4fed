/*
 * Landlock, by its system calls: glibc has no names for them, and the headers
 * of Debian 12 know the first versions only.  What a kernel does not know is
 * left out; the layout of the structures below is its ABI.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "server/sandbox.h"

enum { CREATE_VERSION = 1, RULE_PATH_BENEATH = 1 };

/* Rights, by bit; each belongs to a version of the ABI. */
#define BIT(n) (UINT64_C(1) << (n))
static const uint64_t FS_WRITE_FILE = BIT(1), FS_READ_FILE = BIT(2),
                      FS_READ_DIR = BIT(3), FS_REMOVE_FILE = BIT(5),
                      FS_MAKE_REG = BIT(8), FS_ALL_1 = BIT(13) - 1,
                      FS_REFER_2 = BIT(13), FS_TRUNCATE_3 = BIT(14),
                      FS_IOCTL_5 = BIT(15), NET_BIND_TCP_4 = BIT(0),
                      SCOPE_UNIX_6 = BIT(0), SCOPE_SIGNAL_6 = BIT(1);

struct ruleset {
	uint64_t fs, net, scope;
};

/* An older kernel refuses a longer structure than it knows. */
static size_t
ruleset_size(long abi)
{
	if (abi >= 6)
		return sizeof(struct ruleset);
	return abi >= 4 ? 2 * sizeof(uint64_t) : sizeof(uint64_t);
}

static struct ruleset
everything(long abi)
{
	struct ruleset r = { .fs = FS_ALL_1 };

	if (abi >= 2)
		r.fs |= FS_REFER_2;
	if (abi >= 3)
		r.fs |= FS_TRUNCATE_3;
	if (abi >= 4)
		r.net = NET_BIND_TCP_4;
	if (abi >= 5)
		r.fs |= FS_IOCTL_5;
	if (abi >= 6)
		r.scope = SCOPE_UNIX_6 | SCOPE_SIGNAL_6;
	return r;
}

static bool
allow(int ruleset, const struct sandbox_path *p, uint64_t handled)
{
	struct {
		uint64_t rights;
		int32_t parent;
	} __attribute__((packed)) rule = { .rights = FS_READ_FILE };
	int fd = open(p->path, O_PATH | O_CLOEXEC);
	struct stat st;
	bool ok;

	if (fd < 0)
		return errno == ENOENT;
	if (p->write)
		rule.rights |= FS_WRITE_FILE | FS_TRUNCATE_3;
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
		rule.rights |= FS_READ_DIR;
		if (p->write)
			rule.rights |= FS_MAKE_REG | FS_REMOVE_FILE;
	}
	rule.rights &= handled;
	rule.parent = fd;
	ok = syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule,
	         0) == 0;
	(void)close(fd);
	return ok;
}

/* The rules, put together and put up; errno says why not. */
static bool
restrict_to(long abi, const struct sandbox_path *paths, size_t n)
{
	struct ruleset r = everything(abi);
	int ruleset =
	    (int)syscall(SYS_landlock_create_ruleset, &r, ruleset_size(abi), 0);
	bool ok = ruleset >= 0;

	for (size_t i = 0; i < n && ok; i++)
		ok = allow(ruleset, &paths[i], r.fs);
	ok = ok && syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
	if (ruleset >= 0)
		(void)close(ruleset);
	return ok;
}

bool
sandbox_landlock(const struct sandbox_path *paths, size_t n)
{
	long abi =
	    syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_VERSION);
	bool ok = abi >= 1 && restrict_to(abi, paths, n);

	if (!ok)
		log_warn("sandbox.landlock", "abi=%ld reason=\"%s\"", abi,
		    strerrordesc_np(errno));
	return ok;
}
