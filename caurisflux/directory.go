package caurisflux

const (
	providersRoute = "/payments/providers"
	countriesRoute = "/countries/active"
	healthRoute    = "/health"
)
