package main

import (
	"context"
	"net"
	"net/http/httptrace"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// What net/http/httptrace shows, as events. Lookups and attempts are traced per dial and not per request, because
// net/http dials in the background: a request may be served by a connection that came free meanwhile, or give up,
// while the dial it started goes on (always since Go 1.23) and its connection goes to the pool.

// ids number attempts and connections, from 1.
type ids struct{ attempt, connection atomic.Int64 }

// requestKey finds the requestTrace in a dial's context: net/http hands values on even when it detaches the dial.
type requestKey struct{}

// requestTrace is what is known of one request.
type requestTrace struct {
	request int
	client  *client
	mu      sync.Mutex
	dials   []*dialTrace
	hasConn bool
	hasHead bool
}

// dialTrace is one call of DialContext: at most one lookup, then attempts, one or two under way at a time.
type dialTrace struct {
	mu        sync.Mutex
	ctx       context.Context
	returned  bool
	lookingUp bool
	open      []*attempt
	conn      *trackedConn
}

type attempt struct {
	id      int64
	address string
	ended   chan struct{}
}

// tracedDialer is the transport's DialContext.
type tracedDialer struct {
	client  *client
	dialer  *net.Dialer
	network string
}

func (d *tracedDialer) DialContext(ctx context.Context, _, address string) (net.Conn, error) {
	rt := ctx.Value(requestKey{}).(*requestTrace)
	dial := &dialTrace{ctx: ctx}
	rt.mu.Lock()
	rt.dials = append(rt.dials, dial)
	rt.mu.Unlock()
	conn, err := d.dialer.DialContext(httptrace.WithClientTrace(ctx, dial.hooks(rt)), d.network, address)
	dial.mu.Lock()
	defer dial.mu.Unlock()
	dial.returned = true
	if err != nil {
		return nil, err
	}
	dial.conn = &trackedConn{Conn: conn, id: d.client.ids.connection.Add(1), journal: d.client.journal, closed: make(chan struct{})}
	return dial.conn, nil
}

func (dial *dialTrace) hooks(rt *requestTrace) *httptrace.ClientTrace {
	j := rt.client.journal
	var host string
	var before int64
	return &httptrace.ClientTrace{
		DNSStart: func(info httptrace.DNSStartInfo) {
			dial.setLookingUp(true)
			host = info.Host
			before = rt.client.guard.queries.Load()
			j.emit("lookup-started", fields{"request": rt.request, "host": host})
		},
		DNSDone: func(info httptrace.DNSDoneInfo) {
			addresses := make([]string, 0, len(info.Addrs))
			for _, a := range info.Addrs {
				addresses = append(addresses, a.String())
			}
			f := fields{"request": rt.request, "host": host, "addresses": addresses}
			if info.Err != nil {
				f["error"] = clientError(info.Err, lookingUp)
			}
			dial.setLookingUp(false)
			j.emit("lookup-ended", f)
			// What another dial asked for just now came without a query of this one's own; cgo asks out of sight.
			asked := rt.client.guard.queries.Load() > before || info.Coalesced || rt.client.resolver == "cgo"
			rt.client.guard.checkLookup(host, info.Addrs, asked)
		},
		ConnectStart: func(_, address string) {
			a := &attempt{id: rt.client.ids.attempt.Add(1), address: address, ended: make(chan struct{})}
			dial.mu.Lock()
			dial.open = append(dial.open, a)
			dial.mu.Unlock()
			ip, port := split(address)
			j.emit("attempt-started", fields{"request": rt.request, "attempt": a.id, "address": ip, "port": port})
		},
		ConnectDone: func(_, address string, err error) {
			a := dial.take(address)
			if a == nil {
				return
			}
			f := fields{"attempt": a.id, "outcome": outcome(err)}
			if err != nil {
				f["message"] = err.Error()
			}
			j.emit("attempt-ended", f)
			close(a.ended)
		},
	}
}

// hooks of the request itself. GotConn comes once more each time that net/http repeats the request on its own.
func (rt *requestTrace) hooks() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn: func(string) { // a repeat waits for a connection again
			rt.mu.Lock()
			rt.hasConn = false
			rt.mu.Unlock()
		},
		GotConn: func(info httptrace.GotConnInfo) {
			conn := info.Conn.(*trackedConn)
			conn.used.Store(true)
			rt.mu.Lock()
			rt.hasConn = true
			rt.mu.Unlock()
			ip, port := split(conn.RemoteAddr().String())
			_, localPort := split(conn.LocalAddr().String())
			rt.client.journal.emit("connection-used", fields{
				"request": rt.request, "connection": conn.id, "reused": info.Reused,
				"address": ip, "port": port, "localPort": localPort,
			})
		},
	}
}

// phase says how far the request has come: what a timeout means depends on it.
func (rt *requestTrace) phase() phase {
	rt.mu.Lock()
	defer rt.mu.Unlock()
	switch {
	case rt.hasHead:
		return readingBody
	case rt.hasConn:
		return awaitingHead
	}
	for _, dial := range rt.dials {
		dial.mu.Lock()
		pending := dial.lookingUp
		dial.mu.Unlock()
		if pending {
			return lookingUp
		}
	}
	return connecting
}

// settle waits until every attempt that is already cancelled has said so, at most until the deadline: those of a dial
// that has returned (the loser of the two families) or whose context has ended. A dial that net/http goes on with in
// the background is not waited for.
func (rt *requestTrace) settle(deadline <-chan time.Time) {
	rt.mu.Lock()
	dials := append([]*dialTrace(nil), rt.dials...)
	rt.mu.Unlock()
	for _, dial := range dials {
		dial.mu.Lock()
		var open []*attempt
		if dial.returned || dial.ctx.Err() != nil {
			open = append(open, dial.open...)
		}
		dial.mu.Unlock()
		for _, a := range open {
			select {
			case <-a.ended:
			case <-deadline:
				return
			}
		}
	}
}

func (dial *dialTrace) setLookingUp(on bool) {
	dial.mu.Lock()
	dial.lookingUp = on
	dial.mu.Unlock()
}

// take removes the oldest open attempt at that address: an answer may name an address twice.
func (dial *dialTrace) take(address string) *attempt {
	dial.mu.Lock()
	defer dial.mu.Unlock()
	for i, a := range dial.open {
		if a.address == address {
			dial.open = append(dial.open[:i:i], dial.open[i+1:]...)
			return a
		}
	}
	return nil
}

// trackedConn reports its closing, whoever closes it: the pool, the read loop after the server's FIN, or an error.
type trackedConn struct {
	net.Conn
	id      int64
	journal *journal
	used    atomic.Bool
	once    sync.Once
	closed  chan struct{}
}

func (c *trackedConn) Close() error {
	err := c.Conn.Close()
	c.once.Do(func() {
		if c.used.Load() { // a connection that no request has used is no one's business
			c.journal.emit("connection-closed", fields{"connection": c.id})
		}
		close(c.closed)
	})
	return err
}

func split(address string) (string, int) {
	ip, port, _ := net.SplitHostPort(address)
	n, _ := strconv.Atoi(port)
	return ip, n
}
