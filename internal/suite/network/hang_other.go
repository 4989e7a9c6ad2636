//go:build !linux

package network

import (
	"context"
	"net"
)

// hanging returns a dialer that never connects: only on Linux is it known how to
// make the kernel do that.
func hanging() (address string, dial dialer, release func()) {
	return "http://127.0.0.1:1", func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}, func() {}
}
