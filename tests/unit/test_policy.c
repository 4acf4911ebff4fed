#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "challenges/challenge.h"
#include "tests/cmocka.h"

static enum err
judge(const struct address_policy *policy, const char *text, struct fault *f)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };

	f->code = OK;
	if (inet_pton(AF_INET, text, &in.sin_addr) == 1)
		return address_allow(policy, (struct sockaddr *)&in, f);
	assert_int_equal(inet_pton(AF_INET6, text, &in6.sin6_addr), 1);
	return address_allow(policy, (struct sockaddr *)&in6, f);
}

/* SEC-01. */
TEST(without_lists_only_what_never_leaves_is_refused)
{
	static const struct {
		const char *address, *refused; /* NULL: allowed */
	} rows[] = {
		{ "192.0.2.1", NULL },
		{ "10.0.0.1", NULL },
		{ "172.16.0.1", NULL },
		{ "192.168.1.1", NULL },
		{ "100.64.0.1", NULL },
		{ "126.255.255.255", NULL },
		{ "128.0.0.0", NULL },
		{ "169.253.255.255", NULL },
		{ "223.255.255.255", NULL },
		{ "240.0.0.1", NULL },
		{ "255.255.255.254", NULL },
		{ "127.0.0.1", "loopback" },
		{ "127.255.255.255", "loopback" },
		{ "169.254.169.254", "metadata" },
		{ "169.254.0.1", "link-local" },
		{ "224.0.0.1", "multicast" },
		{ "239.255.255.255", "multicast" },
		{ "255.255.255.255", "broadcast" },
		{ "0.0.0.0", "unspecified" },
		{ "0.1.2.3", "unspecified" },
		{ "2001:db8::1", NULL },
		{ "fd00::1", NULL },
		{ "fec0::1", NULL },
		{ "::1", "loopback" },
		{ "::", "unspecified" },
		{ "::7f00:1", "IPv4-compatible" },
		{ "fe80::1", "link-local" },
		{ "febf:ffff::1", "link-local" },
		{ "ff02::1", "multicast" },
		{ "fd00:ec2::254", "metadata" },
		{ "fd00:ec2::253", NULL },
		{ "::ffff:10.0.0.1", NULL },
		{ "::ffff:127.0.0.1", "loopback" },
		{ "::ffff:169.254.169.254", "metadata" },
		{ "64:ff9b::10.0.0.1", NULL },
		{ "64:ff9b::127.0.0.1", "loopback" },
		{ "64:ff9b::a9fe:a9fe", "metadata" },
		{ "2002:0a00:0001::1", NULL },
		{ "2002:7f00:0001::1", "loopback" },
		{ "2002:a9fe:a9fe::", "metadata" },
	};
	const struct address_policy none = { 0 };
	struct fault f = { .code = OK };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum err e = judge(&none, rows[i].address, &f);

		if ((e == OK) != (rows[i].refused == NULL))
			fail_msg("%s: %s", rows[i].address, f.detail);
		if (e == OK)
			continue;
		assert_int_equal(e, ERR_CONNECTION);
		assert_non_null(strstr(f.detail, rows[i].refused));
		assert_non_null(strstr(f.detail, "validation.allow"));
	}
}

/* SEC-01. */
TEST(allow_permits_and_deny_wins)
{
	static const char *const allow[] = { "127.0.0.0/8", "::1",
		"169.254.0.0/16", "::ffff:224.0.0.0/100" };
	static const char *const deny[] = { "127.0.0.53", "10.0.0.0/9",
		"2001:db8::/33", "2002::/16" };
	const struct address_policy policy = { allow, deny, 4, 4 };
	static const struct {
		const char *address;
		bool allowed;
	} rows[] = {
		{ "127.0.0.1", true },
		{ "127.0.0.53", false },
		{ "::ffff:127.0.0.1", true },
		{ "::ffff:127.0.0.53", false },
		{ "64:ff9b::127.0.0.1", true },
		{ "64:ff9b::127.0.0.53", false },
		{ "::1", true },
		{ "169.254.169.254", true },
		{ "224.0.0.1", true }, /* by the mapped CIDR */
		{ "fe80::1", false },
		{ "10.127.255.255", false },
		{ "10.128.0.0", true },
		{ "2001:db8:7fff::1", false },
		{ "2001:db8:8000::1", true },
		{ "2002:c000:0201::1", false },
	};
	struct fault f = { .code = OK };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if ((judge(&policy, rows[i].address, &f) == OK) !=
		    rows[i].allowed)
			fail_msg("%s: %s", rows[i].address, f.detail);
	assert_int_equal(judge(&policy, "10.0.0.1", &f), ERR_CONNECTION);
	assert_non_null(strstr(f.detail, "validation.deny has 10.0.0.0/9"));
}

TEST(refuses_what_is_no_ip_address)
{
	const struct address_policy none = { 0 };
	struct sockaddr sa = { .sa_family = AF_UNIX };
	struct fault f = { .code = OK };

	assert_int_equal(address_allow(&none, &sa, &f), ERR_CONNECTION);
}

TEST(knows_a_cidr_when_it_sees_one)
{
	static const char *const good[] = { "0.0.0.0/0", "10.0.0.0/8",
		"10.0.0.1/32", "192.0.2.1", "::/0", "::1", "2001:db8::/128" };
	static const char *const bad[] = { "", "/8", "10.0.0.0/", "10.0.0/8",
		"10.0.0.0/33", "10.0.0.0/08", "10.0.0.0/8/8", "10.0.0.0/-1",
		"10.0.0.0/ 8", " 10.0.0.1", "::/129", "2001:db8::/1000",
		"fe80::1%eth0", "localhost", "010.0.0.1", "10.0.0.0/8x",
		"2001:0db8:0000:0000:0000:0000:0000:0000:0000/8" };

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (!address_cidr_valid(good[i]))
			fail_msg("%s", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (address_cidr_valid(bad[i]))
			fail_msg("\"%s\"", bad[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    without_lists_only_what_never_leaves_is_refused),
		cmocka_unit_test(allow_permits_and_deny_wins),
		cmocka_unit_test(refuses_what_is_no_ip_address),
		cmocka_unit_test(knows_a_cidr_when_it_sees_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
