// Command go is Go's net/http as a client under test: it reads commands on standard input and writes what happens to
// its requests on standard output, one JSON object a line (clients/README.md is the protocol).
//
// Read it to learn how a Go program sees failover: transport.go has the knobs, trace.go the moments that
// net/http/httptrace shows, errors.go what an error means, request.go how one request goes from start to end.
//
// The directive below keeps net/http at the behaviour of the Go that builds it. Without it the `go` line of go.mod,
// which only says how old a Go will do, would set dozens of newer defaults back (GODEBUG, among them how timers and
// the resolver work). "go1" is older than every setting, and none is then set back: main_test.go watches that.
//
//go:debug default=go1
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"
	"time"
)

// command is every field of every command; `Command` says which of them count.
type command struct {
	Command   string         `json:"command"`
	Settings  map[string]any `json:"settings"`
	DNSServer dnsServer      `json:"dnsServer"`
	Request   int            `json:"request"`
	URL       string         `json:"url"`
	Method    string         `json:"method"`
	TimeoutMs int            `json:"timeoutMs"`
	Fresh     bool           `json:"fresh"`
}

type dnsServer struct {
	Address string `json:"address"`
	Port    int    `json:"port"`
}

// fields of an event beside its name and time.
type fields map[string]any

// journal writes events. The time is taken under the lock, so that the lines are in the order of their times.
type journal struct {
	mu    sync.Mutex
	out   io.Writer
	start time.Time
}

func newJournal(out io.Writer) *journal {
	return &journal{out: out, start: time.Now()}
}

// emit writes one event in one write, held back by nothing.
func (j *journal) emit(event string, f fields) {
	rest, err := json.Marshal(f)
	if err != nil {
		die("cannot write the event %s: %v", event, err)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	// Wall-clock time of the start plus the monotonic clock since: never steps back.
	atUs := j.start.UnixMicro() + time.Since(j.start).Microseconds()
	if _, err := fmt.Fprintf(j.out, "{\"event\":%q,\"atUs\":%d,%s\n", event, atUs, rest[1:]); err != nil {
		os.Exit(0) // the lab is gone
	}
}

func main() {
	commands := make(chan command, 1024)
	go carryOut(commands)
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if len(lines.Bytes()) == 0 {
			continue
		}
		var c command
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			die("cannot read the command %q: %v", lines.Text(), err)
		}
		commands <- c
	}
	os.Exit(0) // standard input is closed: nothing outlives the lab, not even a request under way
}

// carryOut does the commands in their order, one at a time, while main keeps watching standard input.
func carryOut(commands <-chan command) {
	j := newJournal(os.Stdout)
	var c *client
	for next := range commands {
		switch {
		case next.Command == "start" && c == nil:
			started, why := newClient(j, next.Settings, next.DNSServer)
			if why != nil {
				f := fields{"reason": why.reason}
				if why.remedy != "" {
					f["remedy"] = why.remedy
				}
				j.emit("unable", f)
				os.Exit(1)
			}
			c = started
			warmUp()
			j.emit("ready", fields{"client": "go", "version": runtime.Version(), "resolver": c.resolver})
		case next.Command == "request" && c != nil:
			c.request(next)
		default:
			die("command %q cannot come here: the first is \"start\", then each is a \"request\"", next.Command)
		}
	}
}

func die(format string, args ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", args...)
	os.Exit(1)
}
