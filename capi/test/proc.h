/*
 * proc.h - what the kernel says of this process.
 */
#ifndef PROC_H
#define PROC_H

#include <stdbool.h>
#include <stdint.h>

/* How many descriptors are open. */
int descriptors(void);

/* How many threads there are. */
int threads(void);

/* Memory that is resident, in KiB. */
long resident(void);

/* Milliseconds of a clock that only goes forward. */
int64_t now(void);

/* One thread: its id, its name, and the signals that it blocks, bit n-1 for signal n. */
struct thread {
	int id;
	char name[32];
	uint64_t blocked;
};

/* Looks at up to most threads and returns how many there were. One that ends meanwhile is left out. */
int look_at_threads(struct thread *into, int most);

/* Looks until so(about) holds; false if it does not within ms. */
bool within(int ms, bool (*so)(void *about), void *about);

#endif
