package contract

import (
	"fmt"
	"net"
	"net/http"
	"time"
)

// socketServer is a real server on loopback, for what memory cannot show.
type socketServer struct {
	*http.Server
	URL string
}

func newSocketServer(handle http.HandlerFunc) *socketServer {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(fmt.Sprintf("contract: no loopback port: %v", err))
	}
	s := &socketServer{&http.Server{Handler: handle, ReadHeaderTimeout: 10 * time.Second}, "http://" + l.Addr().String()}
	go s.Serve(l)
	return s
}

// Nobody returns the URL of an address where connections are refused, and that no
// other process can take meanwhile: it belongs to an outgoing connection. A port
// that was merely closed may be another test's server a moment later.
func Nobody() (url string, release func()) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(fmt.Sprintf("contract: no loopback port: %v", err))
	}
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		panic(fmt.Sprintf("contract: no loopback connection: %v", err))
	}
	return "http://" + conn.LocalAddr().String(), func() {
		conn.Close()
		l.Close()
	}
}
