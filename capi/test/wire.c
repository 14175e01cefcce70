#include "wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"
#include "proc.h"

bool send_bytes(int fd, const void *from, size_t length)
{
	for (const char *at = from; length > 0;) {
		ssize_t sent = send(fd, at, length, MSG_NOSIGNAL);
		if (sent < 0 && errno == EINTR) continue;
		if (sent < 0) return false;
		at += sent;
		length -= (size_t)sent;
	}
	return true;
}

bool send_text(int fd, const char *text) { return send_bytes(fd, text, strlen(text)); }

/* Reads what is there, at most size bytes; 0 at the end of the stream, -1 if nothing comes within ms. */
static ssize_t read_some(int fd, void *into, size_t size, int ms)
{
	struct pollfd ready = {.fd = fd, .events = POLLIN};
	for (int64_t end = now() + ms;;) {
		int64_t left = end - now();
		int n = poll(&ready, 1, left > 0 ? (int)left : 0);
		if (n == 0) return -1;
		if (n < 0 && errno == EINTR) continue;
		ssize_t got = recv(fd, into, size, 0);
		if (got < 0 && errno == EINTR) continue;
		return got < 0 ? 0 : got; /* a reset is an end */
	}
}

bool ends_within(int fd, int ms)
{
	char passed[4096];
	int64_t end = now() + ms;
	for (;;) {
		int64_t left = end - now();
		ssize_t got = read_some(fd, passed, sizeof passed, left > 0 ? (int)left : 0);
		if (got <= 0) return got == 0;
	}
}

/* Reads exactly that much; false at the end of the stream. */
static bool read_bytes(int fd, void *into, size_t length)
{
	for (char *at = into; length > 0;) {
		ssize_t got = read_some(fd, at, length, PATIENCE_MS);
		NEED(got >= 0, "nothing comes from descriptor %d", fd);
		if (got == 0) return false;
		at += got;
		length -= (size_t)got;
	}
	return true;
}

/* -- clients ------------------------------------------------------------------------------------- */

int dial(int port)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	NEED(fd >= 0, "socket");
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int result;
	do result = connect(fd, (struct sockaddr *)&to, sizeof to);
	while (result < 0 && (errno == EINTR || errno == EALREADY));
	if (result == 0 || errno == EISCONN) return fd;
	int why = errno;
	close(fd);
	errno = why;
	return -1;
}

/* The head of an answer, up to the empty line. */
static void read_head(int fd, char *head, size_t size)
{
	size_t length = 0;
	do {
		NEED(length + 1 < size, "an endless head: %.200s", head);
		NEED(read_bytes(fd, head + length, 1), "the server is gone within a head");
		head[++length] = '\0';
	} while (length < 4 || strcmp(head + length - 4, "\r\n\r\n") != 0);
}

int request(int fd, const char *method, const char *path, const char *sent, const char **body)
{
	static _Thread_local char text[16384];
	int status;
	char head[64] = "";
	if (*sent) snprintf(head, sizeof head, "Content-Type: text/plain\r\nContent-Length: %zu\r\n", strlen(sent));
	snprintf(text, sizeof text, "%s %s HTTP/1.1\r\nHost: here\r\n%s\r\n%s", method, path, head, sent);
	NEED(send_text(fd, text), "the server is gone before %s %s", method, path);
	read_head(fd, text, sizeof text);
	NEED(sscanf(text, "HTTP/1.1 %d", &status) == 1, "no answer of HTTP: %s", text);
	char *at = strstr(text, "Content-Length: ");
	size_t length = at != NULL ? (size_t)atol(at + strlen("Content-Length: ")) : 0;
	NEED(length < sizeof text, "a body of %zu bytes", length);
	NEED(read_bytes(fd, text, length), "the server is gone within a body");
	text[length] = '\0';
	if (body != NULL) *body = text;
	return status;
}

int park_poll(int port)
{
	const char *body;
	char path[256], id[64];
	int fd = dial(port);
	NEED(fd >= 0, "dial");
	NEED(request(fd, "GET", "/socket.io/?EIO=4&transport=polling", "", &body) == 200, "%s", body);
	NEED(sscanf(body, "0{\"sid\":\"%63[^\"]", id) == 1, "no handshake: %s", body);
	snprintf(path, sizeof path, "/socket.io/?EIO=4&transport=polling&sid=%s", id);
	NEED(request(fd, "POST", path, "40", &body) == 200, "%s", body);
	NEED(request(fd, "GET", path, "", &body) == 200, "%s", body);
	NEED(strncmp(body, "40", 2) == 0, "not let in: %s", body);
	char head[512];
	snprintf(head, sizeof head, "GET %s HTTP/1.1\r\nHost: here\r\n\r\n", path);
	NEED(send_text(fd, head), "no poll");
	return fd;
}

int open_websocket(int port)
{
	char head[1024];
	unsigned char frame[256];
	int fd = dial(port);
	NEED(fd >= 0, "dial");
	send_text(fd, "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: here\r\nConnection: Upgrade\r\n"
		      "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n");
	read_head(fd, head, sizeof head);
	NEED(strncmp(head, "HTTP/1.1 101", 12) == 0, "no WebSocket: %s", head);
	/* The handshake, our "40" under a mask of zeros, and its answer. */
	for (int i = 0; i < 2; i++) {
		static const char want[2] = {'0', '4'};
		NEED(read_bytes(fd, frame, 2) && frame[0] == 0x81, "a frame");
		size_t length = frame[1];
		if (length == 126) {
			NEED(read_bytes(fd, frame, 2), "a length");
			length = (size_t)(frame[0] << 8 | frame[1]);
		}
		NEED(length < sizeof frame && read_bytes(fd, frame, length), "a payload");
		NEED(frame[0] == want[i], "not let in: %.*s", (int)length, frame);
		if (i == 0) send_bytes(fd, "\x81\x82\0\0\0\0" "40", 8);
	}
	return fd;
}

/* -- the app ------------------------------------------------------------------------------------- */

size_t begin_request(struct bytes *b, unsigned id, const char *method, unsigned keys)
{
	size_t frame = begin_frame(b);
	put_array(b, 4);
	put_uint(b, 0);
	put_uint(b, id);
	put_str(b, method);
	put_array(b, 1);
	put_map(b, keys);
	return frame;
}

bool send_frames(int fd, struct bytes *b)
{
	bool sent = send_bytes(fd, b->at, b->length);
	b->length = 0;
	return sent;
}

bool read_frame(int fd, struct bytes *frame)
{
	unsigned char head[4];
	if (!read_bytes(fd, head, sizeof head)) return false;
	struct reader r = {head, head + sizeof head, false};
	frame->length = 0;
	size_t length = take_number(&r, 4);
	NEED(length > 0 && length < 16 << 20, "a frame of %zu bytes", length);
	return read_bytes(fd, grow(frame, length), length);
}

/* Reads up to the answer of a request of ours; what else comes is passed over. */
static bool read_answer(int fd, unsigned id, bool *yes)
{
	struct bytes frame = {0};
	bool found = false;
	while (!found && read_frame(fd, &frame)) {
		struct reader r = {frame.at, frame.at + frame.length, false};
		get(&r, ARRAY);
		if (get(&r, UINT) != 1 || get(&r, UINT) != id) continue;
		*yes = get_head(&r).kind == NIL;
		found = true;
	}
	free(frame.at);
	return found;
}

static void hello(int fd, bool handler)
{
	struct bytes out = {0};
	bool yes = false;
	size_t frame = begin_request(&out, 1, "hello", handler ? 4 : 2);
	put_str(&out, "protocol"), put_array(&out, 2), put_uint(&out, 1), put_uint(&out, 1);
	put_str(&out, "role"), put_str(&out, handler ? "handler" : "emitter");
	if (handler) {
		put_str(&out, "namespaces"), put_array(&out, 1), put_str(&out, "/");
		put_str(&out, "hooks"), put_array(&out, 1), put_str(&out, "disconnect");
	}
	end_frame(&out, frame);
	NEED(send_frames(fd, &out), "the server is gone before hello");
	NEED(read_answer(fd, 1, &yes) && yes, "hello was refused");
	free(out.at);
}

void say_hello(int fd) { hello(fd, false); }

void say_hello_as_handler(int fd) { hello(fd, true); }

bool round_trip(int fd)
{
	struct bytes out = {0};
	bool yes = false;
	end_frame(&out, begin_request(&out, 2, "ping", 0));
	bool there = send_frames(fd, &out) && read_answer(fd, 2, &yes);
	NEED(!there || yes, "a ping was refused");
	free(out.at);
	return there;
}
