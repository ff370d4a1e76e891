//go:build cgo && !netgo

package main

// The C library's resolver is compiled in. `netgo` is the tag that leaves it out even where cgo is there.
const hasCgo = true
