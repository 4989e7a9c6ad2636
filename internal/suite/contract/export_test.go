package contract

// What the self-test of the suite needs.
var (
	Behaviours = behaviours
	Check      = check
)

// LookTwice has Left give up soon, where goroutines are left on purpose.
func LookTwice() (undo func()) {
	before := patience
	patience = 2
	return func() { patience = before }
}
