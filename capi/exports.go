package main

/*
#include "border.h"
*/
import "C"

import (
	"time"
	"unsafe"
)

// Each export gets plain values and memory of the caller's, which it does not keep. A message is
// C.RT_TEXT_SIZE bytes.

//export rtgoNew
func rtgoNew(config *C.char, length C.size_t, environ **C.char, message *C.char) C.int {
	return answer(message, func() (int, error) {
		return hosted.add(C.GoStringN(config, C.int(min(length, maxDocument))), variables(environ))
	})
}

//export rtgoAddress
func rtgoAddress(handle, index C.int, message *C.char) C.int {
	return answer(message, func() (int, error) {
		text, err := hosted.address(int(handle), int(index))
		if err == nil {
			write(message, text)
		}
		return 0, err
	})
}

//export rtgoConnect
func rtgoConnect(handle C.int, message *C.char) C.int {
	return answer(message, func() (int, error) { return hosted.connect(int(handle)) })
}

//export rtgoFree
func rtgoFree(handle C.int, message *C.char) C.int {
	return answer(message, func() (int, error) { return 0, hosted.remove(int(handle)) })
}

//export rtgoStart
func rtgoStart(handle C.int, message *C.char) C.int {
	return answer(message, func() (int, error) { return 0, hosted.start(int(handle)) })
}

//export rtgoStop
func rtgoStop(handle, timeout C.int, message *C.char) C.int {
	return answer(message, func() (int, error) {
		return 0, hosted.stop(int(handle), time.Duration(timeout)*time.Millisecond)
	})
}

// answer runs what an export is for. A panic must not reach the host.
func answer(message *C.char, do func() (int, error)) C.int {
	n, err := guarded(do)
	if err != nil {
		write(message, err.Error())
		return C.int(codeOf(err))
	}
	return C.int(n)
}

// write puts a text into the memory of the caller, cut to what fits, with a NUL behind it.
func write(message *C.char, text string) {
	buf := unsafe.Slice((*byte)(unsafe.Pointer(message)), C.RT_TEXT_SIZE)
	n := copy(buf, cut(text, len(buf)-1))
	buf[n] = 0
}

// variables are the environment as the host has it now. Go's own copy is of when the library was loaded.
func variables(environ **C.char) []string {
	var list []string
	if environ == nil {
		return nil
	}
	for at := environ; *at != nil; at = (**C.char)(unsafe.Add(unsafe.Pointer(at), unsafe.Sizeof(*at))) {
		list = append(list, C.GoString(*at))
	}
	return list
}
