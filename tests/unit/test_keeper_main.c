/*
 * The keeper as a process: started with `-child keeper`, over a real directory
 * and a real store, told by this test what the supervisor would tell it.
 */
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "base/log.h"
#include "cli/init.h"
#include "crypto/ca.h"
#include "crypto/cert.h"
#include "crypto/digest.h"
#include "crypto/keeper.h"
#include "crypto/roll.h"
#include "server/msg.h"
#include "server/proc.h"
#include "tests/store.h"

enum { NOW = 1700000000 };

static char dir[] = "/tmp/mayfly-keeper-XXXXXX";
static struct bed bed; /* its store is D/db */
static struct child keeper = CHILD("keeper");
static struct msg m;
static int ask_fd;

static void
complain(void *arg, const char *line)
{
	(void)arg;
	fail_msg("%s", line);
}

/* The configuration of D, with one setting changed, as a message of `type`. */
static void
tell_config(enum msg_type type, const char *set)
{
	const struct config_report r = { complain, NULL };
	/* A sanitizer's runtime has no room for the usual map. */
	const char *const sets[] = { "store.map=64MiB", "store.max_size=32MiB",
		set };
	const struct config_source source = {
		.dir = dir, .sets = sets, .n_sets = set == NULL ? 2 : 3
	};
	struct config *c = config_load(&source, &r);
	const char *text;

	assert_non_null(c);
	text = config_text(c, bed.a);
	assert_int_equal(msg_send(keeper.sock, type, text, strlen(text), -1),
	    OK);
	config_free(c);
}

static void
expect(enum msg_type type)
{
	assert_int_equal(msg_recv(keeper.sock, MSG_CHILD, &m), OK);
	if (m.type != type)
		fail_msg("%s: %s", msg_name(m.type), (const char *)m.body);
}

static int
exit_code(void)
{
	int status;

	assert_int_equal(waitpid(keeper.pid, &status, 0), keeper.pid);
	child_ended(&keeper, status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
begin(void)
{
	const uint32_t loop = 0;
	int pair[2];

	assert_true(child_start(&keeper, 0));
	tell_config(MSG_CONFIG, NULL);
	expect(MSG_READY);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
	                     pair),
	    0);
	assert_int_equal(msg_send(keeper.sock, MSG_KEEPER, &loop, sizeof(loop),
	                     pair[0]),
	    OK);
	(void)close(pair[0]);
	ask_fd = pair[1];
}

static void
end(void)
{
	assert_int_equal(msg_send(keeper.sock, MSG_DRAIN, NULL, 0, -1), OK);
	expect(MSG_DRAINED);
	assert_int_equal(exit_code(), 0);
	(void)close(ask_fd);
}

static enum err
ask(enum keeper_op op, struct id object, struct keeper_answer *out)
{
	const struct keeper_ask frame = {
		.op = op, .issuer = 1, .tag = 42, .object = object
	};

	assert_int_equal(send(ask_fd, &frame, sizeof(frame), 0), sizeof(frame));
	assert_true(recv(ask_fd, out, sizeof(*out), 0) >=
	            (ssize_t)offsetof(struct keeper_answer, der));
	assert_int_equal(out->tag, 42);
	return (enum err)out->result;
}

/* An order in `status` whose bytes are those of such a profile. */
static struct id
recorded(enum order_status status, const char *profile, unsigned lifetime_s)
{
	const struct profile_spec spec = { .name = profile,
		.lifetime_s = lifetime_s,
		.backdate_s = 30,
		.usages = USAGE_SERVER_AUTH,
		.no_rev_avail = strcmp(profile, "tenminutes") == 0 };
	struct account *acct = some_account(bed.a);
	struct order *o = some_order(bed.a, acct->id, (int64_t)NOW * 1000);
	struct batch *batch = batch_new(bed.a);
	struct fault f = { 0 };
	struct keypair pair;
	struct leaf leaf = { .serial = id_new((int64_t)NOW * 1000),
		.now = NOW,
		.names = o->idents,
		.n_names = o->n_idents };
	struct profile *p;
	struct ca ca;

	assert_int_equal(ca_load(arena_printf(bed.a, "%s/ca", dir), bed.a, &ca,
	                     &f),
	    OK);
	p = profile_new(&spec, ca.issuers[0].der, ca.issuers[0].der_len, &f);
	assert_non_null(p);
	keypair_new(bed.a, &pair);
	leaf.spki = pair.spki;
	leaf.spki_len = pair.spki_len;
	assert_int_equal(tbs_build(p, &leaf, bed.a, &o->tbs, &o->tbs_len, &f),
	    OK);
	profile_free(p);
	o->profile = profile;
	o->status = status;
	o->serial = leaf.serial;
	o->issuer = 1;
	o->not_before = leaf.not_before;
	o->not_after = leaf.not_after;
	batch_put_account(batch, acct);
	batch_put_order(batch, o);
	assert_int_equal(bed_commit(&bed, batch), OK);
	return o->id;
}

/* SEC-04. */
TEST(only_recorded_bytes_of_a_processing_order_are_signed)
{
	static struct keeper_answer answer;

	begin();
	assert_int_equal(ask(KEEPER_PING, (struct id){ { 0 } }, &answer), OK);
	assert_int_equal(ask(KEEPER_LEAF,
	                     recorded(ORDER_PROCESSING, "tenminutes", 600),
	                     &answer),
	    OK);
	assert_true(answer.len > 0);
	assert_int_equal(answer.der[0], 0x30);
	assert_int_equal(ask(KEEPER_LEAF,
	                     recorded(ORDER_PENDING, "tenminutes", 600),
	                     &answer),
	    ERR_ORDER_NOT_READY);
	assert_int_equal(ask(KEEPER_LEAF,
	                     recorded(ORDER_VALID, "tenminutes", 600), &answer),
	    ERR_ORDER_NOT_READY);
	assert_int_equal(ask(KEEPER_LEAF, id_new(NOW), &answer),
	    ERR_ORDER_NOT_READY);
	/* Bytes that live longer than their profile says. */
	assert_int_not_equal(ask(KEEPER_LEAF,
	                         recorded(ORDER_PROCESSING, "tenminutes", 3600),
	                         &answer),
	    OK);
	assert_int_equal(answer.len, 0);
	end();
}

TEST(a_reload_changes_what_the_serving_certificate_may_be)
{
	static struct keeper_answer answer;
	struct id longer;

	begin();
	longer = recorded(ORDER_PROCESSING, "serving", 2 * 86400);
	assert_int_not_equal(ask(KEEPER_LEAF, longer, &answer), OK);
	tell_config(MSG_RELOAD, "serving.lifetime=2d");
	/* No wait: what was said first is heard first. */
	assert_int_equal(ask(KEEPER_LEAF, longer, &answer), OK);
	end();
}

TEST(a_front_that_breaks_a_frame_is_hung_up_on_and_another_is_served)
{
	static struct keeper_answer answer;
	const uint32_t loop = 0;
	int pair[2];
	char b;

	begin();
	assert_int_equal(send(ask_fd, "nonsense", 8, 0), 8);
	assert_int_equal(recv(ask_fd, &b, 1, 0), 0);
	(void)close(ask_fd);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
	                     pair),
	    0);
	assert_int_equal(msg_send(keeper.sock, MSG_KEEPER, &loop, sizeof(loop),
	                     pair[0]),
	    OK);
	(void)close(pair[0]);
	ask_fd = pair[1];
	assert_int_equal(ask(KEEPER_PING, (struct id){ { 0 } }, &answer), OK);
	end();
}

TEST(a_key_that_cannot_be_read_is_named)
{
	char key[64], away[64];

	(void)snprintf(key, sizeof(key), "%s/ca/issuer-1.key", dir);
	(void)snprintf(away, sizeof(away), "%s/away", dir);
	assert_int_equal(rename(key, away), 0);
	assert_true(child_start(&keeper, 0));
	tell_config(MSG_CONFIG, NULL);
	expect(MSG_FAILED);
	assert_non_null(strstr((const char *)m.body, "issuer-1.key"));
	assert_int_equal(exit_code(), 1);
	assert_int_equal(rename(away, key), 0);
}

static void
put_back(const char *from, const char *to)
{
	assert_int_equal(rename(arena_printf(bed.a, "%s/%s", dir, from),
	                     arena_printf(bed.a, "%s/%s", dir, to)),
	    0);
}

/* What was recorded for an issuer is signed by it, though another follows. */
TEST(an_order_of_the_issuer_before_is_still_signed)
{
	static const struct ca_spec spec = { "test", 1, 100, NULL };
	static struct keeper_answer answer;
	struct fault f = { 0 };
	size_t number = 0;

	assert_int_equal(ca_rotate(arena_printf(bed.a, "%s/ca", dir), &spec, 0,
	                     time(NULL), &number, &f),
	    OK);
	assert_int_equal(number, 2);
	begin();
	assert_int_equal(ask(KEEPER_LEAF,
	                     recorded(ORDER_PROCESSING, "tenminutes", 600),
	                     &answer),
	    OK);
	end();
	/* Its key may be taken away, and then it signs nothing… */
	put_back("ca/issuer-1.key", "away");
	begin();
	assert_int_not_equal(ask(KEEPER_LEAF,
	                         recorded(ORDER_PROCESSING, "tenminutes", 600),
	                         &answer),
	    OK);
	end();
	put_back("away", "ca/issuer-1.key");
	/* …but not that of the newest. */
	put_back("ca/issuer-2.key", "away");
	assert_true(child_start(&keeper, 0));
	tell_config(MSG_CONFIG, NULL);
	expect(MSG_FAILED);
	assert_non_null(strstr((const char *)m.body, "issuer-2.key"));
	assert_int_equal(exit_code(), 1);
	put_back("away", "ca/issuer-2.key");
}

TEST(it_ends_when_the_supervisor_is_gone)
{
	begin();
	assert_int_equal(shutdown(keeper.sock, SHUT_RDWR), 0);
	assert_int_equal(exit_code(), 1);
	(void)close(ask_fd);
}

static int
teardown(void **state)
{
	(void)state;
	if (keeper.pid != 0) {
		child_kill(&keeper);
		(void)exit_code();
	}
	return 0;
}

static void
made(void *arg, const char *path)
{
	(void)arg;
	(void)path;
}

static void
remove_all(void)
{
	static const char *const parts[] = { "/ca", "/db", "" };
	char path[64];

	for (size_t i = 0; i < 3; i++) {
		(void)snprintf(path, sizeof(path), "%s%s", dir, parts[i]);
		dir_remove(path);
	}
}

static bool
make_all(void)
{
	const struct init_spec spec = { .dir = dir,
		.yaml = "# nothing\n",
		.ca = { .name = "test",
		    .root_days = 36500,
		    .issuer_days = 36500 },
		.now = NOW - 3600 };
	const struct init_report r = { made, NULL };
	struct fault f = { 0 };

	crypto_start();
	if (init_make(&spec, &r, &f) != OK) {
		(void)fprintf(stderr, "%s\n", f.detail);
		return false;
	}
	bed = (struct bed){ .loop = loop_new(), .a = arena_new() };
	bed.config =
	    (struct store_config){ .path = arena_printf(bed.a, "%s/db", dir),
		    .map_bytes = TEST_MAP,
		    .digest = sha256 };
	bed_open(&bed);
	return true;
}

#define CASE(f) cmocka_unit_test_teardown(f, teardown)

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		CASE(only_recorded_bytes_of_a_processing_order_are_signed),
		CASE(a_reload_changes_what_the_serving_certificate_may_be),
		CASE(
		    a_front_that_breaks_a_frame_is_hung_up_on_and_another_is_served),
		CASE(a_key_that_cannot_be_read_is_named),
		CASE(it_ends_when_the_supervisor_is_gone),
		CASE(an_order_of_the_issuer_before_is_still_signed),
	};
	int rc;

	if (argc == 3 && strcmp(argv[1], "-child") == 0)
		return keeper_main(CHILD_SOCKET);
	log_level_set(LOG_OFF_);
	if (mkdtemp(dir) == NULL || !make_all())
		return 1;
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	store_close(bed.st);
	loop_free(bed.loop);
	arena_free(bed.a);
	remove_all();
	return rc;
}
