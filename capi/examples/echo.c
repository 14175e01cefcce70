/*
 * echo.c - the realtime server inside a C program.
 *
 * Clients connect with socket.io-client. The event "echo" is answered with its own arguments, and everybody
 * gets them as the event "heard". INT and TERM end the program in order. Its argument is the configuration
 * of realtime.h:
 *
 *     make capi
 *     cc -std=c11 -Ilib capi/examples/echo.c -Llib -lrealtime -Wl,-rpath,"$PWD/lib" -pthread -o echo
 *     ./echo '{"listen": "127.0.0.1:8000"}'
 *
 *     const socket = io("http://127.0.0.1:8000");
 *     socket.on("heard", (...args) => console.log("heard", ...args));
 *     console.log(await socket.emitWithAck("echo", "hi", 42));
 *
 * Everything goes through one descriptor, in frames that docs/protocol/rpc.md describes. One thread reads and
 * writes it; a second is there at the end only, when rt_stop waits while the first goes on reading.
 */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "msgpack.h"
#include "realtime.h"

enum {
	STOP_MS = 5000,           /* how long the end may take */
	READ_AT_ONCE = 64 << 10,  /* bytes */
	MAX_UNWRITTEN = 64 << 20, /* bytes that may wait; the server reads all the time, so they never do */
};

/* Ids of our own requests. */
enum { HELLO, FLUSH };

struct app {
	int server, link;       /* the handle and the descriptor */
	struct bytes in, out;   /* read and not yet understood; not yet written */
	bool ending, over;      /* told to stop; nothing more will come */
	bool stopping;          /* the thread below runs */
	pthread_t stop;
};

static _Noreturn void die(const char *what)
{
	char why[4001];
	fprintf(stderr, "echo: %s: %s\n", what, rt_errmsg(why, sizeof why) > 0 ? why : strerror(errno));
	exit(1);
}

/* -- what we say --------------------------------------------------------------------------------- */

/* Begins [0, id, method, [{…}]]: a request, with that many keys to follow. */
static size_t begin_request(struct app *app, uint32_t id, const char *method, unsigned keys)
{
	size_t frame = begin_frame(&app->out);
	put_array(&app->out, 4);
	put_uint(&app->out, 0);
	put_uint(&app->out, id);
	put_str(&app->out, method);
	put_array(&app->out, 1);
	put_map(&app->out, keys);
	return frame;
}

/* Says who we are: a process that takes the events of one namespace, and has no say in who may connect. */
static void say_hello(struct app *app)
{
	size_t frame = begin_request(app, HELLO, "hello", 4);
	put_str(&app->out, "protocol"), put_array(&app->out, 2), put_uint(&app->out, 1), put_uint(&app->out, 1);
	put_str(&app->out, "role"), put_str(&app->out, "handler");
	put_str(&app->out, "namespaces"), put_array(&app->out, 1), put_str(&app->out, "/");
	put_str(&app->out, "hooks"), put_array(&app->out, 0);
	end_frame(&app->out, frame);
}

/* An answer to this means that all before it has taken effect. */
static void ask_whether_all_was_read(struct app *app) { end_frame(&app->out, begin_request(app, FLUSH, "ping", 0)); }

/* [2, "emit", [{event, args}]]: a notification. Without rooms and users it goes to everybody. */
static void emit(struct app *app, const char *event, struct text args)
{
	size_t frame = begin_frame(&app->out);
	put_array(&app->out, 3);
	put_uint(&app->out, 2);
	put_str(&app->out, "emit");
	put_array(&app->out, 1);
	put_map(&app->out, 2);
	put_str(&app->out, "event"), put_str(&app->out, event);
	put_str(&app->out, "args"), put_raw(&app->out, args.at, args.length);
	end_frame(&app->out, frame);
}

/* [1, id, nil, result]: an answer. Without a result it is nil; to an event that means no ack. */
static void answer(struct app *app, uint32_t id, struct text result)
{
	size_t frame = begin_frame(&app->out);
	put_array(&app->out, 4);
	put_uint(&app->out, 1);
	put_uint(&app->out, id);
	put_nil(&app->out);
	if (result.length > 0) put_raw(&app->out, result.at, result.length);
	else put_nil(&app->out);
	end_frame(&app->out, frame);
}

/* -- what we are told ---------------------------------------------------------------------------- */

/* An event of a client: [{event: "echo", args: […], …}]. */
static void take_event(struct app *app, uint32_t id, struct reader *r)
{
	struct text event = {0}, args = {0};
	get(r, ARRAY);
	for (uint32_t keys = get(r, MAP); keys > 0 && !r->broken; keys--) {
		struct text key = get_str(r);
		if (is(key, "event")) event = get_str(r);
		else if (is(key, "args")) args = get_any(r);
		else get_any(r);
	}
	if (r->broken || !is(event, "echo")) {
		answer(app, id, (struct text){0});
		return;
	}
	emit(app, "heard", args);
	answer(app, id, args);
}

static void *stop_server(void *app)
{
	if (rt_stop(((struct app *)app)->server, STOP_MS) < 0) die("rt_stop");
	return NULL;
}

/* Our own request was answered. */
static void take_answer(struct app *app, uint32_t id, struct reader *r)
{
	if (get_head(r).kind != NIL) {
		fprintf(stderr, "echo: the server refuses request %u\n", id);
		exit(1);
	}
	if (id == HELLO) {
		char address[256];
		rt_address(app->server, 0, address, sizeof address);
		printf("echo: clients are welcome at %s\n", address);
		fflush(stdout);
	}
	if (id == FLUSH) {
		/* It waits until the clients are gone, and we are told of each of them meanwhile. */
		if (pthread_create(&app->stop, NULL, stop_server, app) != 0) die("pthread_create");
		app->stopping = true;
	}
}

static void take_frame(struct app *app, struct reader r)
{
	get(&r, ARRAY);
	uint32_t kind = get(&r, UINT), id = kind < 2 ? get(&r, UINT) : 0;
	if (kind == 1) {
		take_answer(app, id, &r);
		return;
	}
	struct text method = get_str(&r);
	if (kind == 2) app->over = app->over || is(method, "bye"); /* other notifications need nothing */
	else if (is(method, "event")) take_event(app, id, &r);
	else if (is(method, "ping")) answer(app, id, (struct text){(const unsigned char *)"\x80", 1}); /* {} */
	else answer(app, id, (struct text){0}); /* disconnect, server_event: we have heard it */
	if (r.broken) {
		fprintf(stderr, "echo: a frame that cannot be read\n");
		exit(1);
	}
}

/* -- the descriptor ------------------------------------------------------------------------------ */

/* Reads what is there, and takes the frames that are whole. */
static void read_frames(struct app *app)
{
	unsigned char *room = grow(&app->in, READ_AT_ONCE);
	ssize_t got = recv(app->link, room, READ_AT_ONCE, MSG_DONTWAIT);
	app->in.length -= READ_AT_ONCE - (got > 0 ? (size_t)got : 0);
	if (got == 0) app->over = true;
	if (got < 0 && errno != EAGAIN && errno != EINTR) die("recv");

	size_t done = 0;
	while (app->in.length - done >= 4) {
		struct reader r = {app->in.at + done, app->in.at + app->in.length, false};
		uint32_t length = take_number(&r, 4);
		if ((size_t)(r.end - r.at) < length) break;
		take_frame(app, (struct reader){r.at, r.at + length, false});
		done += 4 + length;
	}
	app->in.length -= done;
	memmove(app->in.at, app->in.at + done, app->in.length);
}

/* Writes what goes without waiting: who waits here does not read, and the server might wait for that. */
static void write_frames(struct app *app)
{
	ssize_t written = send(app->link, app->out.at, app->out.length, MSG_DONTWAIT);
	if (written < 0 && errno == EPIPE) app->over = true;
	else if (written < 0 && errno != EAGAIN && errno != EINTR) die("send");
	if (written <= 0) return;
	app->out.length -= (size_t)written;
	memmove(app->out.at, app->out.at + written, app->out.length);
}

/* -- the program --------------------------------------------------------------------------------- */

static int signals[2]; /* a pipe: signals come out of it as bytes, so that poll sees them */

static void note_signal(int number)
{
	int kept = errno;
	unsigned char byte = (unsigned char)number;
	if (write(signals[1], &byte, 1) < 0) { /* it is full of others */ }
	errno = kept;
}

static void catch_signals(void)
{
	if (pipe(signals) != 0) die("pipe");
	fcntl(signals[0], F_SETFL, O_NONBLOCK);
	fcntl(signals[1], F_SETFL, O_NONBLOCK);
	struct sigaction action = {.sa_handler = note_signal};
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	signal(SIGPIPE, SIG_IGN); /* write_frames looks at errno */
}

static void serve(struct app *app)
{
	say_hello(app);
	while (!app->over) {
		struct pollfd ready[2] = {{.fd = app->link, .events = POLLIN}, {.fd = signals[0], .events = POLLIN}};
		if (app->out.length > 0) ready[0].events |= POLLOUT;
		if (app->out.length > MAX_UNWRITTEN) exit((fprintf(stderr, "echo: the server does not read\n"), 1));
		if (poll(ready, 2, -1) < 0 && errno != EINTR) die("poll");
		if (ready[0].revents & POLLOUT) write_frames(app);
		if (ready[0].revents & (POLLIN | POLLHUP)) read_frames(app);
		char byte;
		if (read(signals[0], &byte, 1) > 0 && !app->ending) {
			app->ending = true;
			ask_whether_all_was_read(app);
		}
	}
}

int main(int argc, char **argv)
{
	if (rt_abi_version() != RT_ABI_VERSION) exit((fprintf(stderr, "echo: another version of the library\n"), 1));
	struct app app = {0};
	catch_signals();
	app.server = rt_new(argc > 1 ? argv[1] : "{\"listen\": \"127.0.0.1:8000\"}");
	if (app.server < 0) die("rt_new");
	if (rt_start(app.server) < 0) die("rt_start");
	app.link = rt_connect(app.server);
	if (app.link < 0) die("rt_connect");

	serve(&app);

	if (app.stopping) pthread_join(app.stop, NULL);
	else if (rt_stop(app.server, STOP_MS) < 0) die("rt_stop");
	close(app.link);
	rt_free(app.server);
	free(app.in.at);
	free(app.out.at);
	return 0;
}
