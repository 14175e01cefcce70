/*
 * hostile.c - a host that calls everything wrong, one thing after the other. It is told so by error codes.
 */
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "check.h"
#include "library.h"
#include "proc.h"
#include "wire.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

static struct library rt;

/* The call fails with this code, and says why in a text that has the word in it. */
#define FAILS(call, code, word)                                                                       \
	do {                                                                                          \
		CHECK_IS(call, code);                                                                 \
		CHECK(strstr(reason(&rt), word) != NULL, "%s: %s", #call, reason(&rt));               \
	} while (0)

/* -- calls --------------------------------------------------------------------------------------- */

static void wrong_handles(void)
{
	static const int wrong[] = {0, -1, 4711, INT_MIN, INT_MAX};
	char text[8];
	story("handles that were never given");
	for (size_t i = 0; i < LENGTH(wrong); i++) {
		FAILS(rt.start(wrong[i]), RT_ERR_HANDLE, "there is no server");
		FAILS(rt.address(wrong[i], 0, text, sizeof text), RT_ERR_HANDLE, "there is no server");
		FAILS(rt.connect(wrong[i]), RT_ERR_HANDLE, "there is no server");
		FAILS(rt.stop(wrong[i], 0), RT_ERR_HANDLE, "there is no server");
		FAILS(rt.free(wrong[i]), RT_ERR_HANDLE, "there is no server");
	}
}

static void wrong_order(void)
{
	char text[8];
	story("before the start, and after the end");
	int server = rt.new(config(""));
	FAILS(rt.connect(server), RT_ERR_STATE, "does not run");
	FAILS(rt.address(server, 0, text, sizeof text), RT_ERR_STATE, "does not run");
	CHECK_IS(rt.stop(server, 0), 0);
	FAILS(rt.start(server), RT_ERR_STATE, "stopped");
	FAILS(rt.connect(server), RT_ERR_STATE, "ended");
	CHECK_IS(rt.stop(server, -1), 0);
	CHECK_IS(rt.free(server), 0);
	FAILS(rt.free(server), RT_ERR_HANDLE, "there is no server");

	server = rt.new(config(""));
	CHECK_IS(rt.free(server), 0);
	FAILS(rt.start(server), RT_ERR_HANDLE, "there is no server");

	int next = started(&rt, "");
	CHECK(next > server, "the handle %d again", next);
	FAILS(rt.start(next), RT_ERR_STATE, "was started");
	FAILS(rt.free(next), RT_ERR_STATE, "stop it first");
	for (int i = 0; i < 3; i++) CHECK_IS(rt.stop(next, 1000), 0);
	FAILS(rt.connect(next), RT_ERR_STATE, "ended");
	FAILS(rt.address(next, 0, text, sizeof text), RT_ERR_STATE, "ended");
	FAILS(rt.start(next), RT_ERR_STATE, "was started");
	CHECK_IS(rt.free(next), 0);
}

static void wrong_buffers(void)
{
	char whole[256], part[256];
	story("buffers and indexes that do not fit");
	int server = started(&rt, "");
	int length = rt.address(server, 0, whole, sizeof whole);
	CHECK_IS(length, (int)strlen(whole));
	CHECK_IS(rt.address(server, 0, NULL, 0), length);
	for (int size = 0; size <= length + 1; size++) {
		memset(part, '?', sizeof part);
		CHECK_IS(rt.address(server, 0, part, (size_t)size), length);
		CHECK(part[size] == '?', "written behind %d bytes", size);
		CHECK(size == 0 || (int)strlen(part) == (size <= length ? size - 1 : length), "%s in %d", part, size);
		CHECK(size == 0 || strncmp(part, whole, strlen(part)) == 0, "%s of %s", part, whole);
	}
	FAILS(rt.address(server, 0, NULL, 8), RT_ERR_ARGUMENT, "NULL");
	static const int wrong[] = {1, -1, INT_MIN, INT_MAX};
	for (size_t i = 0; i < LENGTH(wrong); i++)
		FAILS(rt.address(server, wrong[i], part, sizeof part), RT_ERR_ARGUMENT, "1 addresses");
	finish(&rt, server);
}

static void *asks_for_a_text(void *length)
{
	*(int *)length = rt.errmsg(NULL, 0);
	return NULL;
}

static void texts_of_errors(void)
{
	char text[64];
	pthread_t other;
	int length;
	story("the text of an error");
	FAILS(rt.free(4711), RT_ERR_HANDLE, "there is no server 4711");
	length = rt.errmsg(NULL, 0);
	int server = started(&rt, "");
	finish(&rt, server);
	CHECK_IS(rt.errmsg(text, sizeof text), length);
	CHECK(strcmp(text, "there is no server 4711") == 0, "success took the text: %s", text);
	CHECK_IS(rt.errmsg(text, 6), length);
	CHECK(strcmp(text, "there") == 0, "%s", text);
	CHECK_IS(rt.errmsg(NULL, 100), length);
	pthread_create(&other, NULL, asks_for_a_text, &length);
	pthread_join(other, NULL);
	CHECK_IS(length, 0);
}

/* -- configurations ------------------------------------------------------------------------------ */

static char *filled(const char *before, char fill, size_t length, const char *after)
{
	char *text = malloc(strlen(before) + length + strlen(after) + 1);
	NEED(text != NULL, "no memory");
	strcpy(text, before);
	memset(text + strlen(before), fill, length);
	strcpy(text + strlen(before) + length, after);
	return text;
}

static void wrong_configurations(void)
{
	static const char *const wrong[][2] = {
		{"{", "no JSON"},
		{"[]", "no JSON object"},
		{"null", "no JSON object"},
		{"{} {}", "follows"},
		{"{\"config\": \"\", \"\\ud800\": \"\xff\xfe\"}", "config"},
		{"{\"config\": \"\", \"lisen\": \":1\"}", "did you mean listen"},
		{"{\"config\": \"\", \"listen\": \":1\", \"listen\": \":2\"}", "a second time"},
		{"{\"config\": \"\", \"listen\": {}}", "listen"},
		{"{\"config\": \"\", \"listen\": \"nowhere\"}", "listen"},
		{"{\"config\": \"\", \"ping_interval\": 25}", "ping_interval"},
		{"{\"config\": \"\", \"max_workers\": -1}", "max_workers"},
		{"{\"config\": \"\", \"token_keys\": [\"file:/nowhere\"]}", "token_keys"},
		{"{\"config\": \"/nowhere/realtime.yml\"}", "/nowhere/realtime.yml"},
		{"{\"config\": 1}", "config"},
	};
	story("configurations that cannot be");
	int before = descriptors();
	FAILS(rt.new(NULL), RT_ERR_ARGUMENT, "NULL");
	for (int again = 0; again < 10; again++)
		for (size_t i = 0; i < LENGTH(wrong); i++) FAILS(rt.new(wrong[i][0]), RT_ERR_CONFIG, wrong[i][1]);

	char *large[] = {
		filled("{\"config\": \"\", \"node\": \"", 'x', 2 << 20, "\"}"),
		filled("{\"config\": \"\", \"node\": ", '[', 1 << 19, ""),
		filled("{\"config\": \"\", \"", 'x', 1 << 19, "\": 1}"),
		filled("", ' ', (1 << 20) + 1, ""),
	};
	for (size_t i = 0; i < LENGTH(large); i++) {
		CHECK_IS(rt.new(large[i]), RT_ERR_CONFIG);
		CHECK(strlen(reason(&rt)) > 0 && rt.errmsg(NULL, 0) <= 4000, "%d bytes", rt.errmsg(NULL, 0));
		free(large[i]);
	}
	CHECK_IS(descriptors(), before);
}

/* -- ports --------------------------------------------------------------------------------------- */

static void taken_ports(void)
{
	char more[256], text[64];
	story("ports and sockets that are taken");
	snprintf(more, sizeof more, "\"listen\": [\"127.0.0.1:0\", \"127.0.0.1:0\"], \"socket\": \"%s/taken.sock\"", getenv("HERE"));
	int first = started(&rt, more);
	int taken = port_of(&rt, first);
	CHECK(rt.address(first, 1, text, sizeof text) > 0, "no second address: %s", reason(&rt));
	int before = descriptors();

	/* What was opened before the fault was seen is closed again. */
	snprintf(more, sizeof more, "\"listen\": [\"unix:%s/free.sock\", \"127.0.0.1:%d\"]", getenv("HERE"), taken);
	int second = rt.new(config(more));
	snprintf(text, sizeof text, "127.0.0.1:%d is taken", taken);
	FAILS(rt.start(second), RT_ERR_LISTEN, text);
	FAILS(rt.connect(second), RT_ERR_STATE, "");
	CHECK_IS(rt.stop(second, 1000), 0);
	CHECK_IS(rt.free(second), 0);
	snprintf(more, sizeof more, "%s/free.sock", getenv("HERE"));
	CHECK(access(more, F_OK) != 0, "%s was left behind", more);

	static const char *const wrong[] = {"%s/taken.sock", "%s/no/such/folder/s", "/proc/%.0ss"};
	for (size_t i = 0; i < LENGTH(wrong); i++) {
		char path[128];
		snprintf(path, sizeof path, wrong[i], getenv("HERE"));
		snprintf(more, sizeof more, "\"socket\": \"%s\"", path);
		second = rt.new(config(more));
		CHECK(second > 0, "%s", reason(&rt));
		FAILS(rt.start(second), RT_ERR_LISTEN, path);
		CHECK_IS(rt.free(second), 0);
	}
	CHECK(strlen(text) > 0 && descriptors() == before, "%d descriptors, %d before", descriptors(), before);
	finish(&rt, first);
}

static void two_servers(void)
{
	story("two servers at once");
	int one = started(&rt, ""), other = started(&rt, "");
	int app = rt.connect(other), client = open_websocket(port_of(&rt, other));
	say_hello(app);
	finish(&rt, one);
	CHECK(round_trip(app), "the other server is gone too");
	CHECK(!ends_within(client, 0), "a client of the other is gone too");
	finish(&rt, other);
	CHECK(ends_within(client, 1000) && ends_within(app, 1000), "no end");
	close(app);
	close(client);
}

static void no_descriptors(void)
{
	struct rlimit before, few;
	story("no descriptors left");
	int server = started(&rt, ""), other = rt.new(config(""));
	getrlimit(RLIMIT_NOFILE, &before);
	few = before;
	few.rlim_cur = 3; /* what is open stays so */
	setrlimit(RLIMIT_NOFILE, &few);
	int connected = rt.connect(server), made = rt.new(config("")), begun = rt.start(other);
	setrlimit(RLIMIT_NOFILE, &before);
	CHECK_IS(connected, RT_ERR_SYSTEM);
	CHECK_IS(made, RT_ERR_SYSTEM);
	CHECK_IS(begun, RT_ERR_LISTEN);
	CHECK_IS(rt.free(other), 0);
	int app = rt.connect(server);
	CHECK(app >= 0, "no connection any more: %s", reason(&rt));
	say_hello(app);
	close(app);
	finish(&rt, server);
}

/* -- the end ------------------------------------------------------------------------------------- */

static void an_app_that_does_not_listen(void)
{
	story("an end that the app does not hear of");
	int server = started(&rt, "");
	int app = rt.connect(server);
	say_hello_as_handler(app);
	int port = port_of(&rt, server);
	int clients[] = {open_websocket(port), park_poll(port), dial(port)};
	int64_t begin = now();
	CHECK_IS(rt.stop(server, 400), 0);
	CHECK(now() - begin < 400 + 2000, "%lld ms", (long long)(now() - begin));
	for (size_t i = 0; i < LENGTH(clients); i++) {
		CHECK(ends_within(clients[i], 1000), "client %zu is not sent away", i);
		close(clients[i]);
	}
	CHECK(ends_within(app, 1000), "the app's connection goes on");
	close(app);
	CHECK_IS(rt.free(server), 0);

	server = started(&rt, "");
	int client = open_websocket(port_of(&rt, server));
	begin = now();
	CHECK_IS(rt.stop(server, 0), 0); /* at once */
	CHECK(now() - begin < 2000, "%lld ms", (long long)(now() - begin));
	CHECK(ends_within(client, 1000), "the client is not sent away");
	close(client);
	CHECK_IS(rt.free(server), 0);
}

int main(void)
{
	rt = load();
	wrong_handles();
	wrong_order();
	wrong_buffers();
	texts_of_errors();
	wrong_configurations();
	taken_ports();
	two_servers();
	no_descriptors();
	an_app_that_does_not_listen();
	return done();
}
