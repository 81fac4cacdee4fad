/*
 * address.c
 *		Which addresses a request may connect to.
 *
 * The decision is made on the address of the socket, not on the name in the
 * URL: a name resolves to whatever its owner wants, at any time, and an
 * address can be written in many ways.  Sources: the IANA special-purpose
 * address registries (RFC 6890 and its updates), RFC 6052 (NAT64), RFC 3056
 * (6to4), RFC 4380 (Teredo).
 */
#include "http/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct Block4
{
	uint32_t	network;
	int			bits;
	JmAddressClass class;
} Block4;

#define IP4(a, b, c, d) \
	((uint32_t) (a) << 24 | (uint32_t) (b) << 16 | (uint32_t) (c) << 8 | (uint32_t) (d))

/* The first that holds the address counts; any other address is public. */
static const Block4 blocks4[] = {
	{IP4(0, 0, 0, 0), 8, JM_ADDRESS_RESERVED},	/* "this" host */
	{IP4(10, 0, 0, 0), 8, JM_ADDRESS_PRIVATE},
	{IP4(100, 64, 0, 0), 10, JM_ADDRESS_PRIVATE},	/* carriers' shared space */
	{IP4(127, 0, 0, 0), 8, JM_ADDRESS_LOOPBACK},
	{IP4(169, 254, 0, 0), 16, JM_ADDRESS_PRIVATE},	/* link local */
	{IP4(172, 16, 0, 0), 12, JM_ADDRESS_PRIVATE},
	{IP4(192, 0, 0, 0), 24, JM_ADDRESS_RESERVED},	/* protocol assignments */
	{IP4(192, 0, 2, 0), 24, JM_ADDRESS_RESERVED},	/* documentation */
	{IP4(192, 88, 99, 0), 24, JM_ADDRESS_RESERVED}, /* 6to4 relays, withdrawn */
	{IP4(192, 168, 0, 0), 16, JM_ADDRESS_PRIVATE},
	{IP4(198, 18, 0, 0), 15, JM_ADDRESS_PRIVATE},	/* benchmark networks */
	{IP4(198, 51, 100, 0), 24, JM_ADDRESS_RESERVED},	/* documentation */
	{IP4(203, 0, 113, 0), 24, JM_ADDRESS_RESERVED}, /* documentation */
	{IP4(224, 0, 0, 0), 3, JM_ADDRESS_RESERVED} /* multicast, future use,
												 * broadcast */
};

static JmAddressClass
class4(uint32_t address)
{
	for (size_t i = 0; i < sizeof(blocks4) / sizeof(blocks4[0]); i++)
	{
		uint32_t	mask = ~UINT32_C(0) << (32 - blocks4[i].bits);

		if ((address & mask) == blocks4[i].network)
			return blocks4[i].class;
	}
	return JM_ADDRESS_PUBLIC;
}

/* Do the first bits of address agree with those of prefix? */
static bool
in_block6(const uint8_t *address, const uint8_t *prefix, int bits)
{
	int			bytes = bits / 8;
	int			rest = bits % 8;

	if (memcmp(address, prefix, bytes) != 0)
		return false;
	return rest == 0 || ((address[bytes] ^ prefix[bytes]) >> (8 - rest)) == 0;
}

static uint32_t
embedded4(const uint8_t *bytes)
{
	return IP4(bytes[0], bytes[1], bytes[2], bytes[3]);
}

static JmAddressClass
class6(const uint8_t *address)
{
	static const uint8_t zero[16] = {0};
	static const uint8_t loopback[16] = {[15] = 1};
	static const uint8_t mapped[12] = {[10] = 0xff,[11] = 0xff};
	static const uint8_t nat64[12] = {0x00, 0x64, 0xff, 0x9b};
	static const uint8_t nat64_local[6] = {0x00, 0x64, 0xff, 0x9b, 0x00, 0x01};
	static const uint8_t unique_local[1] = {0xfc};
	static const uint8_t link_local[2] = {0xfe, 0x80};
	static const uint8_t site_local[2] = {0xfe, 0xc0};
	static const uint8_t to4[2] = {0x20, 0x02};
	static const uint8_t protocols[3] = {0x20, 0x01, 0x00};
	static const uint8_t documentation[4] = {0x20, 0x01, 0x0d, 0xb8};
	static const uint8_t documentation2[3] = {0x3f, 0xff, 0x00};
	static const uint8_t unicast[1] = {0x20};

	if (memcmp(address, loopback, 16) == 0)
		return JM_ADDRESS_LOOPBACK;
	if (memcmp(address, zero, 16) == 0)
		return JM_ADDRESS_RESERVED;

	/* an IPv4 address in other clothes: what it is counts */
	if (in_block6(address, mapped, 96) || in_block6(address, zero, 96) ||
		in_block6(address, nat64, 96))
		return class4(embedded4(address + 12));
	if (in_block6(address, to4, 16))
		return class4(embedded4(address + 2));

	if (in_block6(address, nat64_local, 48) || in_block6(address, unique_local, 7) ||
		in_block6(address, link_local, 10) || in_block6(address, site_local, 10))
		return JM_ADDRESS_PRIVATE;

	/* 2001::/23 holds Teredo and other protocols' addresses, no servers */
	if (in_block6(address, protocols, 23) || in_block6(address, documentation, 32) ||
		in_block6(address, documentation2, 20))
		return JM_ADDRESS_RESERVED;

	/* the only part of the space that is given out: 2000::/3 */
	return in_block6(address, unicast, 3) ? JM_ADDRESS_PUBLIC : JM_ADDRESS_RESERVED;
}

/*
 * jm_address_class
 *		What kind of address it is; families other than IPv4 and IPv6 are
 *		reserved.
 */
JmAddressClass
jm_address_class(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET)
	{
		struct sockaddr_in in;

		memcpy(&in, address, sizeof(in));
		return class4(ntohl(in.sin_addr.s_addr));
	}
	if (address->sa_family == AF_INET6)
	{
		struct sockaddr_in6 in6;

		memcpy(&in6, address, sizeof(in6));
		return class6(in6.sin6_addr.s6_addr);
	}
	return JM_ADDRESS_RESERVED;
}

/* Writes the address for people; false when it is of another family. */
bool
jm_address_text(const struct sockaddr *address, char *text, int size)
{
	if (address->sa_family == AF_INET)
	{
		struct sockaddr_in in;

		memcpy(&in, address, sizeof(in));
		return inet_ntop(AF_INET, &in.sin_addr, text, size) != NULL;
	}
	if (address->sa_family == AF_INET6)
	{
		struct sockaddr_in6 in6;

		memcpy(&in6, address, sizeof(in6));
		return inet_ntop(AF_INET6, &in6.sin6_addr, text, size) != NULL;
	}
	return false;
}
