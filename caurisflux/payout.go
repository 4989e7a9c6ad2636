package caurisflux

// typePayout is the type of a payout in the answer to a status.
const typePayout = "payout"
