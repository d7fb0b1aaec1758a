package login

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// document is the text of a login file. The methods of document change only the
// entry of one login. The methods keep the order and the blanks of all other
// content. The methods also keep keys that Docker's library does not know and
// would remove, for example the keys of Podman.
type document []byte

// object holds the offsets of a JSON object in a text.
type object struct {
	open, close int // open and close are the offsets of the braces.
	members     []member
}

// member holds the offsets of one member of an object.
type member struct {
	name              string
	start, value, end int // start, value and end are the offsets of the quoted name, of the value, and of the first byte after the value.
}

// errShape means that a file contains JSON, but is not a login file.
var errShape = errors.New(`the file is not a JSON object with an object "auths"`)

// scan finds the members of the object that starts at the given offset.
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

// find returns the index of the member with the given name, or -1 if the object
// has no such member. If several members have the same name, the method "find"
// returns the last one, because other JSON readers also use the last one.
func (o object) find(name string) int {
	at := -1
	for i, m := range o.members {
		if m.name == name {
			at = i
		}
	}
	return at
}

// auths finds the object "auths", which contains the logins. The result "ok" is
// false if the file has no object "auths".
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

// get returns the JSON text of the login with the given key, or nil if the file
// has no such login.
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

// withEntry returns a copy of the text with the given entry for a key. If the entry is
// nil, the copy does not contain the key.
func (d document) withEntry(key string, entry []byte) (document, error) {
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
		if i := top.find("auths"); i >= 0 { // The value of "auths" is null.
			d = d.remove(top, i)
			return d.withEntry(key, entry)
		}
		return d.insert(top, "auths", []byte("{}"), 1).withEntry(key, entry)
	}
	i := auths.find(key)
	switch {
	case i >= 0 && entry != nil:
		return d.replace(auths.members[i].value, auths.members[i].end, entry), nil
	case i >= 0:
		return d.remove(auths, i), nil
	case entry != nil:
		return d.insert(auths, key, entry, 2), nil
	}
	return d, nil
}

// insert adds a member at the end of an object. The new member gets the same
// white space as the last member. The function strconv.Quote is sufficient for the name,
// because a name is either a host or "auths".
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

// remove removes a member of an object, with its comma and its blanks.
func (d document) remove(o object, i int) document {
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
