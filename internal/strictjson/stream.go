package strictjson

import (
	"bytes"
	"io"
)

// MaxItem is how many bytes one item of a streamed array may have, with the blanks
// before it.
const MaxItem = 1 << 20

// firstChunk is what is read of a stream at first: some tens of items.
const firstChunk = 32 << 10

// Stream reads a top-level array as it arrives and calls each with one item at a
// time, which is gone after the call. Only what has been read and not yet taken
// apart is held in memory.
//
// The array may turn out to be malformed or cut short after items have been
// delivered: what was gathered from them counts only if Stream returns nil. Errors
// of r and of each come back as they are.
func Stream(r io.Reader, each func(item Value) error) error {
	s := stream{r: r, buffer: make([]byte, 0, firstChunk)}
	err := s.array(each)
	if s.err != nil && s.err != io.EOF {
		return s.err
	}
	return err
}

type stream struct {
	r      io.Reader
	buffer []byte
	at     int   // what stands before has been taken apart
	err    error // of r: nothing more comes
	doc    Document
}

// more reads on. It fills the buffer, so that a sender who drips single bytes does
// not have each of them start the work on an item anew.
func (s *stream) more() error {
	if s.err != nil {
		return ErrCut
	}
	if s.at == 0 && len(s.buffer) == cap(s.buffer) && cap(s.buffer) > 0 {
		if len(s.buffer) >= MaxItem {
			return ErrItemSize
		}
		s.buffer = append(make([]byte, 0, 2*cap(s.buffer)), s.buffer...)
	}
	s.buffer = s.buffer[:copy(s.buffer, s.buffer[s.at:])]
	s.at = 0
	for idle := 0; len(s.buffer) < cap(s.buffer) && s.err == nil; idle++ {
		var n int
		n, s.err = s.r.Read(s.buffer[len(s.buffer):cap(s.buffer)])
		s.buffer = s.buffer[:len(s.buffer)+n]
		if n > 0 {
			idle = 0
		}
		if idle == 100 {
			s.err = io.ErrNoProgress
		}
	}
	return nil
}

// sign returns the next byte that is not blank, without taking it. Blanks stay in
// the buffer until something follows them, so that no more of them can come than an
// item has room for.
func (s *stream) sign() (byte, error) {
	for {
		if i := skipBlanks(s.buffer, s.at); i < len(s.buffer) {
			s.at = i
			return s.buffer[i], nil
		}
		if err := s.more(); err != nil {
			return 0, err
		}
	}
}

func (s *stream) array(each func(item Value) error) error {
	if err := s.more(); err != nil {
		return err
	}
	if bytes.HasPrefix(s.buffer, bom) {
		s.at = len(bom)
	}
	c, err := s.sign()
	switch {
	case err == ErrCut:
		return ErrEmpty
	case err != nil:
		return err
	case c == '<':
		return ErrHTML
	case c != '[':
		return ErrNoArray
	}
	s.at++
	for first := true; ; first = false {
		c, err := s.sign()
		if err != nil {
			return err
		}
		if c == ']' {
			s.at++
			return s.end()
		}
		if !first {
			if c != ',' {
				return ErrSyntax
			}
			s.at++
			if _, err := s.sign(); err != nil {
				return err
			}
		}
		if err := s.item(each); err != nil {
			return err
		}
	}
}

// end makes sure that nothing but blanks follows the array.
func (s *stream) end() error {
	switch _, err := s.sign(); err {
	case nil:
		return ErrTrailing
	case ErrCut:
		return nil
	default:
		return err
	}
}

// item reads one item. It starts over with more of the stream where the item does
// not end in what has been read: an item that is cut in two is rare, and short.
func (s *stream) item(each func(item Value) error) error {
	for {
		s.doc.data = s.buffer[s.at:]
		end, err := s.doc.parse()
		if err == nil && end < len(s.doc.data) {
			s.at += end
			return each(s.doc.Root())
		}
		if err != nil && err != ErrCut {
			return err
		}
		// Even a number that reads well goes on, perhaps, in what has not come yet.
		if err := s.more(); err != nil {
			return err
		}
	}
}
