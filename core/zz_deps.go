

package core

import (
	_ "github.com/alecthomas/kong"
	_ "github.com/fasthttp/websocket"
	_ "github.com/goccy/go-yaml"
	_ "github.com/google/go-cmp/cmp"
	_ "github.com/valyala/fasthttp"
	_ "github.com/vmihailenco/msgpack/v5"
	_ "golang.org/x/sync/errgroup"
	_ "golang.org/x/sys/unix"
)
