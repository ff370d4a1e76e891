package main

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime/debug"
	"strings"
	"testing"
)

func serve(t *testing.T, handler http.HandlerFunc) int {
	t.Helper()
	s := httptest.NewServer(handler) // on 127.0.0.1, at a free port
	t.Cleanup(s.Close)
	return s.Listener.Addr().(*net.TCPAddr).Port
}

func get(c *client, number, port int, path string, fresh bool, timeoutMs int) {
	c.request(command{Request: number, URL: fmt.Sprintf("http://%s", strings.Replace(path, "/", fmt.Sprintf(":%d/", port), 1)), Method: "GET", TimeoutMs: timeoutMs, Fresh: fresh})
}

func hello(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") }

func expect(t *testing.T, e map[string]any, want fields) {
	t.Helper()
	for name, value := range want {
		if fmt.Sprint(e[name]) != fmt.Sprint(value) {
			t.Errorf("%s is %v, want %v in %v", name, e[name], value, e)
		}
	}
}

func TestTheBinaryKeepsTheBehaviourOfTheGoThatBuiltIt(t *testing.T) {
	info, _ := debug.ReadBuildInfo()
	for _, setting := range info.Settings {
		if setting.Key == "DefaultGODEBUG" && setting.Value != "" {
			t.Errorf("older behaviour is frozen in: %s", setting.Value)
		}
	}
}

func TestASecondRequestReusesTheConnectionAndAFreshOneDoesNot(t *testing.T) {
	c, r := startClient(t, nil, "127.0.0.1")
	port := serve(t, hello)
	get(c, 1, port, "a.test/", false, 3000)
	get(c, 2, port, "a.test/", true, 3000)
	if closed := r.all("connection-closed"); len(closed) != 1 || fmt.Sprint(closed[0]["connection"]) != "2" {
		t.Errorf("only the fresh connection is closed when its request has ended, not %v", closed)
	}
	if wait := r.last()["atUs"].(float64) - r.all("head-received")[1]["atUs"].(float64); wait > 500_000 {
		t.Errorf("the fresh connection was closed only after %v us", wait)
	}
	get(c, 3, port, "a.test/", false, 3000)
	for i, want := range []fields{{"connection": 1, "reused": false}, {"connection": 2, "reused": false}, {"connection": 1, "reused": true}} {
		expect(t, r.all("connection-used")[i], want)
	}
	expect(t, r.last(), fields{"event": "request-ended", "status": 200, "body": "hello"})
}

func TestARefusedAddressLeadsToTheNextOfTheFamily(t *testing.T) {
	c, r := startClient(t, nil, "127.0.0.2", "127.0.0.1")
	get(c, 1, serve(t, hello), "a.test/", false, 3000)
	expect(t, r.all("lookup-ended")[0], fields{"addresses": "[127.0.0.2 127.0.0.1]"})
	expect(t, r.all("attempt-ended")[0], fields{"outcome": "refused"})
	expect(t, r.all("attempt-ended")[1], fields{"outcome": "connected"})
	expect(t, r.all("connection-used")[0], fields{"address": "127.0.0.1"})
}

func TestASilentIPv6AddressIsGivenUpAfterTheFallbackDelay(t *testing.T) {
	c, r := startClient(t, map[string]any{"fallback_delay": "50ms"}, "127.0.0.1", "::1")
	port := serve(t, hello)
	blackhole(t, "::1", port)
	get(c, 1, port, "a.test/", false, 5000)
	starts := r.all("attempt-started")
	expect(t, starts[0], fields{"address": "::1"})
	expect(t, starts[1], fields{"address": "127.0.0.1"})
	if gap := starts[1]["atUs"].(float64) - starts[0]["atUs"].(float64); gap < 49_000 || gap > 250_000 {
		t.Errorf("the second attempt came %v us after the first", gap)
	}
	outcomes := fmt.Sprint(r.all("attempt-ended")[0]["outcome"], r.all("attempt-ended")[1]["outcome"])
	if !strings.Contains(outcomes, "given_up") || !strings.Contains(outcomes, "connected") {
		t.Errorf("outcomes: %s", outcomes)
	}
	expect(t, r.last(), fields{"event": "request-ended", "status": 200})
}

func TestADialTimeoutIsSharedByTheAddresses(t *testing.T) {
	c, r := startClient(t, map[string]any{"dial_timeout": "4s"}, "127.0.0.2", "127.0.0.1")
	port := serve(t, hello)
	blackhole(t, "127.0.0.2", port)
	get(c, 1, port, "a.test/", false, 10_000)
	expect(t, r.all("attempt-ended")[0], fields{"outcome": "given_up"})
	expect(t, r.last(), fields{"status": 200})
}

func TestADialLeftBehindKeepsItsRequestNumber(t *testing.T) {
	c, r := startClient(t, map[string]any{"dial_timeout": "1s"}, "127.0.0.2", "127.0.0.1")
	port := serve(t, hello)
	blackhole(t, "127.0.0.2", port)
	get(c, 1, port, "a.test/", false, 50)
	expect(t, r.last(), fields{"event": "request-ended", "request": 1})
	expect(t, r.last()["error"].(map[string]any), fields{"kind": "connect-timeout"})
	get(c, 2, port, "127.0.0.1/", false, 3000)
	for _, e := range r.all("attempt-started") {
		if e["request"] == float64(2) && e["address"] != "127.0.0.1" {
			t.Errorf("an attempt of request 1 counted as one of request 2: %v", e)
		}
	}
	expect(t, r.all("connection-used")[0], fields{"request": 2, "connection": 1})
}

func TestWhatFailsIsNamed(t *testing.T) {
	c, r := startClient(t, nil, "127.0.0.1")
	port := serve(t, func(w http.ResponseWriter, q *http.Request) {
		conn, _, _ := w.(http.Hijacker).Hijack()
		defer conn.Close()
		switch q.URL.Path {
		case "/reset":
			conn.(*net.TCPConn).SetLinger(0)
		case "/body":
			fmt.Fprint(conn, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart")
		case "/hang":
			conn.Read(make([]byte, 1))
		}
	})
	for i, one := range []struct {
		path, kind string
		port       int
	}{
		{"a.test/reset", "reset", port}, {"a.test/body", "body-incomplete", port}, {"a.test/close", "closed", port},
		{"a.test/hang", "response-timeout", port}, {"gone.test/", "name-not-found", port},
		{"quiet.test/", "dns-timeout", port}, {"127.0.0.1/", "connection-refused", 1},
	} {
		get(c, i+1, one.port, one.path, false, 200)
		failure, _ := r.last()["error"].(map[string]any)
		if failure["kind"] != one.kind || failure["message"] == "" {
			t.Errorf("%s: %v, want %s", one.path, r.last(), one.kind)
		}
	}
}

func TestARepeatThatCannotConnectIsAConnectTimeout(t *testing.T) {
	c, r := startClient(t, nil, "127.0.0.2")
	listener, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		t.Skip(err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	met, gone := make(chan bool), make(chan bool)
	go http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if q.URL.Path == "/" {
			hello(w, q)
			return
		}
		met <- true
		<-gone
		conn, _, _ := w.(http.Hijacker).Hijack()
		conn.(*net.TCPConn).SetLinger(0)
		conn.Close()
	}))
	get(c, 1, port, "a.test/", false, 3000)
	ended := make(chan bool)
	go func() {
		get(c, 2, port, "a.test/again", false, 2000)
		close(ended)
	}()
	<-met
	listener.Close()
	blackhole(t, "127.0.0.2", port)
	close(gone)
	<-ended
	expect(t, r.all("connection-used")[1], fields{"request": 2, "reused": true})
	expect(t, r.last()["error"].(map[string]any), fields{"kind": "connect-timeout"})
}

func TestALiteralOfTheOtherFamilyIsNotFound(t *testing.T) {
	c, r := startClient(t, map[string]any{"network": "tcp4"}, "127.0.0.1")
	get(c, 1, 1, "[::1]/", false, 3000)
	expect(t, r.last()["error"].(map[string]any), fields{"kind": "name-not-found"})
}

func TestASettingThatCannotBeHadIsNamed(t *testing.T) {
	for _, one := range []struct {
		settings map[string]any
		says     string
	}{
		{map[string]any{"fallback_dely": "1s"}, `"fallback_dely"`},
		{map[string]any{"fallback_delay": 300.0}, "unit"},
		{map[string]any{"network": "udp"}, "tcp4"},
		{map[string]any{"max_idle_conns": -1.0}, "whole number"},
		{map[string]any{"resolver": "cgo"}, "127.0.0.1:9"},
	} {
		_, why := newClient(newJournal(&recorder{}), one.settings, dnsServer{"127.0.0.1", 9})
		if !hasCgo && one.settings["resolver"] != nil {
			one.says = "without cgo"
		}
		if why == nil || !strings.Contains(why.reason, one.says) {
			t.Errorf("%v: %v", one.settings, why)
		}
	}
	if got := nearest("fallback_dely"); got != "fallback_delay" {
		t.Errorf("nearest is %s", got)
	}
}
