/* What border.c and the Go side know of each other, and nobody else. */
#ifndef RT_BORDER_H
#define RT_BORDER_H

/* Bytes of an error text with its NUL, in the callers' buffers. */
enum { RT_TEXT_SIZE = 4001 };

#endif
