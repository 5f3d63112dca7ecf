/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stream/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netdb.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/file.h"

/* How long a listener may take to answer, in milliseconds. */
enum { ANSWER = 1000 };

static bool
is_port(const char *s)
{
	const size_t n = strspn(s, "0123456789");
	return !strcmp(s, "*") || (n && n <= 5 && !s[n] && atoi(s) <= 65535); /* ZeroMQ takes 70000 for 4464 */
}

/* Host (without brackets) and port of a tcp address; NULL if it has none, or says more. */
static const char *
split(const char *address, char *host, size_t room)
{
	if (strncmp(address, "tcp://", 6))
		return NULL;
	const char *at = address + 6, *colon = strrchr(at, ':');
	size_t n = colon ? (size_t)(colon - at) : 0;
	if (n > 2 && *at == '[' && at[n - 1] == ']')
		at++, n -= 2;
	if (!n || n >= room || !is_port(colon + 1))
		return NULL;
	memcpy(host, at, n);
	host[n] = 0;
	return colon + 1;
}

bool
address_is_good(const char *address)
{
	char host[ADDRESS_SIZE];
	if (strlen(address) >= ADDRESS_SIZE)
		return false;
	return strncmp(address, "ipc://", 6) ? split(address, host, sizeof host) != NULL
	                                     : address[6] && address[6] != '@' && address[6] != '*';
}

/* Told by its letter, not by its beginning: "127.0.0.1.example.org" is a name,
   "tcp://127.0.0.1:0;far:1" goes far. */
bool
address_is_local(const char *address)
{
	struct in_addr ip;
	char host[ADDRESS_SIZE];
	if (!strncmp(address, "ipc://", 6) || !strncmp(address, "inproc://", 9))
		return true;
	if (!split(address, host, sizeof host))
		return false;
	if (address[6] == '[')
		return !strcmp(host, "::1");
	return !strcmp(host, "localhost") || (inet_pton(AF_INET, host, &ip) == 1 && ntohl(ip.s_addr) >> 24 == 127);
}

bool
address_insecure(void)
{
	const char *insecure = getenv("ASSAY_INSECURE");
	return insecure && !strcmp(insecure, "1");
}

/* --- who listens --------------------------------------------------------------------------- */

/* A connection, or -1. */
static int
call(const struct sockaddr *to, socklen_t n)
{
	const int fd = socket(to->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	/* A socket file whose listener has its hands full says EAGAIN. */
	bool there = connect(fd, to, n) == 0 || errno == EAGAIN;
	if (!there && errno == EINPROGRESS) {
		struct pollfd p = {.fd = fd, .events = POLLOUT};
		int why = 0;
		socklen_t size = sizeof why;
		there = poll(&p, 1, ANSWER) == 1 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &size) == 0 && !why;
	}
	if (there)
		return fd;
	close(fd);
	return -1;
}

static int
call_path(const char *path)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof to.sun_path)
		return -1;
	strcpy(to.sun_path, path);
	return call((struct sockaddr *)&to, sizeof to);
}

static int
call_address(const char *address)
{
	char host[ADDRESS_SIZE];
	if (!strncmp(address, "ipc://", 6))
		return call_path(address + 6);
	const char *port = split(address, host, sizeof host);
	struct addrinfo *all, want = {.ai_socktype = SOCK_STREAM, .ai_family = AF_UNSPEC};
	if (!port || getaddrinfo(strcmp(host, "*") ? host : NULL, port, &want, &all))
		return -1;
	int fd = -1;
	for (const struct addrinfo *i = all; i && fd < 0; i = i->ai_next)
		fd = call(i->ai_addr, i->ai_addrlen);
	freeaddrinfo(all);
	return fd;
}

static bool
hang_up(int fd)
{
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

bool
address_listens(const char *address)
{
	return hang_up(call_address(address));
}

bool
address_mechanism(const char *address, char mechanism[ADDRESS_MECHANISM])
{
	/* A greeting as far as the version: after that the other side says the rest of its own. */
	static const uint8_t hello[11] = {0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3};
	uint8_t theirs[32] = {0};
	size_t n = 0;
	const int fd = call_address(address);
	struct pollfd p = {.fd = fd, .events = POLLIN};
	if (fd >= 0 && send(fd, hello, sizeof hello, MSG_NOSIGNAL) == sizeof hello)
		for (ssize_t got = 1; n < sizeof theirs && got > 0 && poll(&p, 1, ANSWER) == 1; n += got > 0 ? (size_t)got : 0)
			got = recv(fd, theirs + n, sizeof theirs - n, 0);
	hang_up(fd);
	memcpy(mechanism, theirs + 12, ADDRESS_MECHANISM - 1);
	mechanism[ADDRESS_MECHANISM - 1] = 0;
	return n == sizeof theirs && theirs[0] == 0xff && theirs[9] == 0x7f;
}

/* --- binding --------------------------------------------------------------------------------- */

static bool
is_loopback(const struct sockaddr *a)
{
	return a->sa_family == AF_INET && ntohl(((const struct sockaddr_in *)a)->sin_addr.s_addr) >> 24 == 127;
}

/* Debian's /etc/hosts gives a machine's own name 127.0.1.1: who binds that waits for others in vain. */
int
address_number(const char *address, char to[ADDRESS_SIZE], struct err *err)
{
	char host[ADDRESS_SIZE], number[INET_ADDRSTRLEN];
	const char *port = split(address, host, sizeof host);
	struct addrinfo *all, want = {.ai_socktype = SOCK_STREAM, .ai_family = AF_INET};
	snprintf(to, ADDRESS_SIZE, "%s", address);
	if (!port || address[6] == '[' || !strcmp(host, "*") || if_nametoindex(host))
		return 0;
	const int why = getaddrinfo(host, NULL, &want, &all);
	if (why) {
		errno = EADDRNOTAVAIL;
		return err_set(err, "cannot bind '%s': '%s': %s", address, host, gai_strerror(why));
	}
	const struct addrinfo *i = all;
	if (!address_is_local(address))
		while (i && is_loopback(i->ai_addr))
			i = i->ai_next;
	const int got = i ? getnameinfo(i->ai_addr, i->ai_addrlen, number, sizeof number, NULL, 0, NI_NUMERICHOST) : 0;
	freeaddrinfo(all);
	if (!i || got) {
		errno = EADDRNOTAVAIL;
		return err_set(err, "cannot bind '%s': on this machine '%s' stands for the loopback (see /etc/hosts), where no other can reach it; bind 'tcp://*:%s'",
		    address, host, port);
	}
	snprintf(to, ADDRESS_SIZE, "tcp://%s:%.8s", number, port);
	return 0;
}

/* Somebody else may bind in the same folder now; nobody is waited for for ever. */
static void
lock(int fd)
{
	for (int i = 0; i < 100 && flock(fd, LOCK_EX | LOCK_NB) < 0; i++)
		poll(NULL, 0, 10);
}

/* The folder of the path, locked; -1. */
static int
folder_of(const char *path, bool make)
{
	char folder[ADDRESS_SIZE];
	const char *slash = strrchr(path, '/');
	const size_t n = slash ? (size_t)(slash - path) : 0;
	if (n >= sizeof folder) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(folder, path, n);
	strcpy(folder + n, n ? "" : slash ? "/" : ".");
	const int fd = make && folder_make(folder) < 0 ? -1 : open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		lock(fd);
	return fd;
}

int
address_claim(const char *path, struct err *err)
{
	struct stat st;
	const int fd = folder_of(path, true);
	if (fd < 0)
		return err_errno(err, "cannot bind 'ipc://%s'", path);
	if (lstat(path, &st) == 0 && !S_ISSOCK(st.st_mode)) {
		errno = EEXIST;
		err_set(err, "cannot bind 'ipc://%s': there is a file of that name", path);
	} else if (hang_up(call_path(path))) {
		errno = EADDRINUSE;
		err_set(err, "'ipc://%s' is taken: somebody listens there", path);
	} else {
		return fd;
	}
	const int why = errno;
	close(fd);
	errno = why;
	return -1;
}

void
address_leave(const char *path)
{
	struct stat st;
	const int fd = folder_of(path, false);
	if (fd >= 0 && lstat(path, &st) == 0 && S_ISSOCK(st.st_mode) && !hang_up(call_path(path)))
		unlink(path);
	hang_up(fd);
}
