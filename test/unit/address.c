/*
 * address.c
 *		Which addresses a request may connect to (src/http/address.c).
 */
#include "http/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include "unit.h"

static int
class_of(const char *written)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};

	if (inet_pton(AF_INET, written, &in.sin_addr) == 1)
		return jm_address_class((struct sockaddr *) &in);
	if (inet_pton(AF_INET6, written, &in6.sin6_addr) == 1)
		return jm_address_class((struct sockaddr *) &in6);
	fprintf(stderr, "not an address: %s\n", written);
	return -1;
}

static void
check_all(const char *const *list, JmAddressClass expected)
{
	for (; *list; list++)
		if (class_of(*list) != (int) expected)
		{
			fprintf(stderr, "%s is of class %d, expected %d\n", *list, class_of(*list), (int) expected);
			unit_failures++;
		}
}

int
main(void)
{
	/* the first and last address of each block, and their neighbours outside */
	static const char *const public[] = {
		"1.0.0.0", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255",
		"100.128.0.0", "126.255.255.255", "128.0.0.0", "169.253.255.255",
		"169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.0.3.0",
		"192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0",
		"223.255.255.255",
		"2a00:1450:4007:80e::200e", "2606:4700::1111", "2001:200::1", "2001:db7::1",
		"::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1", NULL
	};
	static const char *const loopback[] = {
		"127.0.0.0", "127.0.0.1", "127.255.255.255", "::1", "::ffff:127.0.0.1",
		"::127.0.0.1", "64:ff9b::127.0.0.1", "2002:7f00:1::1", NULL
	};
	static const char *const private[] = {
		"10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255",
		"169.254.0.0", "169.254.169.254", "169.254.255.255", "172.16.0.0",
		"172.31.255.255", "192.168.0.0", "192.168.255.255", "198.18.0.0",
		"198.19.255.255",
		"fc00::", "fd12:3456::1", "fdff:ffff::", "fe80::1", "febf::1", "fec0::1",
		"64:ff9b:1::1", "::ffff:10.0.0.1", "::ffff:192.168.1.1", "::10.1.2.3",
		"64:ff9b::169.254.169.254", "2002:a00:1::1", "2002:c0a8:101::", NULL
	};
	static const char *const reserved[] = {
		"0.0.0.0", "0.255.255.255", "192.0.0.1", "192.0.2.1", "192.88.99.1",
		"198.51.100.1", "203.0.113.255", "224.0.0.1", "239.255.255.255",
		"240.0.0.1", "255.255.255.255",
		"::", "::ffff:0.0.0.0", "ff02::1", "100::1", "2001::1", "2001:1ff::1",
		"2001:db8::1", "3fff::1", "4000::1", "64:ff9b::224.0.0.1", "5f00::1", NULL
	};
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	struct sockaddr_in in = {.sin_family = AF_INET};
	char		written[64];

	check_all(public, JM_ADDRESS_PUBLIC);
	check_all(loopback, JM_ADDRESS_LOOPBACK);
	check_all(private, JM_ADDRESS_PRIVATE);
	check_all(reserved, JM_ADDRESS_RESERVED);
	CHECK_INT(jm_address_class((struct sockaddr *) &un), JM_ADDRESS_RESERVED);

	inet_pton(AF_INET, "10.1.2.3", &in.sin_addr);
	CHECK(jm_address_text((struct sockaddr *) &in, written, sizeof(written)));
	CHECK_STR(written, "10.1.2.3");
	CHECK(!jm_address_text((struct sockaddr *) &in, written, 3));
	CHECK(!jm_address_text((struct sockaddr *) &un, written, sizeof(written)));
	return unit_failures != 0;
}
