#include "library.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

static void *function(void *file, const char *name)
{
	void *found = dlsym(file, name);
	NEED(found != NULL, "%s", dlerror());
	return found;
}

struct library load_file(const char *path)
{
	void *file = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
	NEED(file != NULL, "%s", dlerror());
	struct library l;
	*(void **)&l.abi_version = function(file, "rt_abi_version");
	*(void **)&l.new = function(file, "rt_new");
	*(void **)&l.start = function(file, "rt_start");
	*(void **)&l.address = function(file, "rt_address");
	*(void **)&l.connect = function(file, "rt_connect");
	*(void **)&l.stop = function(file, "rt_stop");
	*(void **)&l.free = function(file, "rt_free");
	*(void **)&l.errmsg = function(file, "rt_errmsg");
	CHECK_IS(l.abi_version(), RT_ABI_VERSION);
	return l;
}

struct library load(void)
{
	const char *path = getenv("REALTIME_LIBRARY");
	NEED(path != NULL, "REALTIME_LIBRARY names no library");
	return load_file(path);
}

const char *config(const char *more)
{
	static const char *const usual[][2] = {
		{"\"config\"", "\"\""},         {"\"env\"", "\"test\""},  {"\"listen\"", "\"127.0.0.1:0\""},
		{"\"socket\"", "\"\""},         {"\"connect\"", "\"open\""}, {"\"drain_spread\"", "\"0s\""},
		{"\"log_level\"", "\"error\""},
	};
	static _Thread_local char text[4096];
	size_t length = (size_t)snprintf(text, sizeof text, "{%s", more);
	for (size_t i = 0; i < sizeof usual / sizeof *usual; i++) {
		if (strstr(more, usual[i][0]) != NULL) continue; /* a key that comes twice is an error */
		length += (size_t)snprintf(text + length, sizeof text - length, "%s%s: %s",
			length > 1 ? ", " : "", usual[i][0], usual[i][1]);
		NEED(length + 2 < sizeof text, "too long: %s", more);
	}
	strcpy(text + length, "}");
	return text;
}

int started(const struct library *l, const char *more)
{
	int server = l->new(config(more));
	NEED(server > 0, "rt_new: %s", reason(l));
	CHECK(l->start(server) == 0, "rt_start: %s", reason(l));
	return server;
}

int port_of(const struct library *l, int server)
{
	char text[128];
	CHECK(l->address(server, 0, text, sizeof text) > 0, "rt_address: %s", reason(l));
	char *colon = strrchr(text, ':');
	NEED(colon != NULL && atoi(colon + 1) > 0, "an address without a port: %s", text);
	return atoi(colon + 1);
}

void finish(const struct library *l, int server)
{
	CHECK(l->stop(server, 5000) == 0, "rt_stop: %s", reason(l));
	CHECK(l->free(server) == 0, "rt_free: %s", reason(l));
}

const char *reason(const struct library *l)
{
	static _Thread_local char text[4001];
	l->errmsg(text, sizeof text);
	return text;
}
