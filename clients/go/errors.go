package main

import (
	"context"
	"errors"
	"io"
	"net"
	"syscall"
)

// What an error of net/http means, found by type (errors.As) and value (errors.Is). Go's texts change between
// versions; its types do not.

// phase is how far a request had come when it failed.
type phase int

const (
	lookingUp phase = iota
	connecting
	awaitingHead
	readingBody
)

// clientError is the `error` of an event.
func clientError(err error, at phase) fields {
	f := fields{"kind": kind(err, at), "message": err.Error()}
	var number syscall.Errno
	if errors.As(err, &number) {
		if name, known := errnoNames[number]; known {
			f["code"] = name
		}
	}
	return f
}

func kind(err error, at phase) string {
	var dns *net.DNSError
	if errors.As(err, &dns) {
		switch {
		case dns.IsNotFound:
			return "name-not-found"
		case dns.IsTimeout:
			return "dns-timeout"
		}
		return "dns-failure" // SERVFAIL and its kin, or no server reached
	}
	var address *net.AddrError
	switch {
	case errors.As(err, &address): // "no suitable address": a literal of the family that was not asked for
		return "name-not-found"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection-refused"
	case errors.Is(err, syscall.ECONNRESET):
		return "reset"
	case isUnreachable(err):
		return "unreachable"
	case isTimeout(err):
		// The same "deadline exceeded", whatever the client was waiting for: the phase tells.
		switch at {
		case lookingUp:
			return "dns-timeout"
		case connecting:
			return "connect-timeout"
		}
		return "response-timeout"
	case at == readingBody && errors.Is(err, io.ErrUnexpectedEOF):
		return "body-incomplete"
	case at == awaitingHead && (errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.EPIPE)):
		return "closed" // FIN where the head of the response should be
	}
	return "other"
}

// outcome of one attempt. Go gives an attempt up when the other family has connected (cancelled) or when the
// attempt's share of the dial timeout is over; only ETIMEDOUT is the kernel's own verdict.
func outcome(err error) string {
	switch {
	case err == nil:
		return "connected"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refused"
	case errors.Is(err, syscall.ECONNRESET):
		return "reset"
	case isUnreachable(err):
		return "unreachable"
	case errors.Is(err, syscall.ETIMEDOUT):
		return "timed_out"
	case errors.Is(err, context.Canceled), isTimeout(err):
		return "given_up"
	}
	return "failed"
}

func isTimeout(err error) bool {
	var timeout interface{ Timeout() bool }
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()
}

// isUnreachable: EADDRNOTAVAIL is what `connect` says for ::1 where the loopback interface has no IPv6 address.
func isUnreachable(err error) bool {
	for _, number := range []syscall.Errno{syscall.EHOSTUNREACH, syscall.ENETUNREACH, syscall.EADDRNOTAVAIL, syscall.EHOSTDOWN, syscall.ENETDOWN} {
		if errors.Is(err, number) {
			return true
		}
	}
	return false
}

var errnoNames = map[syscall.Errno]string{
	syscall.ECONNREFUSED: "ECONNREFUSED", syscall.ECONNRESET: "ECONNRESET", syscall.ECONNABORTED: "ECONNABORTED",
	syscall.EHOSTUNREACH: "EHOSTUNREACH", syscall.ENETUNREACH: "ENETUNREACH", syscall.EADDRNOTAVAIL: "EADDRNOTAVAIL",
	syscall.EHOSTDOWN: "EHOSTDOWN", syscall.ENETDOWN: "ENETDOWN", syscall.ETIMEDOUT: "ETIMEDOUT", syscall.EPIPE: "EPIPE",
	syscall.EACCES: "EACCES", syscall.EPERM: "EPERM",
}
