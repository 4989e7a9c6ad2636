package lomi

import "strings"

// isOlder reports whether a [Config.Version] is of the generation before 1.2.0, in which
// six calls had other paths.
func isOlder(version string) bool {
	major, rest, _ := strings.Cut(version, ".")
	minor, _, _ := strings.Cut(rest, ".")
	return major == "0" || major == "1" && (minor == "0" || minor == "1")
}

// route chooses the path of a call that moved in API 1.2.0. Both have the same
// arguments in the same order.
func (c *Client) route(newer, older string) string {
	if c.sender() != nil && c.older {
		return older
	}
	return newer
}
