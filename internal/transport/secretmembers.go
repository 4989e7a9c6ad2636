package transport

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/guichetpay/guichet/internal/redact"
)

// secretMembersAt finds the texts of the members that SecretMembers names, in text
// that need not be JSON as a whole. They end where the text does, if it was cut there. Every byte is
// looked at a few times and no more: an answer made of such names alone must not
// cost a machine a second each, as it would with a regular expression.
func (c *Client) secretMembersAt(body []byte) (found [][2]int) {
	if len(c.SecretMembers) == 0 {
		return nil
	}
	for at := 0; ; {
		quote := bytes.IndexByte(body[at:], '"')
		if quote < 0 {
			return found
		}
		at += quote + 1
		i := slices.IndexFunc(c.SecretMembers, func(name string) bool {
			return len(body)-at > len(name) && body[at+len(name)] == '"' && strings.EqualFold(string(body[at:at+len(name)]), name)
		})
		if i < 0 {
			continue
		}
		after := at + len(c.SecretMembers[i]) + 1
		value, isMember := bytes.CutPrefix(bytes.TrimLeft(body[after:], blanks), []byte(":"))
		value, isText := bytes.CutPrefix(bytes.TrimLeft(value, blanks), []byte(`"`))
		if !isMember || !isText {
			continue
		}
		start := len(body) - len(value)
		for at = start; at < len(body) && body[at] != '"'; at++ {
			if body[at] == '\\' {
				at++
			}
		}
		at = min(at, len(body))
		found = append(found, [2]int{start, at})
	}
}

// blanks may stand around the colon of a member.
const blanks = " \t\r\n"

// mostSecretMembers bounds the work that an answer full of secrets could ask for.
const mostSecretMembers = 8

// secretsIn returns the secrets that the provider has made up, because its message
// may repeat them.
func (c *Client) secretsIn(body []byte) (secrets []string) {
	for _, at := range c.secretMembersAt(body) {
		var plain string
		if json.Unmarshal(slices.Concat([]byte(`"`), body[at[0]:at[1]], []byte(`"`)), &plain) != nil || slices.Contains(secrets, plain) {
			continue
		}
		if secrets = append(secrets, plain); len(secrets) == mostSecretMembers {
			break
		}
	}
	return secrets
}

// withoutSecretMembers removes all of them from where they stand. The result shares
// no memory with body.
func (c *Client) withoutSecretMembers(body []byte) []byte {
	var out []byte
	done := 0
	for _, at := range c.secretMembersAt(body) {
		out = append(append(out, body[done:at[0]]...), redact.Marker...)
		done = at[1]
	}
	return append(out, body[done:]...)
}
