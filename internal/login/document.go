package login

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// document is the text of a login file. It is edited in place: what is not
// ours keeps its order, its blanks and the keys that Docker's library would
// drop (podman has some).
type document []byte

// object is where a JSON object stands in a text.
type object struct {
	open, close int // offsets of the braces
	members     []member
}

// member is where one member of an object stands.
type member struct {
	name              string
	start, value, end int // of the name's quote, of the value, behind it
}

// errShape is for files that are JSON, but no login file.
var errShape = errors.New(`it is no JSON object with an object "auths"`)

// scan finds the members of the object that begins at offset at.
func scan(text []byte, at int) (object, error) {
	dec := json.NewDecoder(bytes.NewReader(text[at:]))
	token, err := dec.Token()
	if err != nil {
		return object{}, err
	}
	if token != json.Delim('{') {
		return object{}, errShape
	}
	o := object{open: at + int(dec.InputOffset()) - 1}
	for dec.More() {
		from := at + int(dec.InputOffset())
		name, err := dec.Token()
		if err != nil {
			return object{}, err
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return object{}, err
		}
		end := at + int(dec.InputOffset())
		o.members = append(o.members, member{
			name: fmt.Sprint(name), start: from + bytes.IndexByte(text[from:], '"'), value: end - len(value), end: end,
		})
	}
	if _, err := dec.Token(); err != nil {
		return object{}, err
	}
	o.close = at + int(dec.InputOffset()) - 1
	return o, nil
}

// find returns the index of a member; the last of several counts, as it does
// for every reader. It is -1 if there is none.
func (o object) find(name string) int {
	at := -1
	for i, m := range o.members {
		if m.name == name {
			at = i
		}
	}
	return at
}

// auths finds the object that holds the logins; ok is false where there is
// none yet.
func (d document) auths() (top, auths object, ok bool, err error) {
	if top, err = scan(d, 0); err != nil {
		return top, auths, false, err
	}
	i := top.find("auths")
	if i < 0 {
		return top, auths, false, nil
	}
	at := top.members[i]
	if string(d[at.value:at.end]) == "null" {
		return top, auths, false, nil
	}
	auths, err = scan(d, at.value)
	return top, auths, err == nil, err
}

// get returns the entry of a key as it is written; nil if there is none.
func (d document) get(key string) ([]byte, error) {
	if d.blank() {
		return nil, nil
	}
	_, auths, ok, err := d.auths()
	if i := auths.find(key); err == nil && ok && i >= 0 {
		m := auths.members[i]
		return bytes.Clone(d[m.value:m.end]), nil
	}
	return nil, err
}

func (d document) blank() bool { return len(bytes.TrimSpace(d)) == 0 }

// with returns the text with the entry under the key; nil takes it away.
func (d document) with(key string, entry []byte) (document, error) {
	if d.blank() {
		if entry == nil {
			return d, nil
		}
		d = document("{}")
	}
	top, auths, ok, err := d.auths()
	if err != nil {
		return nil, err
	}
	if !ok {
		if entry == nil {
			return d, nil
		}
		if i := top.find("auths"); i >= 0 { // it is null
			d = d.cut(top, i)
			return d.with(key, entry)
		}
		return d.insert(top, "auths", []byte("{}"), 1).with(key, entry)
	}
	i := auths.find(key)
	switch {
	case i >= 0 && entry != nil:
		return d.replace(auths.members[i].value, auths.members[i].end, entry), nil
	case i >= 0:
		return d.cut(auths, i), nil
	case entry != nil:
		return d.insert(auths, key, entry, 2), nil
	}
	return d, nil
}

// insert adds a member at the end of an object, spaced as the one before it.
// In the names that are written, hosts and "auths", JSON escapes what Go does.
func (d document) insert(o object, name string, value []byte, depth int) document {
	text := strconv.Quote(name) + ": " + string(value)
	if len(o.members) == 0 {
		line := "\n" + strings.Repeat("\t", depth)
		return d.replace(o.open+1, o.close, []byte(line+text+line[:len(line)-1]))
	}
	last := o.members[len(o.members)-1]
	from := o.open + 1
	if len(o.members) > 1 {
		from = o.members[len(o.members)-2].end
	}
	space := string(d[from:last.start])
	if _, after, found := strings.Cut(space, ","); found {
		space = after
	}
	return d.replace(last.end, last.end, []byte(","+space+text))
}

// cut takes a member out, with the comma and the blanks that came with it.
func (d document) cut(o object, i int) document {
	switch {
	case i > 0:
		return d.replace(o.members[i-1].end, o.members[i].end, nil)
	case len(o.members) > 1:
		return d.replace(o.members[0].start, o.members[1].start, nil)
	}
	return d.replace(o.open+1, o.close, nil)
}

func (d document) replace(from, to int, text []byte) document {
	out := make(document, 0, len(d)-(to-from)+len(text))
	out = append(out, d[:from]...)
	out = append(out, text...)
	return append(out, d[to:]...)
}
