/*
 * address.h
 *		Which addresses a request may connect to.
 *
 * Plain C, without the server.
 */
#ifndef JM_ADDRESS_H
#define JM_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

typedef enum JmAddressClass
{
	JM_ADDRESS_PUBLIC,
	JM_ADDRESS_LOOPBACK,
	JM_ADDRESS_PRIVATE,			/* RFC 1918, shared (CGNAT), unique local,
								 * link local, and the ways to write them */
	JM_ADDRESS_RESERVED			/* multicast, unspecified, documentation ...:
								 * never a server's */
} JmAddressClass;

extern JmAddressClass jm_address_class(const struct sockaddr *address);
extern bool jm_address_text(const struct sockaddr *address, char *text, int size);

#endif							/* JM_ADDRESS_H */
