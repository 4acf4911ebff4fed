#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/init.h"
#include "crypto/digest.h"
#include "server/place.h"
#include "tests/cmocka.h"

/* A place for each test, and what was made there. */
struct place {
	char base[64], dir[96];
	char made[1024];
};

static void
made(void *arg, const char *path)
{
	struct place *p = arg;
	size_t len = strlen(p->made);

	(void)snprintf(p->made + len, sizeof(p->made) - len, "%s ",
	    path + strlen(p->dir));
}

static int
set_up(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	(void)snprintf(p->base, sizeof(p->base), "/tmp/mayfly-init.XXXXXX");
	assert_non_null(mkdtemp(p->base));
	(void)snprintf(p->dir, sizeof(p->dir), "%s/a/b", p->base);
	*state = p;
	return 0;
}

static int
tear_down(void **state)
{
	struct place *p = *state;

	place_remove(p->base);
	free(p);
	return 0;
}

static enum err
make(struct place *p, struct fault *f)
{
	const struct init_spec spec = { .dir = p->dir,
		.yaml = "names: [a.example]\n",
		.ca = { .name = "test", .root_days = 100, .issuer_days = 50 },
		.now = (int64_t)time(NULL) };
	const struct init_report r = { made, p };

	*f = (struct fault){ .code = OK };
	p->made[0] = '\0';
	return init_make(&spec, &r, f);
}

static mode_t
mode_of(const struct place *p, const char *name)
{
	char path[160];
	struct stat st;

	(void)snprintf(path, sizeof(path), "%s/%s", p->dir, name);
	if (stat(path, &st) != 0)
		return 0;
	return st.st_mode & 07777;
}

static void
unmake(const struct place *p, const char *name)
{
	char path[160];

	(void)snprintf(path, sizeof(path), "%s/%s", p->dir, name);
	place_remove(path);
	assert_int_equal(access(path, F_OK), -1);
}

static char *
text_of(const struct place *p, const char *name, struct arena *a)
{
	struct fault f;

	return file_read(arena_printf(a, "%s/%s", p->dir, name), 8192, a, &f);
}

static void
a_new_directory_has_all_its_parts_and_modes(void **state)
{
	struct place *p = *state;
	struct arena *a = arena_new();
	struct fault f;

	assert_false(init_finished(p->dir));
	assert_int_equal(make(p, &f), OK);
	assert_string_equal(p->made, " /mayfly.yaml /db /ca /root.pem ");
	assert_true(init_finished(p->dir));
	assert_int_equal(mode_of(p, "."), 0700);
	assert_int_equal(mode_of(p, "mayfly.yaml"), 0644);
	assert_int_equal(mode_of(p, "db"), 0700);
	assert_int_equal(mode_of(p, "ca"), 0700);
	assert_int_equal(mode_of(p, "ca/root.key"), 0600);
	assert_int_equal(mode_of(p, "ca/issuer-1.key"), 0600);
	assert_int_equal(mode_of(p, "root.pem"), 0644);
	assert_string_equal(text_of(p, "root.pem", a),
	    text_of(p, "ca/root.pem", a));
	assert_string_equal(text_of(p, "mayfly.yaml", a),
	    "names: [a.example]\n");
	arena_free(a);
}

static void
a_finished_directory_is_refused_and_left_alone(void **state)
{
	struct place *p = *state;
	struct arena *a = arena_new();
	struct fault f;
	const char *root;

	assert_int_equal(make(p, &f), OK);
	root = text_of(p, "root.pem", a);
	assert_int_equal(make(p, &f), ERR_STALE);
	assert_string_equal(f.detail,
	    arena_printf(a, "%s: already initialised", p->dir));
	assert_string_equal(p->made, "");
	assert_string_equal(text_of(p, "root.pem", a), root);
	arena_free(a);
}

/* Take parts away in the reverse of the order in which they are made. */
static void
what_a_crash_left_is_completed_with_the_same_root(void **state)
{
	static const char *const parts[] = { "root.pem", "ca", "db",
		"mayfly.yaml" };
	struct place *p = *state;
	struct arena *a = arena_new();
	struct fault f;
	const char *root;

	assert_int_equal(make(p, &f), OK);
	root = text_of(p, "root.pem", a);
	unmake(p, "root.pem");
	assert_int_equal(make(p, &f), OK);
	assert_string_equal(p->made, "/root.pem ");
	assert_string_equal(text_of(p, "root.pem", a), root);
	for (size_t n = 2; n <= 4; n++) {
		for (size_t i = 0; i < n; i++)
			unmake(p, parts[i]);
		assert_false(init_finished(p->dir));
		assert_int_equal(make(p, &f), OK);
		assert_true(init_finished(p->dir));
	}
	arena_free(a);
}

static void
a_configuration_that_is_there_is_kept(void **state)
{
	struct place *p = *state;
	struct arena *a = arena_new();
	struct fault f;
	char path[160];

	(void)snprintf(p->dir, sizeof(p->dir), "%s", p->base);
	(void)snprintf(path, sizeof(path), "%s/mayfly.yaml", p->dir);
	assert_int_equal(file_write(path, "loops: 1\n", 0640, &f), OK);
	assert_int_equal(make(p, &f), OK);
	assert_string_equal(text_of(p, "mayfly.yaml", a), "loops: 1\n");
	assert_int_equal(mode_of(p, "mayfly.yaml"), 0640);
	arena_free(a);
}

static void
a_directory_of_somebody_else_is_refused(void **state)
{
	struct place *p = *state;
	struct fault f;
	char path[160];

	(void)snprintf(p->dir, sizeof(p->dir), "%s", p->base);
	(void)snprintf(path, sizeof(path), "%s/thesis.tex", p->dir);
	assert_int_equal(file_write(path, "x", 0644, &f), OK);
	assert_int_equal(make(p, &f), ERR_INTERNAL);
	assert_non_null(strstr(f.detail, ": has thesis.tex in it"));
	assert_string_equal(p->made, "");
	assert_int_equal(mode_of(p, "ca"), 0);
}

static void
a_directory_that_is_held_is_refused(void **state)
{
	struct place *p = *state;
	struct fault f;
	char path[160];
	int fd;

	(void)snprintf(p->dir, sizeof(p->dir), "%s", p->base);
	(void)snprintf(path, sizeof(path), "%s/lock", p->dir);
	fd = open(path, O_RDWR | O_CREAT, 0600);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_int_equal(make(p, &f), ERR_BUSY);
	assert_non_null(strstr(f.detail, ": in use by another mayfly"));
	assert_int_equal(close(fd), 0);
	assert_int_equal(make(p, &f), OK);
}

static void
a_file_in_the_way_is_named(void **state)
{
	struct place *p = *state;
	struct fault f;
	char path[160];

	(void)snprintf(path, sizeof(path), "%s/a", p->base);
	assert_int_equal(file_write(path, "x", 0644, &f), OK);
	assert_int_equal(make(p, &f), ERR_INTERNAL);
	assert_non_null(strstr(f.detail, "/a"));
	assert_non_null(strstr(f.detail, "Not a directory"));
}

static void
half_a_hierarchy_is_refused_not_replaced(void **state)
{
	struct place *p = *state;
	struct fault f;

	assert_int_equal(make(p, &f), OK);
	unmake(p, "root.pem");
	unmake(p, "ca/issuer-1.pem");
	assert_true(make(p, &f) != OK);
	assert_non_null(strstr(f.detail, "/ca"));
	unmake(p, "ca/root.pem");
	assert_int_equal(make(p, &f), ERR_INTERNAL);
	assert_non_null(strstr(f.detail,
	    "/ca: has no root.pem, but is not empty"));
	assert_int_equal(mode_of(p, "ca/root.key"), 0600);
	assert_int_equal(mode_of(p, "root.pem"), 0);
}

static void
keys_that_nobody_ever_saw_are_made_anew(void **state)
{
	struct place *p = *state;
	struct fault f;
	char path[160];

	(void)snprintf(p->dir, sizeof(p->dir), "%s", p->base);
	(void)snprintf(path, sizeof(path), "%s/ca.new", p->dir);
	assert_int_equal(mkdir(path, 0700), 0);
	(void)snprintf(path, sizeof(path), "%s/ca.new/root.key", p->dir);
	assert_int_equal(file_write(path, "half a ke", 0600, &f), OK);
	assert_int_equal(make(p, &f), OK);
	assert_true(init_finished(p->dir));
	assert_int_equal(mode_of(p, "ca.new"), 0);
}

static void
a_passphrase_encrypts_the_keys(void **state)
{
	struct place *p = *state;
	struct arena *a = arena_new();
	struct fault f = { .code = OK };
	char file[160], *pem = NULL;
	const struct init_report r = { made, p };
	struct init_spec spec = { .dir = p->dir,
		.yaml = "",
		.ca = { .name = "test", .root_days = 2, .issuer_days = 1 },
		.passphrase_file = file,
		.now = (int64_t)time(NULL) };

	(void)snprintf(file, sizeof(file), "%s/passphrase", p->base);
	assert_int_equal(init_make(&spec, &r, &f), ERR_INTERNAL);
	assert_non_null(strstr(f.detail, "/passphrase: No such file"));
	assert_int_equal(file_write(file, "\nx\n", 0600, &f), OK);
	assert_int_equal(init_make(&spec, &r, &f), ERR_INTERNAL);
	assert_int_equal(file_write(file, "sesame\r\nmore\n", 0600, &f), OK);
	assert_int_equal(init_make(&spec, &r, &f), OK);
	assert_string_equal(file_passphrase(file, a, &f), "sesame");
	assert_null(strstr(text_of(p, "ca/issuer-1.key", a),
	    "BEGIN PRIVATE KEY"));
	assert_int_equal(ca_key_read(arena_printf(a, "%s/ca", p->dir), 1,
	                     "sesame", &pem, &f),
	    OK);
	free(pem);
	arena_free(a);
}

/* No file may grow past `most` bytes: what a full disk does to a write. */
static int
make_with_no_room(struct place *p, rlim_t most)
{
	const struct rlimit limit = { most, most };
	int status = 0;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		struct fault f;

		(void)signal(SIGXFSZ, SIG_IGN);
		if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
			_exit(3);
		_exit(make(p, &f) == OK ? 0 : f.detail[0] == '\0' ? 2 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
a_full_disk_leaves_what_the_next_run_completes(void **state)
{
	struct place *p = *state;
	struct fault f;

	for (rlim_t most = 0; most < 700; most += 100) {
		if (make_with_no_room(p, most) == 0)
			break;
		assert_false(init_finished(p->dir));
		assert_int_equal(mode_of(p, "root.pem"), 0);
	}
	if (!init_finished(p->dir))
		assert_int_equal(make(p, &f), OK);
	assert_true(init_finished(p->dir));
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(a_new_directory_has_all_its_parts_and_modes),
		T(a_finished_directory_is_refused_and_left_alone),
		T(what_a_crash_left_is_completed_with_the_same_root),
		T(a_configuration_that_is_there_is_kept),
		T(a_directory_of_somebody_else_is_refused),
		T(a_directory_that_is_held_is_refused),
		T(a_file_in_the_way_is_named),
		T(half_a_hierarchy_is_refused_not_replaced),
		T(keys_that_nobody_ever_saw_are_made_anew),
		T(a_passphrase_encrypts_the_keys),
		T(a_full_disk_leaves_what_the_next_run_completes),
	};

	crypto_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
