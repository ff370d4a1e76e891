package main

import (
	"encoding/binary"
	"encoding/json"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// The little lab of these tests: a DNS server that knows one name, servers on real sockets, the client in this process.

// recorder is a journal's output, read back as events.
type recorder struct {
	mu     sync.Mutex
	events []map[string]any
	grown  chan struct{}
}

func (r *recorder) Write(line []byte) (int, error) {
	var e map[string]any
	if err := json.Unmarshal(line, &e); err != nil {
		return 0, err
	}
	r.mu.Lock()
	r.events = append(r.events, e)
	r.mu.Unlock()
	select {
	case r.grown <- struct{}{}:
	default:
	}
	return len(line), nil
}

func (r *recorder) all(event string) []map[string]any {
	r.mu.Lock()
	defer r.mu.Unlock()
	var found []map[string]any
	for _, e := range r.events {
		if e["event"] == event {
			found = append(found, e)
		}
	}
	return found
}

func (r *recorder) last() map[string]any {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.events[len(r.events)-1]
}

// waitFor waits until an event has come that often.
func (r *recorder) waitFor(event string, times int) {
	for len(r.all(event)) < times {
		<-r.grown
	}
}

func startClient(t *testing.T, settings map[string]any, answers ...string) (*client, *recorder) {
	t.Helper()
	r := &recorder{grown: make(chan struct{}, 1)}
	c, why := newClient(newJournal(r), settings, dnsServer{"127.0.0.1", serveDNS(t, answers)})
	if why != nil {
		t.Fatal(why.reason)
	}
	t.Cleanup(c.transport.CloseIdleConnections)
	return c, r
}

// serveDNS answers every name but those under `quiet.test` (silence) and `gone.test` (NXDOMAIN) with the addresses.
func serveDNS(t *testing.T, addresses []string) int {
	socket, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { socket.Close() })
	go func() {
		buffer := make([]byte, 1500)
		for {
			n, peer, err := socket.ReadFrom(buffer)
			if err != nil {
				return
			}
			end := 12
			for buffer[end] != 0 {
				end += int(buffer[end]) + 1
			}
			name, question := string(buffer[12:min(end, n)]), buffer[12:end+5]
			answer := append([]byte{buffer[0], buffer[1], 0x85, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, question...)
			switch {
			case strings.Contains(name, "quiet"):
				continue
			case strings.Contains(name, "gone"):
				answer[3] |= 3
			default:
				for _, address := range addresses {
					answer = appendRecord(answer, binary.BigEndian.Uint16(question[len(question)-4:]), net.ParseIP(address))
				}
			}
			socket.WriteTo(answer, peer)
		}
	}()
	return socket.LocalAddr().(*net.UDPAddr).Port
}

func appendRecord(answer []byte, queryType uint16, ip net.IP) []byte {
	data, recordType := []byte(ip.To4()), uint16(1)
	if data == nil {
		data, recordType = ip, 28
	}
	if recordType != queryType {
		return answer
	}
	answer[7]++
	answer = append(answer, 0xc0, 12, 0, byte(recordType), 0, 1, 0, 0, 0, 1, 0, byte(len(data)))
	return append(answer, data...)
}

// blackhole listens on the address and never accepts; with its accept queue full, Linux drops each further SYN.
func blackhole(t *testing.T, address string, port int) {
	t.Helper()
	family, at := syscall.AF_INET, syscall.Sockaddr(nil)
	if ip := net.ParseIP(address); ip.To4() != nil {
		at = &syscall.SockaddrInet4{Port: port, Addr: [4]byte(ip.To4())}
	} else {
		family, at = syscall.AF_INET6, &syscall.SockaddrInet6{Port: port, Addr: [16]byte(ip)}
	}
	fd, err := syscall.Socket(family, syscall.SOCK_STREAM, 0)
	if err == nil {
		t.Cleanup(func() { syscall.Close(fd) })
		syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1) // connections of an earlier server may be open
		if err = syscall.Bind(fd, at); err == nil {
			err = syscall.Listen(fd, 0)
		}
	}
	if err != nil {
		t.Skipf("cannot listen on %s: %v", address, err)
	}
	filler, err := syscall.Socket(family, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(filler) })
	if err := syscall.Connect(filler, at); err != nil {
		t.Fatal(err)
	}
}
