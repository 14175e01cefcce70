/*
 * fork.c - processes that are copied. What was loaded before a fork refuses to work after it, at once; a server
 * ends though a child has copies of all its sockets; who loads after the fork has a server of his own; and
 * children that exec are no concern.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "library.h"
#include "proc.h"
#include "wire.h"

enum {
	AT_ONCE_MS = 1000, /* far more than a call without any work may take, or the news of an end */
	DESCRIPTORS = 100, /* added to what a child that was executed counts: no other exit code */
};

static struct library rt;

/* -- children ------------------------------------------------------------------------------------ */

static int exit_code(pid_t child)
{
	int status;
	pid_t ended;
	do ended = waitpid(child, &status, 0);
	while (ended < 0 && errno == EINTR);
	NEED(ended == child, "waitpid");
	NEED(WIFEXITED(status), "child %d died of signal %d", child, WTERMSIG(status));
	return WEXITSTATUS(status);
}

/* Runs it in a child, whose checks are reported by its exit code alone. */
static pid_t in_child(void (*work)(void *), void *with)
{
	fflush(stdout);
	pid_t child = fork();
	NEED(child >= 0, "fork");
	if (child == 0) {
		work(with);
		_exit(0);
	}
	return child;
}

/* Waits until a byte comes, or all who could write one are gone. */
static bool comes(int pipe)
{
	char byte;
	ssize_t n;
	do n = read(pipe, &byte, 1);
	while (n < 0 && errno == EINTR);
	return n == 1;
}

/* -- after a fork -------------------------------------------------------------------------------- */

/* Every function, with the handle of a server that runs in the parent. */
static void all_refuse(void *server)
{
	int handle = *(int *)server;
	char text[256];
	int64_t begin = now();
	CHECK_IS(rt.new("{}"), RT_ERR_FORKED);
	CHECK_IS(rt.new(NULL), RT_ERR_FORKED);
	CHECK_IS(rt.start(handle), RT_ERR_FORKED);
	CHECK_IS(rt.address(handle, 0, text, sizeof text), RT_ERR_FORKED);
	CHECK_IS(rt.connect(handle), RT_ERR_FORKED);
	CHECK_IS(rt.stop(handle, 1000), RT_ERR_FORKED);
	CHECK_IS(rt.free(handle), RT_ERR_FORKED);
	CHECK(now() - begin < AT_ONCE_MS, "%lld ms", (long long)(now() - begin));
	CHECK(rt.errmsg(text, sizeof text) > 0 && strstr(text, "forked") != NULL, "%s", text);
	CHECK_IS(rt.abi_version(), RT_ABI_VERSION);
}

static void all_refuse_in_a_child_too(void *server)
{
	all_refuse(server);
	CHECK_IS(exit_code(in_child(all_refuse, server)), 0);
}

static void calls_in_a_child(void)
{
	story("calls in a forked child, and in its child");
	int server = started(&rt, "");
	CHECK_IS(exit_code(in_child(all_refuse_in_a_child_too, &server)), 0);

	/* By the system call itself, which no handler of fork sees. */
	fflush(stdout);
	pid_t child = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
	NEED(child >= 0, "clone");
	if (child == 0) {
		all_refuse(&server);
		_exit(0);
	}
	CHECK_IS(exit_code(child), 0);
	finish(&rt, server);
}

static void loads_and_forks(void *nothing)
{
	(void)nothing;
	int none = 1;
	rt = load();
	CHECK_IS(exit_code(in_child(all_refuse, &none)), 0);
	finish(&rt, started(&rt, "")); /* where it was loaded it works on */
}

/* -- a child that lives on ----------------------------------------------------------------------- */

static void lives_on(void *until)
{
	int *pipes = until;
	NEED(write(pipes[1], "x", 1) == 1, "write");
	close(pipes[1]);
	comes(pipes[2]); /* the end of the parent's end, or the parent's end */
}

static void a_child_that_lives_on(void)
{
	char more[128];
	int up[2], down[2];
	story("a child that has copies of everything lives on");
	snprintf(more, sizeof more, "\"socket\": \"%s/fork.sock\"", getenv("HERE"));
	int server = started(&rt, more);
	int port = port_of(&rt, server);
	int apps[] = {rt.connect(server), rt.connect(server)};
	say_hello(apps[0]);
	int kept = dial(port);
	CHECK_IS(request(kept, "GET", "/nothing", "", NULL), 404);
	const int clients[] = {kept, open_websocket(port), park_poll(port), dial(port)};
	static const char *const names[] = {"a connection after a request", "a WebSocket", "a parked poll", "a connection"};

	NEED(pipe(up) == 0 && pipe(down) == 0, "pipe");
	int pipes[] = {0, up[1], down[0]};
	pid_t child = fork();
	NEED(child >= 0, "fork");
	if (child == 0) {
		close(down[1]);
		lives_on(pipes);
		_exit(0);
	}
	close(up[1]);
	close(down[0]);
	CHECK(comes(up[0]), "the child has ended");

	CHECK(round_trip(apps[0]), "the server does not work on");
	CHECK_IS(rt.stop(server, 2000), 0);
	for (int i = 0; i < 4; i++) CHECK(ends_within(clients[i], AT_ONCE_MS), "%s goes on", names[i]);
	for (int i = 0; i < 2; i++) CHECK(ends_within(apps[i], AT_ONCE_MS), "connection %d of the app goes on", i);
	CHECK(dial(port) < 0 && errno == ECONNREFUSED, "the port is still open");
	CHECK_IS(rt.free(server), 0);

	/* The port and the socket are free. */
	snprintf(more, sizeof more, "\"listen\": \"127.0.0.1:%d\", \"socket\": \"%s/fork.sock\"", port, getenv("HERE"));
	int next = started(&rt, more);
	int client = open_websocket(port);
	CHECK_IS(waitpid(child, NULL, WNOHANG), 0); /* it still lives */
	finish(&rt, next);
	CHECK(ends_within(client, AT_ONCE_MS), "the next server's client goes on");
	close(down[1]);
	CHECK_IS(exit_code(child), 0);

	close(client);
	close(up[0]);
	for (int i = 0; i < 4; i++) close(clients[i]);
	for (int i = 0; i < 2; i++) close(apps[i]);
}

/* -- loading after the fork ---------------------------------------------------------------------- */

/* Serves a client and an app until the parent says that the others do too. */
static void serves(void *with)
{
	int *pipes = with;
	close(pipes[3]);
	rt = load();
	int server = started(&rt, "");
	int app = rt.connect(server), client = open_websocket(port_of(&rt, server));
	say_hello(app);
	NEED(write(pipes[1], "x", 1) == 1, "write");
	comes(pipes[2]);
	CHECK(round_trip(app) && !ends_within(client, 0), "it does not serve any more");
	finish(&rt, server);
	CHECK(ends_within(client, AT_ONCE_MS), "the client goes on");
}

static void loaded_in_two_children(void)
{
	int up[2], down[2];
	story("loaded after the fork, by two children");
	NEED(pipe(up) == 0 && pipe(down) == 0, "pipe");
	int pipes[] = {up[0], up[1], down[0], down[1]};
	pid_t one = in_child(serves, pipes), other = in_child(serves, pipes);
	close(up[1]);
	CHECK(comes(up[0]) && comes(up[0]), "a child does not serve");
	close(down[1]);
	CHECK_IS(exit_code(one), 0);
	CHECK_IS(exit_code(other), 0);
	close(up[0]);
	close(down[0]);
}

/* -- children that exec -------------------------------------------------------------------------- */

extern char **environ;

static char *const count[] = {"/proc/self/exe", "count", NULL};

static void children_that_exec(void)
{
	enum { MANY = 20 };
	story("children that execute another program");
	pid_t child;
	NEED(posix_spawn(&child, count[0], NULL, NULL, count, environ) == 0, "posix_spawn");
	const int usual = exit_code(child);
	int server = started(&rt, "");
	int port = port_of(&rt, server), app = rt.connect(server), client = open_websocket(port);
	say_hello(app);
	for (int i = 0; i < MANY; i++) {
		NEED(posix_spawn(&child, count[0], NULL, NULL, count, environ) == 0, "posix_spawn");
		CHECK_IS(exit_code(child), usual); /* nothing of ours was taken along */
		child = vfork();
		NEED(child >= 0, "vfork");
		if (child == 0) {
			execve(count[0], count, environ);
			_exit(1);
		}
		CHECK_IS(exit_code(child), usual);
	}
	CHECK(round_trip(app) && !ends_within(client, 0), "the server has suffered");
	finish(&rt, server);
	close(app);
	close(client);
}

static void ends_at_once(void *nothing) { (void)nothing; }

static void many_forks(void)
{
	enum { MANY = 100 };
	story("a hundred forks while a server works");
	int server = started(&rt, "");
	int port = port_of(&rt, server), app = rt.connect(server);
	say_hello(app);
	for (int i = 0; i < MANY; i++) {
		int client = dial(port);
		send_text(client, "GET /nothing HTTP/1.1\r\nHost: here\r\n\r\n");
		pid_t child = in_child(ends_at_once, NULL);
		CHECK(round_trip(app), "no answer after fork %d", i);
		CHECK_IS(exit_code(child), 0);
		close(client);
	}
	finish(&rt, server);
	close(app);
}

static atomic_int enough;

static void *calls_on(void *nothing)
{
	while (!atomic_load(&enough)) {
		int server = started(&rt, "");
		int app = rt.connect(server);
		NEED(app >= 0, "rt_connect: %s", reason(&rt));
		say_hello(app);
		finish(&rt, server);
		CHECK(ends_within(app, AT_ONCE_MS), "a connection of the app goes on");
		close(app);
	}
	return nothing;
}

/* The child has the forking thread alone; what the others were about to do stays undone there. */
static void forks_in_the_middle_of_calls(void)
{
	enum { MANY = 50, CALLERS = 3 };
	pthread_t callers[CALLERS];
	int none = 4711;
	story("forks while other threads are inside calls");
	CHECK_IS(rt.free(none), RT_ERR_HANDLE); /* this thread has its text, for which a child needs no memory */
	for (int i = 0; i < CALLERS; i++) NEED(pthread_create(&callers[i], NULL, calls_on, NULL) == 0, "pthread_create");
	for (int i = 0; i < MANY; i++) CHECK_IS(exit_code(in_child(all_refuse, &none)), 0);
	atomic_store(&enough, 1);
	for (int i = 0; i < CALLERS; i++) pthread_join(callers[i], NULL);
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "count") == 0) _exit(DESCRIPTORS + descriptors());
	loaded_in_two_children();
	story("loaded, and nothing called, and forked");
	CHECK_IS(exit_code(in_child(loads_and_forks, NULL)), 0);
	rt = load();
	calls_in_a_child();
	a_child_that_lives_on();
	children_that_exec();
	many_forks();
	forks_in_the_middle_of_calls();
	return done();
}
