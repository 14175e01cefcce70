package server

import (
	"encoding/xml"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

const policyRequest = "<policy-file-request/>\x00"

// grants reads a policy file.
func grants(t *testing.T, text string) string {
	t.Helper()
	var policy struct {
		Grants []struct {
			Domain string `xml:"domain,attr"`
			Ports  string `xml:"to-ports,attr"`
		} `xml:"allow-access-from"`
	}
	if err := xml.Unmarshal([]byte(text), &policy); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	var list []string
	for _, g := range policy.Grants {
		list = append(list, g.Domain+" "+g.Ports)
	}
	return strings.Join(list, ", ")
}

func TestFlash_policy_on_the_port_for_HTTP(t *testing.T) {
	r := start(t, func(*Options) {})
	if got := grants(t, r.raw(policyRequest)); got != "* *" {
		t.Errorf("granted %q", got)
	}
	for _, pieces := range [][]string{{"<", "policy-file-request/>\x00"}, {"<policy-file-request/>", "\x00"}} {
		nc, err := net.Dial("tcp", r.Addr()[0].String())
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		_ = nc.SetDeadline(time.Now().Add(patience))
		for _, piece := range pieces {
			if _, err := io.WriteString(nc, piece); err != nil {
				t.Fatal(err)
			}
		}
		text, err := io.ReadAll(nc)
		if err != nil {
			t.Fatal(err)
		}
		if got := grants(t, string(text)); got != "* *" {
			t.Errorf("%q: granted %q", pieces, got)
		}
	}
}

func TestFlash_policy_is_for_who_asks_for_it_alone(t *testing.T) {
	r := start(t, func(*Options) {})
	for _, text := range []string{
		"<policy-file-request/>x\r\n\r\n",
		"<policy-file-request/>\x00GET / HTTP/1.1\r\n\r\n",
		"<html>\r\n\r\n",
	} {
		if got := r.raw(text); strings.Contains(got, "cross-domain-policy") {
			t.Errorf("%q: got %q", text, got)
		}
	}
	if got := r.raw("GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"); !strings.HasPrefix(got, "HTTP/1.1 404 ") {
		t.Errorf("a request: got %q", got)
	}
}

func TestFlash_policy_on_a_port_of_its_own(t *testing.T) {
	r := start(t, func(o *Options) { o.FlashPolicyListen = "127.0.0.1:0" })
	for _, asks := range []string{policyRequest, ""} {
		nc, err := net.Dial("tcp", r.FlashPolicyAddr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		_ = nc.SetDeadline(time.Now().Add(patience))
		if _, err := io.WriteString(nc, asks); err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(nc)
		if err != nil {
			t.Fatal(err)
		}
		if got := grants(t, string(text)); got != "* *" {
			t.Errorf("granted %q", got)
		}
	}
	if got := get(t, r.base+"/socket.io/1/").body; !strings.Contains(got, ":websocket,flashsocket,") {
		t.Errorf("the handshake offers %q", got)
	}
}
