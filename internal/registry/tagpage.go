package registry

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"io"
)

var (
	errNoTagList   = errors.New("the response is not a list of tags")
	errTooManyTags = errors.New("the list has too many tags")
)

// maxText is the maximum size of a key or a tag in a page, in bytes of JSON. A tag has at
// most 128 characters.
const maxText = 4 << 10

// tagPage reads one page of a tag list, which is a JSON object with the list "tags". Some
// registries add large values of other keys. A json.Decoder keeps a skipped value in memory,
// or is slow if the value consists of many small values. tagPage skips a value byte by byte,
// and keeps only the current key or tag.
type tagPage struct{ in *bufio.Reader }

// decode calls the function "add" for each tag. A page that is not complete is an error,
// because its end could be lost.
func (p tagPage) decode(add func(string) error) error {
	if c, err := p.next(); err != nil || c != '{' {
		return cmp.Or(err, errNoTagList)
	}
	for {
		switch c, err := p.next(); {
		case err != nil:
			return err
		case c == '}':
			return nil
		case c == ',':
			continue
		case c != '"':
			return errNoTagList
		}
		if err := p.member(add); err != nil {
			return err
		}
	}
}

// member reads one key, after its first quote, and the value of the key.
func (p tagPage) member(add func(string) error) error {
	key, err := p.text()
	if err != nil {
		return err
	}
	if c, err := p.next(); err != nil || c != ':' {
		return cmp.Or(err, errNoTagList)
	}
	first, err := p.next()
	switch {
	case err != nil:
		return err
	case key != "tags":
		return p.skip(first)
	case first == 'n': // Some registries send null instead of the list after the last page.
		return p.skip(first)
	case first != '[':
		return errNoTagList
	}
	return p.list(add)
}

// list reads a list of strings, after its opening bracket.
func (p tagPage) list(add func(string) error) error {
	for {
		switch c, err := p.next(); {
		case err != nil:
			return err
		case c == ']':
			return nil
		case c == ',':
			continue
		case c != '"':
			return errNoTagList
		}
		tag, err := p.text()
		if err != nil {
			return err
		}
		if err := add(tag); err != nil {
			return err
		}
	}
}

// next returns the next byte that is not white space.
func (p tagPage) next() (byte, error) {
	for {
		c, err := p.in.ReadByte()
		if err != nil {
			return 0, noEOF(err)
		}
		if c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			return c, nil
		}
	}
}

// text reads a string, after its first quote.
func (p tagPage) text() (string, error) {
	literal := []byte{'"'}
	err := p.quoted(func(c byte) error {
		if literal = append(literal, c); len(literal) > maxText {
			return errNoTagList
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	var out string
	err = json.Unmarshal(literal, &out)
	return out, err
}

// quoted calls the function "each" for each byte of a string, after its first quote. The
// last byte is the other quote.
func (p tagPage) quoted(each func(byte) error) error {
	for escaped := false; ; {
		c, err := p.in.ReadByte()
		if err != nil {
			return noEOF(err)
		}
		if err := each(c); err != nil {
			return err
		}
		if c == '"' && !escaped {
			return nil
		}
		escaped = c == '\\' && !escaped
	}
}

// skip reads a value whose first byte is c, and keeps nothing of the value.
func (p tagPage) skip(c byte) error {
	for depth := 0; ; {
		switch c {
		case '"':
			if err := p.quoted(func(byte) error { return nil }); err != nil {
				return err
			}
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		default:
			if depth == 0 {
				return p.skipWord()
			}
		}
		if depth <= 0 {
			return nil
		}
		var err error
		if c, err = p.in.ReadByte(); err != nil {
			return noEOF(err)
		}
	}
}

// skipWord reads the rest of a number, true, false or null.
func (p tagPage) skipWord() error {
	for {
		c, err := p.in.ReadByte()
		switch {
		case err != nil:
			return noEOF(err)
		case c == ',', c == '}', c == ']':
			return p.in.UnreadByte()
		}
	}
}

// noEOF replaces io.EOF by io.ErrUnexpectedEOF, because a page that ends inside
// its JSON object is incomplete.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
