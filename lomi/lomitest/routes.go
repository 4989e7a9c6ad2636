package lomitest

import "net/http"

// routes are the API. A path that it does not have is answered as lomi. does.
func (s *Server) routes() *http.ServeMux {
	mux := http.NewServeMux()
	s.paymentRoutes(mux)
	mux.HandleFunc("/", s.endpoint(noKey, nil, noRoute))
	return mux
}
