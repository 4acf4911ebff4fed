/* Accepting, the cap, running out of descriptors, draining, two lanes. */
#include "tests/web.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define HOST "Host: ca.test\r\n"

enum { MANY = 40 };

static struct client many[MANY];

static bool
open_gets(struct client *c)
{
	return client_ask(c, GET("/a")) == 200;
}

TEST(connections_go_to_the_lane_with_the_fewest)
{
	web_start(true, 2, &web_limits);
	for (int i = 0; i < 4; i++) {
		many[i] = client_open(NULL);
		client_say(&many[i], GET("/park"));
		UNTIL(web.parked == i + 1);
	}
	assert_ptr_not_equal(web.held[0]->loop, web.held[1]->loop);
	assert_ptr_not_equal(web.held[2]->loop, web.held[3]->loop);
	web_answer();
	for (int i = 0; i < 4; i++) {
		assert_int_equal(client_reply(&many[i], false), 200);
		client_close(&many[i]);
	}
	assert_int_equal(web_stat().accepted, 4);
	web_stop();
}

TEST(beyond_the_cap_the_idlest_goes)
{
	struct http_limits limits = web_limits;

	limits.connections = 4;
	web_start(true, 2, &limits);
	for (int i = 0; i < 4; i++) {
		many[i] = client_open(NULL);
		assert_true(open_gets(&many[i]));
		pause_ms(3);
	}
	assert_true(open_gets(&many[0])); /* so 1 and 2 are the idlest */
	for (int i = 4; i < 6; i++) {
		many[i] = client_open(NULL);
		assert_true(open_gets(&many[i]));
		assert_true(client_ended(&many[i - 3]));
		pause_ms(3);
	}
	assert_true(open_gets(&many[0]));
	assert_true(open_gets(&many[3]));
	UNTIL(web_stat().connections == 4);
	for (int i = 0; i < 6; i++)
		client_close(&many[i]);
	web_stop();
}

TEST(whoever_is_busy_stays_and_the_newcomer_waits)
{
	struct http_limits limits = web_limits;

	limits.connections = 2;
	web_start(true, 2, &limits);
	for (int i = 0; i < 3; i++) {
		many[i] = client_open(NULL);
		client_say(&many[i], GET("/park"));
		if (i < 2)
			UNTIL(web.parked == i + 1);
	}
	pause_ms(100);
	assert_int_equal(web.parked, 2);
	web_answer();
	for (int i = 0; i < 2; i++)
		assert_int_equal(client_reply(&many[i], false), 200);
	UNTIL(web.parked == 1);
	web_answer();
	assert_int_equal(client_reply(&many[2], false), 200);
	for (int i = 0; i < 3; i++)
		client_close(&many[i]);
	web_stop();
}

TEST(slow_clients_make_room_when_the_cap_is_reached)
{
	struct http_limits limits = web_limits;
	struct client c;

	limits.connections = 3;
	web_start(true, 2, &limits);
	for (int i = 0; i < 20; i++) {
		many[i] = client_open(NULL);
		client_say(&many[i], "GET / HTTP/1.1\r\nX");
	}
	c = client_open(NULL);
	assert_true(open_gets(&c));
	client_close(&c);
	for (int i = 0; i < 20; i++)
		client_close(&many[i]);
	web_stop();
}

/* In a child: a server with few descriptors left, until `in` ends. */
static void
serve_poor(int in, int out)
{
	struct rlimit few = { 0, 0 };
	char byte;
	int top;

	web_start(true, 2, &web_limits);
	top = dup(in);
	few.rlim_cur = few.rlim_max = (rlim_t)top + 6;
	(void)setrlimit(RLIMIT_NOFILE, &few);
	(void)!write(out, &web.port, sizeof(web.port));
	while (read(in, &byte, 1) == 1)
		if (byte == 'a')
			web_answer();
	_exit(0);
}

static int64_t
cpu_ms(pid_t pid)
{
	struct timespec ts;
	clockid_t clock;

	assert_int_equal(clock_getcpuclockid(pid, &clock), 0);
	assert_int_equal(clock_gettime(clock, &ts), 0);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

TEST(running_out_of_descriptors_neither_spins_nor_lasts)
{
	int to[2], from[2], status, served = 0;
	int64_t began;
	pid_t pid;

	assert_int_equal(pipe(to) | pipe(from), 0);
	if ((pid = fork()) == 0) {
		(void)close(to[1]);
		if (freopen("/dev/null", "w", stderr) == NULL)
			_exit(1);
		serve_poor(to[0], from[1]);
	}
	(void)close(to[0]);
	assert_int_equal(read(from[0], &web.port, sizeof(web.port)),
	    sizeof(web.port));

	/* Idle ones make room, so everyone is served. */
	for (int i = 0; i < MANY; i++) {
		many[i] = client_open(NULL);
		assert_true(open_gets(&many[i]));
	}
	for (int i = 0; i < MANY; i++)
		client_close(&many[i]);
	/* Busy ones do not: the others wait in the queue, and are served. */
	for (int i = 0; i < MANY; i++) {
		many[i] = client_open(NULL);
		client_say(&many[i], GET("/keep"));
	}
	pause_ms(200);
	began = cpu_ms(pid);
	pause_ms(500);
	assert_true(cpu_ms(pid) - began < 100);
	for (int i = 0; i < MANY; i++) {
		struct pollfd p = { .fd = many[i].fd, .events = POLLIN };

		while (poll(&p, 1, 50) == 0)
			assert_int_equal(write(to[1], "a", 1), 1);
		served += client_reply(&many[i], false) == 200;
		client_close(&many[i]);
	}
	assert_int_equal(served, MANY);
	(void)close(to[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	(void)close(from[0]);
	(void)close(from[1]);
}

TEST(a_drain_answers_who_is_queued_and_then_refuses)
{
	web_new(true, 2, &web_limits);
	for (int i = 0; i < MANY; i++) {
		many[i] = client_open(NULL);
		if (i % 2 == 0)
			client_say(&many[i], GET("/a"));
	}
	/* Before the loop could accept by itself. */
	web.draining = true;
	web_begin_drain(NULL);
	web_run();
	for (int i = 0; i < MANY; i++) {
		if (i % 2 != 0)
			client_say(&many[i], GET("/a"));
		assert_int_equal(client_reply(&many[i], false), 200);
		assert_true(many[i].closes);
		assert_true(client_ended(&many[i]));
		client_close(&many[i]);
	}
	UNTIL(web.drained == 1);
	web_stop();
}

TEST(after_a_drain_began_nobody_can_connect)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct client c;
	int fd;

	web_start(true, 2, &web_limits);
	c = client_open(NULL);
	client_say(&c, GET("/park"));
	UNTIL(web.parked == 1);
	(void)close(web.listen_fd);
	web.listen_fd = -1;
	web_drain();
	pause_ms(50);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	a.sin_port = htons((uint16_t)web.port);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), -1);
	assert_int_equal(errno, ECONNREFUSED);
	(void)close(fd);
	web_answer();
	assert_int_equal(client_reply(&c, false), 200);
	client_close(&c);
	web_stop();
}

TEST(a_drain_waits_for_what_has_begun_and_closes_the_idle)
{
	struct client idle, parked, begun, fresh, body;
	int64_t began;

	web_start(true, 2, &web_limits);
	idle = client_open(NULL);
	assert_true(open_gets(&idle));
	parked = client_open(NULL);
	client_say(&parked, GET("/park"));
	UNTIL(web.parked == 1);
	begun = client_open(NULL);
	assert_true(open_gets(&begun));
	client_say(&begun, "GET /a HT");
	body = client_open(NULL);
	client_say(&body,
	    "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhe");
	fresh = client_open(NULL);
	UNTIL(web_stat().connections == 5);
	pause_ms(20);

	began = now_ms();
	web_drain();
	assert_true(client_ended(&idle));
	pause_ms(50); /* the other lane is told, too */
	assert_int_equal(web.drained, 0);
	assert_int_equal(client_ask(&begun, "TP/1.1\r\n" HOST "\r\n"), 200);
	assert_true(begun.closes);
	assert_int_equal(client_ask(&body, "llo"), 200);
	assert_true(body.closes);
	web_answer();
	assert_int_equal(client_reply(&parked, false), 200);
	assert_true(parked.closes);
	assert_true(client_ended(&fresh)); /* it had its time */
	assert_true(now_ms() - began >= 1500);
	client_close(&idle);
	client_close(&begun);
	client_close(&parked);
	client_close(&body);
	client_close(&fresh);
	UNTIL(web.drained == 1);
	web_stop();
}

TEST(a_drain_with_nobody_there_is_done_once)
{
	web_start(true, 2, &web_limits);
	web_drain();
	UNTIL(web.drained == 1);
	pause_ms(20);
	assert_int_equal(web.drained, 1);
	web_stop();
}

static void *
hammer(void *arg)
{
	unsigned seed = (unsigned)(uintptr_t)arg;

	for (int i = 0; i < 150; i++) {
		struct client c = client_open(NULL);

		switch (rand_r(&seed) % 5) {
		case 0:
			client_say(&c, GET("/a"));
			break;
		case 1:
			client_say(&c, "GET /a HT");
			break;
		case 2:
			client_say(&c, GET("/keep"));
			break;
		case 3:
			client_say(&c, GET("/big?100000"));
			break;
		default:
			break;
		}
		if (rand_r(&seed) % 2)
			pause_ms(1);
		client_reset(&c);
	}
	return NULL;
}

TEST(many_connections_that_are_reset_leave_nothing_behind)
{
	pthread_t threads[4];
	struct client c;

	web_start(true, 2, &web_limits);
	for (uintptr_t i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, hammer,
		                     (void *)(i + 1)),
		    0);
	for (int i = 0; i < 4; i++)
		(void)pthread_join(threads[i], NULL);
	c = client_open(NULL);
	assert_true(open_gets(&c));
	client_close(&c);
	UNTIL(web_stat().connections == 0);
	assert_int_equal(web_stat().accepted, 601);
	web_answer();
	UNTIL(web.parked == 0);
	web_stop();
}

TEST(a_server_may_be_freed_with_connections_open)
{
	web_new(true, 1, &web_limits);
	many[0] = client_open(NULL);
	client_say(&many[0], GET("/a"));
	loop_post(web.lanes[0].loop, web_stop_loop, web.lanes[0].loop);
	loop_run(web.lanes[0].loop);
	http_server_free(web.server);
	loop_free(web.lanes[0].loop);
	(void)close(web.listen_fd);
	client_close(&many[0]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    running_out_of_descriptors_neither_spins_nor_lasts),
		cmocka_unit_test(connections_go_to_the_lane_with_the_fewest),
		cmocka_unit_test(beyond_the_cap_the_idlest_goes),
		cmocka_unit_test(whoever_is_busy_stays_and_the_newcomer_waits),
		cmocka_unit_test(
		    slow_clients_make_room_when_the_cap_is_reached),
		cmocka_unit_test(
		    a_drain_answers_who_is_queued_and_then_refuses),
		cmocka_unit_test(after_a_drain_began_nobody_can_connect),
		cmocka_unit_test(
		    a_drain_waits_for_what_has_begun_and_closes_the_idle),
		cmocka_unit_test(a_drain_with_nobody_there_is_done_once),
		cmocka_unit_test(
		    many_connections_that_are_reset_leave_nothing_behind),
		cmocka_unit_test(a_server_may_be_freed_with_connections_open),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
