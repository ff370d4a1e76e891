package main

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
)

// Nothing leaves this machine, and DNS is what was asked. Go's own resolver obeys /etc/hosts where the runtime does not
// replace that file, and a redirect can name any address. A run that meets either shows nothing, so the client says
// `unable`, with what the user has to change, and ends before a packet is sent.

const hostsFile = "/etc/hosts"

type guard struct {
	journal *journal
	queries atomic.Int64 // sockets that Go's own resolver has opened to ask
	end     func()       // ends the process
}

func newGuard(j *journal) *guard {
	return &guard{journal: j, end: func() { os.Exit(1) }}
}

// control is net.Dialer.Control of every socket: it runs after the socket is made and before it connects.
func (g *guard) control(_, address string, _ syscall.RawConn) error {
	if at, err := netip.ParseAddrPort(address); err == nil && at.Addr().Unmap().IsLoopback() {
		return nil
	}
	g.refuse(
		fmt.Sprintf("it is sent to %s, which is not a loopback address, and connects to no other", address),
		"Find what names that address: a redirect (Location), or a nameserver of /etc/resolv.conf.",
	)
	return fmt.Errorf("%s is not a loopback address", address)
}

// resolverDial is the Dial of Go's own resolver; `at` is where it asks, if not at the server that /etc/resolv.conf names.
func (g *guard) resolverDial(at string) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		g.queries.Add(1)
		if at != "" {
			address = at
		}
		return (&net.Dialer{Control: g.control}).DialContext(ctx, network, address)
	}
}

// checkLookup refuses addresses that are not this machine's, and, with Go's own resolver, those that no query brought.
func (g *guard) checkLookup(host string, addresses []net.IPAddr, asked bool) {
	outside := ""
	for _, a := range addresses {
		if !a.IP.IsLoopback() {
			outside = a.IP.String()
			break
		}
	}
	number, line := hostsLine(host)
	switch {
	case len(addresses) == 0 || asked && outside == "":
		return
	case line != "" && (!asked || strings.Contains(line, outside)):
		g.refuse(
			fmt.Sprintf("line %d of %s, \"%s\", answers for %s, so that the lab's DNS server does not", number, hostsFile, line, host),
			"Delete that line, or use a runtime with a hosts file of its own: --runtime netns.",
		)
	case outside != "":
		g.refuse(
			fmt.Sprintf("%s leads to %s, which is not a loopback address, and it connects to no other", host, outside),
			"Find what gives it that address: a DNS server, or a source that /etc/nsswitch.conf names before DNS.",
		)
	default:
		g.refuse(
			fmt.Sprintf("it got the addresses of %s without asking the lab's DNS server", host),
			fmt.Sprintf("See what %s and /etc/nsswitch.conf say of it, or use --runtime netns, which has its own.", hostsFile),
		)
	}
}

func (g *guard) refuse(reason, remedy string) {
	g.journal.emit("unable", fields{"reason": reason, "remedy": remedy})
	fmt.Fprintf(os.Stderr, "%s. %s\n", reason, strings.TrimSuffix(remedy, ".")) // the lab goes on after it
	g.end()
}

// hostsLine gives the first line of the hosts file that names the host, as hosts(5) has it.
func hostsLine(host string) (int, string) {
	content, err := os.ReadFile(hostsFile)
	if err != nil {
		return 0, ""
	}
	for i, line := range strings.Split(string(content), "\n") {
		words, _, _ := strings.Cut(line, "#")
		for j, word := range strings.Fields(words) {
			if j > 0 && strings.EqualFold(strings.TrimSuffix(word, "."), strings.TrimSuffix(host, ".")) {
				return i + 1, strings.Join(strings.Fields(words), " ")
			}
		}
	}
	return 0, ""
}
