/* Which names are ours: those configured, and those the socket gives us. */
#include "server/own_names.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/cmocka.h"

static struct arena *a;

static int
setup(void **state)
{
	(void)state;
	a = arena_new();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(a);
	return 0;
}

static int
bound(in_addr_t to)
{
	struct sockaddr_in sa = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(to) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	return fd;
}

static unsigned
among(const char *const *names, size_t n, const char *name)
{
	unsigned found = 0;

	for (size_t i = 0; i < n; i++)
		found += strcmp(names[i], name) == 0;
	return found;
}

TEST(names_come_first_then_the_host_listened_on_localhost_and_addresses)
{
	static const char *const configured[] = { "ca.example", "localhost" };
	static const char *const addresses[] = { "127.0.0.1", "192.0.2.1" };
	const struct own own = { configured, addresses, 2, 2,
		"CA.internal:8443" };
	static const char *const expected[] = { "ca.example", "localhost",
		"ca.internal", "127.0.0.1", "192.0.2.1" };
	size_t n;
	const char *const *names = own_names(&own, a, &n);

	assert_int_equal(n, 5);
	for (size_t i = 0; i < n; i++)
		assert_string_equal(names[i], expected[i]);
}

TEST(everywhere_is_no_name)
{
	static const char *const listens[] = { "0.0.0.0:1", "[::]:1" };

	for (size_t i = 0; i < 2; i++) {
		const struct own own = { .listen = listens[i] };
		size_t n;
		const char *const *names = own_names(&own, a, &n);

		assert_int_equal(n, 1);
		assert_string_equal(names[0], "localhost");
	}
}

TEST(a_socket_bound_to_one_address_has_that_one)
{
	int fd = bound(INADDR_LOOPBACK);
	size_t n;
	const char *const *all = own_addresses(fd, a, &n);

	assert_int_equal(n, 1);
	assert_string_equal(all[0], "127.0.0.1");
	(void)close(fd);
}

TEST(a_socket_bound_everywhere_has_those_of_the_interfaces)
{
	int fd = bound(INADDR_ANY);
	size_t n;
	const char *const *all = own_addresses(fd, a, &n);

	assert_int_equal(among(all, n, "127.0.0.1"), 1);
	assert_int_equal(among(all, n, "0.0.0.0"), 0);
	for (size_t i = 0; i < n; i++) /* an IPv4 socket hears no IPv6 */
		assert_null(strchr(all[i], ':'));
	(void)close(fd);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(
		    names_come_first_then_the_host_listened_on_localhost_and_addresses),
		CASE(everywhere_is_no_name),
		CASE(a_socket_bound_to_one_address_has_that_one),
		CASE(a_socket_bound_everywhere_has_those_of_the_interfaces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
