package handlebars

import "strings"

// strip removes the white space next to tildes. strip also removes the white
// space on lines that contain only a block tag or a comment.
func strip(body []node, root bool) {
	for i, n := range body {
		switch n := n.(type) {
		case *mustache:
			stripTildes(body, i, n.trim)
		case *comment:
			alone := endsLine(body, i, root) && startsLine(body, i, root)
			stripTildes(body, i, n.trim)
			if alone {
				omitRight(body, i+1, false)
				omitLeft(body, i-1, false)
			}
		case *block:
			stripBlock(body, i, n, root)
		}
	}
}

func stripTildes(body []node, i int, t trim) {
	if t.right {
		omitRight(body, i+1, true)
	}
	if t.left {
		omitLeft(body, i-1, true)
	}
}

// stripBlock strips the white space around the tags of a block. Outside the
// block, stripBlock strips the text next to the opening and closing tags. Inside
// the block, stripBlock strips the text next to each tag.
func stripBlock(body []node, i int, b *block, root bool) {
	strip(b.body, false)
	strip(b.inverse, false)
	first, second, hasSecond := b.branches()
	openAlone := startsLine(first, -1, false)
	last := first
	if hasSecond {
		last = second
	}
	closeAlone := endsLine(last, len(last), false)
	b.stripInside(first, second, hasSecond)

	openAlone = openAlone && endsLine(body, i, root)
	closeAlone = closeAlone && startsLine(body, i, root)
	stripTildes(body, i, trim{left: b.open.left, right: b.closed.right})
	if openAlone {
		omitRight(first, 0, false)
		omitLeft(body, i-1, false)
	}
	if closeAlone {
		omitRight(body, i+1, false)
		end := b.outerEnd(first)
		omitLeft(end, len(end)-1, false)
	}
}

// branches returns the bodies of the block that Handlebars strips. In a chain of
// {{else x}}, Handlebars strips only the first branch. For {{^x}} with an else
// branch, the second body in the source is the first result.
func (b *block) branches() (first, second []node, hasSecond bool) {
	switch {
	case b.inverted && !b.hasInverse:
		return b.inverse, nil, false
	case b.chained:
		return b.body, b.inverse[0].(*block).body, true
	}
	return b.body, b.inverse, b.hasInverse
}

// outerEnd returns the body before the closing tag. If the closing tag is alone
// on its line, stripBlock strips the end of this body.
func (b *block) outerEnd(first []node) []node {
	if b.hasInverse {
		return b.inverse
	}
	return first
}

func (b *block) stripInside(first, second []node, hasSecond bool) {
	if b.open.right {
		omitRight(first, 0, true)
	}
	if !hasSecond {
		if b.closed.left {
			omitLeft(first, len(first)-1, true)
		}
		return
	}
	if b.mid.left {
		omitLeft(first, len(first)-1, true)
	}
	if b.mid.right {
		omitRight(second, 0, true)
	}
	if b.closed.left {
		omitLeft(second, len(second)-1, true)
	}
	if endsLine(first, len(first), false) && startsLine(second, -1, false) {
		omitLeft(first, len(first)-1, false)
		omitRight(second, 0, false)
	}
}

// endsLine reports whether only blanks are between node i and the line break
// before it. At the root, the start of the template is equivalent to a line
// break.
func endsLine(body []node, i int, root bool) bool {
	if i == 0 {
		return root
	}
	t, ok := body[i-1].(*text)
	if !ok {
		return false
	}
	tail := t.original[len(strings.TrimRightFunc(t.original, isSpace)):]
	return strings.Contains(tail, "\n") || root && i == 1 && tail == t.original
}

// startsLine reports whether only blanks are between node i and the line break
// after it. At the root, the end of the template is equivalent to a line break.
func startsLine(body []node, i int, root bool) bool {
	if i+1 >= len(body) {
		return root
	}
	t, ok := body[i+1].(*text)
	if !ok {
		return false
	}
	head := t.original[:len(t.original)-len(strings.TrimLeftFunc(t.original, isSpace))]
	return strings.Contains(head, "\n") || root && i+2 == len(body) && head == t.original
}

// omitRight strips the start of the text at index i. If the argument "all" is true,
// omitRight removes all white space. Otherwise, omitRight removes blanks and one line
// break, but only once per text.
func omitRight(body []node, i int, all bool) {
	if i < 0 || i >= len(body) {
		return
	}
	t, ok := body[i].(*text)
	if !ok || !all && t.strippedHead {
		return
	}
	before := t.value
	if all {
		t.value = strings.TrimLeftFunc(t.value, isSpace)
	} else {
		t.value = strings.TrimLeft(t.value, " \t")
		t.value = strings.TrimPrefix(strings.TrimPrefix(t.value, "\r"), "\n")
	}
	t.strippedHead = t.value != before
}

// omitLeft strips the end of the text at index i. If the argument "all" is true, omitLeft
// removes all white space. If the argument "all" is false, omitLeft removes blanks, but
// only once per text.
func omitLeft(body []node, i int, all bool) {
	if i < 0 || i >= len(body) {
		return
	}
	t, ok := body[i].(*text)
	if !ok || !all && t.strippedTail {
		return
	}
	before := t.value
	if all {
		t.value = strings.TrimRightFunc(t.value, isSpace)
	} else {
		t.value = strings.TrimRight(t.value, " \t")
	}
	t.strippedTail = t.value != before
}
