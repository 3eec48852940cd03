package main

import (
	"context"
	"net"
	"runtime"
	"time"
)

// resolver reads /etc/resolv.conf itself: a static binary has no other.
var resolver = &net.Resolver{PreferGo: true}

// burn keeps one processor busy for d, or until ctx ends.
func burn(ctx context.Context, d time.Duration) {
	end := time.Now().Add(d)
	for x := uint32(1); ctx.Err() == nil && time.Now().Before(end); {
		for range 10_000 {
			x = x*1664525 + 1013904223
		}
		if x == 0 {
			runtime.Gosched()
		}
	}
}

// page is at most the size of a page of memory.
const page = 4096

// allocate takes memory and writes to all of it, a megabyte at a time, so that
// it counts.
func allocate(megabytes int) [][]byte {
	taken := make([][]byte, 0, megabytes)
	for range megabytes {
		block := make([]byte, 1<<20)
		for i := 0; i < len(block); i += page {
			block[i] = 1
		}
		taken = append(taken, block)
	}
	return taken
}

// keep holds on to memory until it is called.
func keep(taken [][]byte) { runtime.KeepAlive(taken) }
