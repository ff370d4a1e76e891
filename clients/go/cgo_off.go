//go:build !cgo || netgo

package main

const hasCgo = false
