#include "proc.h"

#include <dirent.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "check.h"

static int entries(const char *path)
{
	DIR *dir = opendir(path);
	NEED(dir != NULL, "%s", path);
	int count = 0;
	for (struct dirent *e; (e = readdir(dir)) != NULL;) count += e->d_name[0] != '.';
	closedir(dir);
	return count;
}

int descriptors(void) { return entries("/proc/self/fd") - 1; /* the directory itself */ }

int threads(void) { return entries("/proc/self/task"); }

long resident(void)
{
	long size, pages;
	FILE *file = fopen("/proc/self/statm", "r");
	NEED(file != NULL && fscanf(file, "%ld %ld", &size, &pages) == 2, "/proc/self/statm");
	fclose(file);
	return pages * 4;
}

int64_t now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000) + t.tv_nsec / 1000000;
}

static bool look_at(int id, struct thread *t)
{
	char path[64], line[256];
	snprintf(path, sizeof path, "/proc/self/task/%d/status", id);
	FILE *file = fopen(path, "r");
	if (file == NULL) return false;
	*t = (struct thread){.id = id};
	bool found = false;
	int alive = 0; /* threads that share its signals: none when it has ended, and then its mask is not known */
	while (fgets(line, sizeof line, file) != NULL) {
		if (sscanf(line, "Name: %31[^\n]", t->name) == 1) continue;
		if (sscanf(line, "Threads: %d", &alive) == 1) continue;
		if (sscanf(line, "SigBlk: %" SCNx64, &t->blocked) == 1) found = alive > 0;
	}
	fclose(file);
	return found;
}

int look_at_threads(struct thread *into, int most)
{
	DIR *dir = opendir("/proc/self/task");
	NEED(dir != NULL, "/proc/self/task");
	int count = 0;
	for (struct dirent *e; count < most && (e = readdir(dir)) != NULL;)
		if (e->d_name[0] != '.' && look_at(atoi(e->d_name), &into[count])) count++;
	closedir(dir);
	return count;
}

bool within(int ms, bool (*so)(void *about), void *about)
{
	for (int64_t end = now() + ms; !so(about);) {
		if (now() > end) return false;
		poll(NULL, 0, 2);
	}
	return true;
}
