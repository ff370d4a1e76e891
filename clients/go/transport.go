package main

import (
	"context"
	"fmt"
	"math"
	"net"
	"net/http"
	"os"
	"sort"
	"strconv"
	"strings"
	"time"
)

// settings are the knobs of Go's client that decide how it fails over. The zero of each comes from defaults():
// exactly what http.DefaultTransport does, so a scenario without settings shows what http.Get does.
type settings struct {
	resolver string // go: Go's own, keeps the order of A records; cgo: the C library's getaddrinfo, sorts them
	network  string // tcp: both families; tcp4, tcp6: one, and only its record type is asked for
	// fallbackDelay is RFC 8305's Connection Attempt Delay between the two families only; within a family Go goes on
	// when an address fails or has used up its share of dialTimeout. 0 is Go's default (300ms), negative is "off".
	fallbackDelay time.Duration
	dialTimeout   time.Duration // lookup and every attempt of one dial together
}

// knob reads one setting's value into the settings or the transport.
type knob func(value any, s *settings, t *http.Transport) error

var knobs = map[string]knob{
	"resolver":                oneOf(func(s *settings) *string { return &s.resolver }, "go", "cgo"),
	"network":                 oneOf(func(s *settings) *string { return &s.network }, "tcp", "tcp4", "tcp6"),
	"fallback_delay":          duration(func(s *settings, _ *http.Transport) *time.Duration { return &s.fallbackDelay }, true),
	"dial_timeout":            duration(func(s *settings, _ *http.Transport) *time.Duration { return &s.dialTimeout }, false),
	"idle_conn_timeout":       duration(func(_ *settings, t *http.Transport) *time.Duration { return &t.IdleConnTimeout }, false),
	"response_header_timeout": duration(func(_ *settings, t *http.Transport) *time.Duration { return &t.ResponseHeaderTimeout }, false),
	"max_idle_conns":          count(func(t *http.Transport) *int { return &t.MaxIdleConns }),
	"max_idle_conns_per_host": count(func(t *http.Transport) *int { return &t.MaxIdleConnsPerHost }),
	"max_conns_per_host":      count(func(t *http.Transport) *int { return &t.MaxConnsPerHost }),
	"keep_alive": func(value any, _ *settings, t *http.Transport) error {
		on, ok := value.(bool)
		if !ok {
			return fmt.Errorf("is true or false")
		}
		t.DisableKeepAlives = !on
		return nil
	},
}

// inability is the answer to a start command that cannot be carried out.
type inability struct{ reason, remedy string }

// client is the program under test: one transport, hence one connection pool, for its whole life.
type client struct {
	journal   *journal
	resolver  string
	transport *http.Transport
	dialer    *tracedDialer
	guard     *guard
	ids       ids
}

func newClient(j *journal, given map[string]any, dns dnsServer) (*client, *inability) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = nil // a proxy would take the request elsewhere
	s := settings{resolver: "go", network: "tcp", dialTimeout: 30 * time.Second}
	for _, name := range sortedKeys(given) {
		set, known := knobs[name]
		if !known {
			return nil, &inability{fmt.Sprintf("the Go client has no setting %q", name), fmt.Sprintf("Did you mean %q? Known: %s.", nearest(name), strings.Join(sortedKeys(knobs), ", "))}
		}
		if err := set(given[name], &s, transport); err != nil {
			return nil, &inability{fmt.Sprintf("the Go client's setting %s %v, not %v", name, err, given[name]), ""}
		}
	}
	guard := newGuard(j)
	resolver, why := s.newResolver(dns, guard)
	if why != nil {
		return nil, why
	}
	c := &client{journal: j, resolver: s.resolver, transport: transport, guard: guard}
	c.dialer = &tracedDialer{client: c, network: s.network, dialer: &net.Dialer{
		Timeout:       s.dialTimeout,
		KeepAlive:     30 * time.Second, // as in http.DefaultTransport
		FallbackDelay: s.fallbackDelay,
		Resolver:      resolver,
		Control:       guard.control,
	}}
	transport.DialContext = c.dialer.DialContext
	return c, nil
}

// newResolver gives the resolver that was asked for, or says why it cannot be had: a Go binary without cgo would
// otherwise use Go's own resolver without a word.
func (s *settings) newResolver(dns dnsServer, guard *guard) (*net.Resolver, *inability) {
	at := net.JoinHostPort(dns.Address, strconv.Itoa(dns.Port))
	standard := at == "127.0.0.1:53"
	if s.resolver == "cgo" {
		switch {
		case !hasCgo:
			return nil, &inability{"this Go client was built without cgo, so it has only Go's own resolver", "Install a C compiler and build it again with CGO_ENABLED=1."}
		case !standard:
			return nil, &inability{fmt.Sprintf("the C library's resolver asks the servers of /etc/resolv.conf on port 53; it cannot be sent to %s", at), "Use a runtime in which DNS is at 127.0.0.1:53: --runtime netns or docker."}
		}
		forceResolver("cgo")
		return &net.Resolver{Dial: func(context.Context, string, string) (net.Conn, error) {
			return nil, fmt.Errorf("Go's own resolver ran although cgo was asked for") // only Go's resolver dials
		}}, nil
	}
	if standard {
		return &net.Resolver{PreferGo: true, Dial: guard.resolverDial("")}, nil // reads /etc/resolv.conf as any Go program does
	}
	return &net.Resolver{PreferGo: true, Dial: guard.resolverDial(at)}, nil
}

// GODEBUG=netdns is read at the first lookup. Other settings of the variable stay.
func forceResolver(name string) {
	os.Setenv("GODEBUG", strings.TrimPrefix(os.Getenv("GODEBUG")+",netdns="+name, ","))
}

func oneOf(field func(*settings) *string, words ...string) knob {
	return func(value any, s *settings, _ *http.Transport) error {
		for _, word := range words {
			if value == word {
				*field(s) = word
				return nil
			}
		}
		return fmt.Errorf("is one of %s", strings.Join(words, ", "))
	}
}

func duration(field func(*settings, *http.Transport) *time.Duration, negative bool) knob {
	return func(value any, s *settings, t *http.Transport) error {
		text, _ := value.(string)
		d, err := time.ParseDuration(text)
		if err != nil {
			return fmt.Errorf("is a duration with its unit, such as \"300ms\"")
		}
		if d < 0 && !negative {
			return fmt.Errorf("is not negative")
		}
		*field(s, t) = d
		return nil
	}
}

func count(field func(*http.Transport) *int) knob {
	return func(value any, _ *settings, t *http.Transport) error {
		n, ok := value.(float64) // every JSON number
		if !ok || n != math.Trunc(n) || n < 0 || n > math.MaxInt32 {
			return fmt.Errorf("is a whole number from 0")
		}
		*field(t) = int(n)
		return nil
	}
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}
