package conformance

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
		panic(fmt.Sprintf("conformance: no loopback port: %v", err))
	}
	s := &socketServer{&http.Server{Handler: handle, ReadHeaderTimeout: 10 * time.Second}, "http://" + l.Addr().String()}
	go s.Serve(l)
	return s
}
