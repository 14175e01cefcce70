/*
 * msgpack.h - as much MessagePack as an app link needs: frames are written into bytes that grow, and read
 * where they lie. Values that are only passed on, such as the arguments of an event, are copied as they are.
 */
#ifndef MSGPACK_H
#define MSGPACK_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* -- writing ------------------------------------------------------------------------------------- */

/* Bytes that grow at their end. All zero is an empty one; free(at) when done. */
struct bytes {
	unsigned char *at;
	size_t length, room;
};

/* Makes room for more bytes at the end and returns where they go. */
static inline unsigned char *grow(struct bytes *b, size_t more)
{
	if (b->room - b->length < more) {
		b->room = 2 * b->room + more;
		b->at = realloc(b->at, b->room);
		if (b->at == NULL) abort();
	}
	b->length += more;
	return b->at + b->length - more;
}

static inline void put_raw(struct bytes *b, const void *from, size_t length)
{
	if (length > 0) memcpy(grow(b, length), from, length);
}

/* The first byte of a value, and the number behind it, which has width bytes. */
static inline void put_head(struct bytes *b, unsigned char first, uint32_t number, int width)
{
	unsigned char *to = grow(b, 1 + (size_t)width);
	*to++ = first;
	while (width-- > 0) *to++ = (unsigned char)(number >> 8 * width);
}

static inline void put_nil(struct bytes *b) { put_head(b, 0xc0, 0, 0); }

static inline void put_uint(struct bytes *b, uint32_t n)
{
	if (n < 0x80) put_head(b, (unsigned char)n, 0, 0);
	else put_head(b, 0xce, n, 4);
}

static inline void put_str(struct bytes *b, const char *text)
{
	uint32_t length = (uint32_t)strlen(text);
	if (length < 32) put_head(b, (unsigned char)(0xa0 | length), 0, 0);
	else put_head(b, 0xdb, length, 4);
	put_raw(b, text, length);
}

/* An array of that many values, which follow; at most 15. */
static inline void put_array(struct bytes *b, unsigned count) { put_head(b, (unsigned char)(0x90 | count), 0, 0); }

/* A map of that many keys, each followed by its value; at most 15. */
static inline void put_map(struct bytes *b, unsigned count) { put_head(b, (unsigned char)(0x80 | count), 0, 0); }

/* -- frames -------------------------------------------------------------------------------------- */

/* Begins a frame and returns where; end_frame writes its length there. */
static inline size_t begin_frame(struct bytes *b)
{
	grow(b, 4);
	return b->length - 4;
}

static inline void end_frame(struct bytes *b, size_t begun)
{
	uint32_t length = (uint32_t)(b->length - begun - 4);
	for (int i = 0; i < 4; i++) b->at[begun + (size_t)i] = (unsigned char)(length >> 8 * (3 - i));
}

/* -- reading ------------------------------------------------------------------------------------- */

/* What is left to read. After a mistake nothing is, and broken is set: look once, at the end. */
struct reader {
	const unsigned char *at, *end;
	bool broken;
};

/* A text where it lies: not ended by NUL. */
struct text {
	const unsigned char *at;
	size_t length;
};

static inline bool is(struct text t, const char *word)
{
	return t.length == strlen(word) && memcmp(t.at, word, t.length) == 0;
}

static inline void break_off(struct reader *r)
{
	r->broken = true;
	r->at = r->end;
}

static inline const unsigned char *take(struct reader *r, size_t count)
{
	if ((size_t)(r->end - r->at) < count) {
		break_off(r);
		return NULL;
	}
	r->at += count;
	return r->at - count;
}

static inline uint32_t take_number(struct reader *r, int width)
{
	const unsigned char *from = take(r, (size_t)width);
	uint32_t number = 0;
	while (from != NULL && width-- > 0) number = number << 8 | *from++;
	return number;
}

enum kind { NIL, UINT, STR, ARRAY, MAP, OTHER };

/* The head of a value: what it is, and its number, its length, or how many values it has. */
struct head {
	enum kind kind;
	uint32_t number;
};

/* Reads a head. What is OTHER is passed over. */
static inline struct head get_head(struct reader *r)
{
	/* How many bytes of a number follow 0xc0 … 0xdf, and how many more bytes of data besides. */
	static const unsigned char widths[32] = {0, 0, 0, 0, 1, 2, 4, 1, 2, 4, 0, 0, 1, 2, 4, 0,
						 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 4, 2, 4, 2, 4};
	static const unsigned char fixed[32] = {0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 4, 8, 0, 0, 0, 8,
						1, 2, 4, 8, 2, 3, 5, 9, 17, 0, 0, 0, 0, 0, 0, 0};
	uint32_t first = take_number(r, 1);
	if (r->broken) return (struct head){OTHER, 0};
	if (first < 0x80) return (struct head){UINT, first};
	if (first < 0x90) return (struct head){MAP, first & 15};
	if (first < 0xa0) return (struct head){ARRAY, first & 15};
	if (first < 0xc0) return (struct head){STR, first & 31};
	if (first >= 0xe0) return (struct head){OTHER, 0}; /* -32 … -1 */
	if (first == 0xc1) break_off(r);
	uint32_t number = take_number(r, widths[first - 0xc0]);
	switch (first) {
	case 0xc0: return (struct head){NIL, 0};
	case 0xcc: case 0xcd: case 0xce: return (struct head){UINT, number};
	case 0xd9: case 0xda: case 0xdb: return (struct head){STR, number};
	case 0xdc: case 0xdd: return (struct head){ARRAY, number};
	case 0xde: case 0xdf: return (struct head){MAP, number};
	}
	/* Of bytes and extensions the number is a length. */
	if (first <= 0xc9) take(r, number);
	take(r, fixed[first - 0xc0]);
	return (struct head){OTHER, 0};
}

static inline uint32_t get(struct reader *r, enum kind kind)
{
	struct head h = get_head(r);
	if (h.kind != kind) break_off(r);
	return h.number;
}

static inline struct text get_str(struct reader *r)
{
	uint32_t length = get(r, STR);
	const unsigned char *at = take(r, length);
	return (struct text){at, at != NULL ? length : 0};
}

/* Passes over one value, whatever it is, and returns its bytes. */
static inline struct text get_any(struct reader *r)
{
	const unsigned char *begin = r->at;
	/* Values that are still to come; each has a byte at least, so a lie about their number ends soon. */
	for (uint64_t left = 1; left > 0 && !r->broken; left--) {
		struct head h = get_head(r);
		if (h.kind == STR) take(r, h.number);
		if (h.kind == ARRAY) left += h.number;
		if (h.kind == MAP) left += 2 * (uint64_t)h.number;
	}
	return (struct text){begin, r->broken ? 0 : (size_t)(r->at - begin)};
}

#endif
