package lomi

import "github.com/guichetpay/guichet/internal/strictjson"

// referenceKey is the member of the metadata that holds the merchant's reference.
const referenceKey = "order_id"

// metadata is what is read of an object's metadata. lomi. does not promise that it is
// an object; metadata of another kind names no reference.
type metadata struct {
	Reference strictjson.Loose `json:"order_id"`
}

var readMetadata = strictjson.Deciding[metadata]("order_id")

// readText reads metadata that comes as a text with the object in it as JSON. One that
// has order_id twice, or not as a text or number, is an error.
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
