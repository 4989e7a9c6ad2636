package caurisflux

// The members that decide, for the tests that change each member of an answer.
var (
	PaymentDecides = readPayment.Decides
	PayoutDecides  = readPayout.Decides
	MetaDecides    = readMeta.Decides
)
