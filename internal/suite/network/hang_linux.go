package network

import (
	"net"
	"syscall"
)

// hanging returns an address where a connection is never made: the queue of its
// listener is full, so that the kernel drops what comes after.
func hanging() (address string, dial dialer, release func()) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic("network: no loopback port: " + err.Error())
	}
	raw, err := l.(*net.TCPListener).SyscallConn()
	if err == nil {
		err = raw.Control(func(fd uintptr) { _ = syscall.Listen(int(fd), 0) })
	}
	if err != nil {
		panic("network: no short queue: " + err.Error())
	}
	first, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		panic("network: the queue is too short: " + err.Error())
	}
	return "http://" + l.Addr().String(), nil, func() {
		first.Close()
		l.Close()
	}
}
