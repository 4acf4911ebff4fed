#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/check.h"
#include "cli/init.h"
#include "crypto/digest.h"
#include "crypto/roll.h"
#include "server/place.h"
#include "tests/cmocka.h"

enum { DAY = 86400, ISSUER_DAYS = 50, ROOT_DAYS = 100 };

/* A finished directory for each test. */
struct place {
	struct arena *a;
	char dir[64];
	int64_t now;
	const char *passphrase_file;
	unsigned longest_s;
	bool no_rotation;
};

static void
made(void *arg, const char *path)
{
	(void)arg;
	(void)path;
}

static int
set_up(void **state)
{
	struct place *p = calloc(1, sizeof(*p));
	const struct init_report r = { made, NULL };
	struct init_spec spec = { .yaml = "",
		.ca = { .name = "test",
		    .root_days = ROOT_DAYS,
		    .issuer_days = ISSUER_DAYS } };
	struct fault f = { .code = OK };

	assert_non_null(p);
	(void)snprintf(p->dir, sizeof(p->dir), "/tmp/mayfly-check.XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	p->a = arena_new();
	p->now = (int64_t)time(NULL);
	p->longest_s = DAY;
	spec.dir = p->dir;
	spec.now = p->now;
	assert_int_equal(init_make(&spec, &r, &f), OK);
	*state = p;
	return 0;
}

static int
tear_down(void **state)
{
	struct place *p = *state;

	place_remove(p->dir);
	arena_free(p->a);
	free(p);
	return 0;
}

static const char *
in(struct place *p, const char *name)
{
	return arena_printf(p->a, "%s/%s", p->dir, name);
}

/* Check, and return what was printed; the exit code in `code`. */
static const char *
check(struct place *p, int *code)
{
	const struct check_spec spec = { .dir = p->dir,
		.passphrase_file = p->passphrase_file,
		.store = { .map_bytes = 1 << 30,
		    .max_bytes = 1 << 28,
		    .digest = sha256 },
		.longest_s = p->longest_s,
		.rotate = !p->no_rotation,
		.now = p->now };
	struct findings fs = { 0 };
	char *text = arena_alloc(p->a, 4096, 1);
	FILE *out = tmpfile();
	int was = dup(STDOUT_FILENO);

	assert_non_null(out);
	assert_int_equal(fflush(stdout), 0);
	assert_true(dup2(fileno(out), STDOUT_FILENO) >= 0);
	check_dir(&spec, &fs);
	*code = findings_exit(&fs, p->dir);
	assert_true(dup2(was, STDOUT_FILENO) >= 0);
	assert_int_equal(close(was), 0);
	rewind(out);
	text[fread(text, 1, 4095, out)] = '\0';
	assert_int_equal(fclose(out), 0);
	return text;
}

/* One finding, after "KIND: D/"; its exit code goes with its kind. */
static void
finds(struct place *p, const char *kind, const char *what)
{
	int code = -1;
	const char *text = check(p, &code);

	assert_string_equal(text,
	    arena_printf(p->a, "%s: %s/%s\n", kind, p->dir, what));
	assert_int_equal(code, strcmp(kind, "error") == 0 ? 1 : 10);
}

static void
a_fresh_directory_is_fine(void **state)
{
	struct place *p = *state;
	int code = -1;

	assert_string_equal(check(p, &code),
	    arena_printf(p->a, "%s: ok\n", p->dir));
	assert_int_equal(code, 0);
}

static void
what_others_may_read_or_change_is_found(void **state)
{
	struct place *p = *state;

	int code = -1;

	assert_int_equal(chmod(in(p, "ca/root.key"), 0640), 0);
	finds(p, "warning", "ca/root.key: mode 640 lets others read it");
	assert_int_equal(chmod(in(p, "ca/root.key"), 0600), 0);
	assert_int_equal(chmod(in(p, "ca/issuer-1.key"), 0640), 0);
	assert_non_null(strstr(check(p, &code), "ca/issuer-1.key: "));
	assert_int_equal(code, 1);
	assert_int_equal(chmod(in(p, "ca/issuer-1.key"), 0600), 0);
	assert_int_equal(chmod(in(p, "mayfly.yaml"), 0666), 0);
	finds(p, "warning", "mayfly.yaml: mode 666 lets others change it");
}

static void
a_root_that_clients_were_not_given_is_an_error(void **state)
{
	struct place *p = *state;
	struct fault f;

	assert_int_equal(file_write(in(p, "root.pem"), "x", 0644, &f), OK);
	finds(p, "error", "root.pem: not the certificate in ca/root.pem");
	assert_int_equal(unlink(in(p, "root.pem")), 0);
	finds(p, "error", "root.pem: No such file or directory");
}

static void
a_missing_or_foreign_key_is_an_error(void **state)
{
	struct place *p = *state;
	struct fault f;
	int code = -1;
	char *other = file_read(in(p, "ca/root.key"), 4096, p->a, &f);

	assert_non_null(other);
	assert_int_equal(file_write(in(p, "ca/issuer-1.key"), other, 0600, &f),
	    OK);
	assert_non_null(strstr(check(p, &code), "ca/issuer-1.key"));
	assert_int_equal(code, 1);
	assert_int_equal(unlink(in(p, "ca/issuer-1.key")), 0);
	assert_non_null(strstr(check(p, &code), "ca/issuer-1.key"));
	assert_int_equal(code, 1);
}

static void
a_root_key_that_is_offline_is_fine(void **state)
{
	struct place *p = *state;
	int code = -1;

	assert_int_equal(unlink(in(p, "ca/root.key")), 0);
	(void)check(p, &code);
	assert_int_equal(code, 0);
}

static void
certificates_that_end_are_announced(void **state)
{
	struct place *p = *state;
	int code = -1;
	int64_t start = p->now;

	p->now = start + (ISSUER_DAYS - 4) * DAY;
	assert_non_null(strstr(check(p, &code),
	    "ca/issuer-1.pem: expires on 2"));
	assert_int_equal(code, 10);
	p->longest_s = 5 * DAY;
	assert_non_null(strstr(check(p, &code),
	    "warning: profiles: the longest lifetime is cut"));
	p->now = start + ISSUER_DAYS * DAY;
	assert_non_null(strstr(check(p, &code), "error: "));
	assert_non_null(strstr(check(p, &code),
	    "ca/issuer-1.pem: expired on 2"));
	assert_int_equal(code, 1);
	p->now = start - DAY;
	assert_non_null(strstr(check(p, &code), "is the clock right?"));
	assert_int_equal(code, 1);
}

/* CPR-17: an issuer that no server will follow by another is announced. */
static void
a_rotation_that_will_not_happen_is_announced(void **state)
{
	struct place *p = *state;
	int code = -1;

	p->now += (int64_t)ISSUER_DAYS * DAY / 3 * 2 + DAY;
	(void)check(p, &code);
	assert_int_equal(code, 0); /* a server does it */
	p->no_rotation = true;
	assert_non_null(strstr(check(p, &code), "but ca.rotate is off"));
	assert_int_equal(code, 10);
	p->no_rotation = false;
	assert_int_equal(unlink(in(p, "ca/root.key")), 0);
	assert_non_null(strstr(check(p, &code),
	    "but the root key is not here: mayfly ca csr"));
	assert_int_equal(code, 10);
}

static void
what_is_superseded_may_be_gone(void **state)
{
	static const struct ca_spec spec = { "test", 1, ISSUER_DAYS, NULL };
	struct place *p = *state;
	struct fault f = { .code = OK };
	size_t number;
	int code = -1;

	assert_int_equal(ca_rotate(in(p, "ca"), &spec, 0, p->now, &number, &f),
	    OK);
	assert_int_equal(unlink(in(p, "ca/issuer-1.key")), 0);
	assert_non_null(strstr(check(p, &code), "warning: "));
	assert_int_equal(code, 10);
	assert_int_equal(unlink(in(p, "ca/issuer-2.key")), 0);
	assert_non_null(strstr(check(p, &code), "error: "));
	assert_int_equal(code, 1);
}

static void
a_passphrase_file_that_is_missing_is_an_error(void **state)
{
	struct place *p = *state;

	p->passphrase_file = in(p, "secret");
	finds(p, "error", "secret: No such file or directory");
}

static void
a_store_is_opened_if_there_is_one(void **state)
{
	struct place *p = *state;
	struct store_config config = { .path = in(p, "db"),
		.map_bytes = 1 << 30,
		.max_bytes = 1 << 28,
		.digest = sha256 };
	struct fault f;
	struct store *st = store_open(&config, &f);
	int code = -1;

	assert_non_null(st);
	store_close(st);
	(void)check(p, &code);
	assert_int_equal(code, 0);
	assert_int_equal(file_write(in(p, "db/data.mdb"), "not a store", 0600,
	                     &f),
	    OK);
	assert_non_null(strstr(check(p, &code), "/db: "));
	assert_int_equal(code, 1);
}

static void
a_directory_that_is_not_there_is_one_error(void **state)
{
	struct place *p = *state;
	int code = -1;

	place_remove(p->dir);
	assert_string_equal(check(p, &code),
	    arena_printf(p->a, "error: %s: No such file or directory\n",
	        p->dir));
	assert_int_equal(code, 1);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(a_fresh_directory_is_fine),
		T(what_others_may_read_or_change_is_found),
		T(a_root_that_clients_were_not_given_is_an_error),
		T(a_missing_or_foreign_key_is_an_error),
		T(a_root_key_that_is_offline_is_fine),
		T(certificates_that_end_are_announced),
		T(a_rotation_that_will_not_happen_is_announced),
		T(what_is_superseded_may_be_gone),
		T(a_passphrase_file_that_is_missing_is_an_error),
		T(a_store_is_opened_if_there_is_one),
		T(a_directory_that_is_not_there_is_one_error),
	};

	crypto_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
