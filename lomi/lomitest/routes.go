package lomitest

import "net/http"

// routes are the API. A path that it does not have is answered as lomi. does.
func (s *Server) routes() *http.ServeMux {
	mux := http.NewServeMux()
	s.paymentRoutes(mux)
	s.chargeRoutes(mux)
	s.payoutRoutes(mux)
	s.catalogueRoutes(mux)
	s.webhookRoutes(mux)
	mux.HandleFunc("/", s.endpoint(noKey, nil, noRoute))
	return mux
}

// only serves h in the generation that has it.
func only(g Generation, h handler) handler {
	return func(c *call) Answer {
		if c.s.generation != g {
			return noRoute(c)
		}
		return h(c)
	}
}

func noRoute(c *call) Answer {
	return refuse(c, http.StatusNotFound, "not_found", "Cannot "+c.r.Method+" "+c.r.URL.Path, "Not Found")
}
