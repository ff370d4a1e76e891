package main

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
)

// warmUp makes the first request of a scenario as quick as the later ones: it goes once through net/http's whole path
// over a pipe inside the process. No lookup, no packet, nothing that a capture or a server could see.
func warmUp() {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = nil
	transport.DialContext = func(context.Context, string, string) (net.Conn, error) {
		here, there := net.Pipe()
		go func() {
			defer there.Close()
			if _, err := http.ReadRequest(bufio.NewReader(there)); err == nil {
				io.WriteString(there, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
			}
		}()
		return here, nil
	}
	for i := 0; i < 3; i++ {
		if res, err := (&http.Client{Transport: transport, Timeout: 0}).Get("http://127.0.0.1/"); err == nil {
			io.Copy(io.Discard, res.Body)
			res.Body.Close()
		}
	}
	transport.CloseIdleConnections()
	if socket, err := net.Dial("udp", "127.0.0.1:9"); err == nil { // connecting UDP sends nothing; it starts Go's poller
		socket.Close()
	}
}
