package proxy

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// Defaults of Config.
const (
	// DefaultHoldTimeout covers a restart of puma or gunicorn with a mid-sized app.
	DefaultHoldTimeout = 10 * time.Second
	// DefaultMaxHeld bounds what waits: each held request keeps its connection and head in memory.
	DefaultMaxHeld = 1024
	// DefaultResponseHeaderTimeout is what nginx and the common load balancers use.
	DefaultResponseHeaderTimeout = 60 * time.Second
	// DefaultBodyIdleTimeout bounds the silence of a client within its request body.
	DefaultBodyIdleTimeout = 60 * time.Second
	// DefaultWriteTimeout bounds one write to a client that does not read.
	DefaultWriteTimeout = 60 * time.Second
	// DefaultUpstreamIdleTimeout is below the 2 s after which gunicorn's threaded workers close an
	// idle connection, so that it is always we who let go first and no request meets a closing one.
	DefaultUpstreamIdleTimeout = 1500 * time.Millisecond
	// dialTimeout bounds one attempt to reach one upstream.
	dialTimeout = 5 * time.Second
)

// Config says where the app is and how patient to be. Zero values mean the defaults above; a negative
// duration means no limit, and a negative HoldTimeout no holding.
type Config struct {
	// Upstreams are the app's addresses, "http://host:port" or "unix:/path", at least one. They are
	// tried in this order whenever a connection is made; host names are resolved anew each time.
	Upstreams []string

	// TrustedProxies are the networks whose forwarded headers are passed on; nil: loopback and
	// private networks; empty: nobody.
	TrustedProxies []netip.Prefix

	// HoldTimeout is how long a request waits, from its arrival, for an app that is not listening.
	// At most MaxHeld requests wait; the next is refused at once.
	HoldTimeout time.Duration
	MaxHeld     int

	// ResponseHeaderTimeout runs from the last byte of the request to the head of the answer.
	ResponseHeaderTimeout time.Duration
	// BodyIdleTimeout is the longest silence of the client within a request body.
	BodyIdleTimeout time.Duration
	// WriteTimeout is for one write in a tunnel; WrapListener has its own argument.
	WriteTimeout time.Duration
	// UpstreamIdleTimeout is how long an unused connection to the app is kept.
	UpstreamIdleTimeout time.Duration

	// MaxRequestBody is in bytes; 0: unlimited.
	MaxRequestBody int64

	// ErrorPage is the path of the app's own HTML page for errors, for example public/500.html. It
	// is read at each use, so that a deploy may replace it; if it cannot be read, plain text is sent.
	ErrorPage string

	// Watcher tells when a client hangs up, which cancels the app's work for it. Nil: it is noticed
	// at the next write only.
	Watcher ClientWatcher

	// Logger gets what the client must not see. Nil: slog.Default.
	Logger *slog.Logger
}

func (c Config) withDefaults() Config {
	for _, d := range []struct {
		value    *time.Duration
		fallback time.Duration
	}{
		{&c.HoldTimeout, DefaultHoldTimeout},
		{&c.ResponseHeaderTimeout, DefaultResponseHeaderTimeout},
		{&c.BodyIdleTimeout, DefaultBodyIdleTimeout},
		{&c.WriteTimeout, DefaultWriteTimeout},
		{&c.UpstreamIdleTimeout, DefaultUpstreamIdleTimeout},
	} {
		if *d.value == 0 {
			*d.value = d.fallback
		}
		*d.value = max(0, *d.value)
	}
	if c.MaxHeld == 0 {
		c.MaxHeld = DefaultMaxHeld
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return c
}

// address is one place to dial.
type address struct{ network, addr string }

// parseUpstreams returns the addresses of all upstreams, or everything that is wrong with them.
func parseUpstreams(upstreams []string) ([]address, error) {
	if len(upstreams) == 0 {
		return nil, errors.New("proxy: no upstream given")
	}
	var addrs []address
	var errs []error
	for _, s := range upstreams {
		a, err := parseUpstream(s)
		if err != nil {
			errs = append(errs, fmt.Errorf("proxy: upstream %q: %w", s, err))
		}
		addrs = append(addrs, a)
	}
	return addrs, errors.Join(errs...)
}

func parseUpstream(s string) (address, error) {
	if path, ok := strings.CutPrefix(s, "unix:"); ok {
		if path == "" {
			return address{}, errors.New("unix: without a path")
		}
		return address{"unix", path}, nil
	}
	if host, _, err := net.SplitHostPort(s); err == nil && host != "" && !strings.Contains(s, "/") {
		return address{"tcp", s}, nil
	}
	u, err := url.Parse(s)
	if err != nil {
		return address{}, errors.New("not a URL")
	}
	if u.Scheme != "http" || u.Hostname() == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.User != nil {
		return address{}, errors.New("want http://host:port, host:port or unix:/path")
	}
	port := u.Port()
	if port == "" {
		port = "80"
	}
	return address{"tcp", net.JoinHostPort(u.Hostname(), port)}, nil
}
