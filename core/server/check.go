package server

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"realtime/core/proxy/forwarded"
	"realtime/core/server/clientjs"
)

// checkTogether judges options that depend on each other.
func (o *Options) checkTogether() error {
	var errs []error
	if 4*o.DrainSpread > o.ShutdownTimeout {
		errs = append(errs, fmt.Errorf("drain_spread: %s is more than a quarter of shutdown_timeout (%s), which also has to suffice for requests under way and the last disconnects",
			o.DrainSpread, o.ShutdownTimeout))
	}
	if len(o.Listen) == 0 {
		errs = append(errs, errors.New("listen: needs at least one address"))
	}
	if len(o.Transports) == 0 {
		errs = append(errs, errors.New("transports: needs at least one"))
	}
	if o.HealthPath != "" && strings.HasPrefix(o.HealthPath, o.Path) {
		errs = append(errs, fmt.Errorf("health_path: %s lies under path (%s)", o.HealthPath, o.Path))
	}
	for key, value := range map[string]string{"token_audience": o.TokenAudience, "token_issuer": o.TokenIssuer} {
		if value != "" && len(o.TokenKeys) == 0 {
			errs = append(errs, fmt.Errorf("%s: is about tokens by token_keys, of which there are none", key))
		}
	}
	return errors.Join(errs...)
}

func checkListen(text string) error {
	_, _, err := address(text)
	return err
}

// address splits where to listen into network and address, as package net wants them.
func address(text string) (network, addr string, err error) {
	if path, ok := strings.CutPrefix(text, "unix:"); ok {
		if path == "" {
			return "", "", errors.New("unix: without a path")
		}
		return "unix", path, nil
	}
	if isPort(text) {
		return "tcp", ":" + text, nil
	}
	_, port, err := net.SplitHostPort(text)
	if err != nil || !isPort(port) {
		return "", "", fmt.Errorf("%q is neither host:port nor unix:path", text)
	}
	return "tcp", text, nil
}

func isPort(text string) bool {
	_, err := strconv.ParseUint(text, 10, 16)
	return err == nil
}

func checkUpstream(text string) error {
	if path, ok := strings.CutPrefix(text, "unix:"); ok && path != "" {
		return nil
	}
	if host, port, err := net.SplitHostPort(text); err == nil && host != "" && isPort(port) {
		return nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" || u.Hostname() == "" || u.RawQuery != "" || u.User != nil || strings.Trim(u.Path, "/") != "" {
		return fmt.Errorf("%q is neither http://host:port, host:port nor unix:path", text)
	}
	return nil
}

func checkPath(text string) error {
	if !strings.HasPrefix(text, "/") || strings.ContainsAny(text, "?# \t") {
		return fmt.Errorf("%q is no path: it begins with / and has neither ? nor #", text)
	}
	return nil
}

func checkSocket(text string) error {
	if strings.HasPrefix(text, "unix:") {
		return errors.New("is a path alone, without the unix: of an address")
	}
	return nil
}

func checkOrigin(text string) error {
	if text == "*" || text == "null" || text == "file://" {
		return nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme == "" || u.Host == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
		return fmt.Errorf("%q is no origin, such as https://example.org, null or *", text)
	}
	return nil
}

func checkCookie(text string) error {
	if strings.ContainsAny(text, " \t\r\n\"(),/:;<=>?@[\\]{}") {
		return fmt.Errorf("%q is no name for a cookie", text)
	}
	return nil
}

func checkClientVersion(text string) error {
	if _, ok := clientjs.ParseGeneration(text); !ok {
		return fmt.Errorf("%q is no client that is served: %s are", text, servedVersions)
	}
	return nil
}

func checkNetwork(text string) error {
	_, err := networks([]string{text})
	return err
}

// networks reads trusted_proxies. The result is never nil: nobody is trusted by an empty list.
func networks(texts []string) ([]netip.Prefix, error) {
	list := []netip.Prefix{}
	for _, text := range texts {
		if text == "private" {
			list = append(list, forwarded.DefaultTrusted()...)
			continue
		}
		if addr, err := netip.ParseAddr(text); err == nil {
			list = append(list, netip.PrefixFrom(addr, addr.BitLen()))
			continue
		}
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("%q is neither an address nor a network, such as 10.0.0.0/8", text)
		}
		list = append(list, prefix)
	}
	return list, nil
}
