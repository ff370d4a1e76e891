package main

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"time"
)

const (
	bodyShown  = 4096        // bytes of the body in request-ended
	settleTime = time.Second // how long request-ended waits for what is already ending
)

// request sends one request as a Go program would, http.Client.Timeout over all of it, and reports its end last.
func (c *client) request(cmd command) {
	rt := &requestTrace{request: cmd.Request, client: c}
	transport, release := c.transport, func(<-chan time.Time) {}
	if cmd.Fresh {
		transport, release = c.freshTransport(rt)
	}
	ctx := httptrace.WithClientTrace(context.WithValue(context.Background(), requestKey{}, rt), rt.hooks())
	c.journal.emit("request-started", fields{"request": cmd.Request})
	status, body, err := send(ctx, &http.Client{Transport: transport, Timeout: time.Duration(cmd.TimeoutMs) * time.Millisecond}, cmd, rt)
	at := rt.phase()

	deadline := time.After(settleTime)
	release(deadline)
	rt.settle(deadline)
	f := fields{"request": cmd.Request}
	if status != 0 {
		f["status"], f["body"] = status, body
	}
	if err != nil {
		f["error"] = clientError(err, at)
	}
	c.journal.emit("request-ended", f)
}

// send gives the last status, the body's beginning and the error, which may come after a status: in mid-body.
func send(ctx context.Context, client *http.Client, cmd command, rt *requestTrace) (int, string, error) {
	req, err := http.NewRequestWithContext(ctx, cmd.Method, cmd.URL, nil)
	if err != nil {
		return 0, "", err
	}
	res, err := client.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	rt.mu.Lock()
	rt.hasHead = true
	rt.mu.Unlock()
	rt.client.journal.emit("head-received", fields{"request": cmd.Request, "status": res.StatusCode})
	var body strings.Builder
	if _, err = io.CopyN(&body, res.Body, bodyShown); errors.Is(err, io.EOF) {
		err = nil
	}
	if err == nil { // the rest too: only a body read to its end gives its connection back to the pool
		_, err = io.Copy(io.Discard, res.Body)
	}
	return res.StatusCode, strings.ToValidUTF8(body.String(), "\uFFFD"), err
}

// freshTransport is a pool of its own for one request, with the same settings. It keeps the connection alive like the
// other, so that the server sees the same request (no `Connection: close`); release closes what it holds and waits.
func (c *client) freshTransport(rt *requestTrace) (*http.Transport, func(<-chan time.Time)) {
	transport := c.transport.Clone()
	over, end := context.WithCancel(context.Background())
	transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(over, cancel)()
		return c.dialer.DialContext(ctx, network, address)
	}
	return transport, func(deadline <-chan time.Time) {
		end() // a dial still under way would leave a connection in a pool that no one will use
		transport.CloseIdleConnections()
		rt.mu.Lock()
		dials := append([]*dialTrace(nil), rt.dials...)
		rt.mu.Unlock()
		for _, dial := range dials {
			dial.mu.Lock()
			conn := dial.conn
			dial.mu.Unlock()
			if conn == nil {
				continue
			}
			select {
			case <-conn.closed:
			case <-deadline:
				conn.Close()
			}
		}
	}
}
