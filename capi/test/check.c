#include "check.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

atomic_int checks;

static const char *told = "the beginning";

_Noreturn void fail(const char *file, int line, const char *what, ...)
{
	int number = errno;
	va_list rest;
	fprintf(stderr, "%s:%d: in: %s: ", file, line, told);
	va_start(rest, what);
	vfprintf(stderr, what, rest);
	va_end(rest);
	fprintf(stderr, " (errno: %s)\n", strerror(number));
	_Exit(1);
}

void story(const char *what)
{
	told = what;
	printf("  %s\n", what);
	fflush(stdout);
}

int done(void)
{
	printf("%d checks\n", atomic_load(&checks));
	return 0;
}
