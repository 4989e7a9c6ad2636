package lomi

import "github.com/guichetpay/guichet/internal/strictjson"

// referenceKey is the member of the metadata that holds the merchant's reference.
const referenceKey = "order_id"

// metadata is what is read of an object's metadata. Nobody promises that it is an
// object, and of another kind it names no reference.
type metadata struct {
	Reference strictjson.Loose `json:"order_id"`
}

var readMetadata = strictjson.Deciding[metadata]("order_id")

// readText reads metadata that comes as a text, which holds the object as JSON. A
// reference that it has twice, or that is no text, is not guessed.
func (m *metadata) readText(v strictjson.Value) error {
	if v.Kind() != strictjson.Text {
		return nil
	}
	doc, err := v.Inner()
	if err == strictjson.ErrTwice {
		return errMetadata
	}
	if err != nil { // text for people
		return nil
	}
	defer doc.Release()
	if doc.Root().Kind() != strictjson.Object {
		return nil
	}
	if err := readMetadata.Read(doc.Root(), m); err != nil {
		return errMetadata
	}
	return nil
}

const errMetadata = strictjson.Problem("has metadata in which order_id cannot be read")
