package config

// What package guichet lets the provider packages do to its values, and does not show
// to merchants. guichet sets both when it is initialised, which is before anything
// that imports it can call them.
var (
	// Apply applies a guichet.Option to the settings of a client.
	Apply func(option any, settings *Client) error
	// SetRaw says what Raw of a *guichet.Error returns. read is called when it is asked
	// for, because the answer takes work to make presentable.
	SetRaw func(err error, read func() []byte)
)
