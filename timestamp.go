package guichet

import (
	"encoding/json"
	"strings"
	"time"
)

// Timestamp is a time as a provider wrote it. Providers disagree on the form,
// and a payment must not be lost over a date, so a text that cannot be read
// leaves Time zero and stays in Text; null and "" leave both empty. One that UTC
// moves out of the years 0 to 9999 counts as unreadable: time.Time refuses to write
// it as JSON, and a payment that cannot be stored is one that is lost.
type Timestamp struct {
	Time time.Time // zero: absent or unreadable; UTC when the text names no zone
	Text string    // verbatim
}

// timestampLayouts are the forms that the providers use, by what stands behind the
// date. Each one that does not fit costs an error, and a hostile list has many dates.
var timestampLayouts = map[byte][]string{
	'T': {
		time.RFC3339Nano,
		"2006-01-02T15:04:05.999999999Z0700",
		"2006-01-02T15:04:05.999999999",
	},
	' ': {
		"2006-01-02 15:04:05.999999999Z07", // LigdiCash: "2026-05-09 07:20:23+00"
		"2006-01-02 15:04:05.999999999Z07:00",
		"2006-01-02 15:04:05.999999999",
	},
	0: {time.DateOnly},
}

// ParseTimestamp reads text in any of the forms that the providers use.
func ParseTimestamp(text string) Timestamp {
	trimmed := strings.TrimSpace(text)
	var behind byte
	switch date := len(time.DateOnly); {
	case len(trimmed) < date:
		return Timestamp{Text: text}
	case len(trimmed) > date:
		behind = trimmed[date]
	}
	for _, layout := range timestampLayouts[behind] {
		t, err := time.Parse(layout, trimmed)
		if t = t.UTC(); err == nil && t.Year() >= 0 && t.Year() <= 9999 {
			return Timestamp{Time: t, Text: text}
		}
	}
	return Timestamp{Text: text}
}

// UnmarshalJSON never fails on well-formed JSON; see Timestamp.
func (t *Timestamp) UnmarshalJSON(data []byte) error {
	*t = Timestamp{}
	if len(data) == 0 || string(data) == "null" {
		return nil
	}
	text := string(data)
	if data[0] == '"' {
		if err := json.Unmarshal(data, &text); err != nil {
			return err
		}
	}
	*t = ParseTimestamp(text)
	return nil
}

// MarshalJSON writes the text as the provider wrote it, else the time in RFC
// 3339, else null.
func (t Timestamp) MarshalJSON() ([]byte, error) {
	switch {
	case t.Time.IsZero() && t.Text == "":
		return []byte("null"), nil
	case t.Text == "":
		return t.Time.MarshalJSON()
	}
	return json.Marshal(t.Text)
}

// IsZero reports whether the timestamp is absent.
func (t Timestamp) IsZero() bool { return t.Time.IsZero() && t.Text == "" }

// String returns the text, or the time in RFC 3339.
func (t Timestamp) String() string {
	if t.Text != "" || t.Time.IsZero() {
		return t.Text
	}
	return t.Time.Format(time.RFC3339Nano)
}
