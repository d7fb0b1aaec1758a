package expr

import "strings"

// IsBoolean reports whether the text is one expression whose value is true or
// false in every run. IsBoolean returns false for a reference, because the
// value of a reference can also be empty.
func IsBoolean(text string) bool {
	text = strings.TrimSpace(text)
	if strings.EqualFold(text, "true") || strings.EqualFold(text, "false") {
		return true
	}
	parts := Split(text)
	if len(parts) != 1 || !parts[0].Expr {
		return false
	}
	n, err := parse(text, 3, len(text)-2)
	return err == nil && n.isBoolean()
}

func (n *node) isBoolean() bool {
	switch n.kind {
	case litString, ref:
		return false
	case litOther:
		return constantKind(n.text) == isBool
	case call:
		return n.text == "contains" || n.text == "startswith" || n.text == "endswith"
	}
	if n.text == "&&" || n.text == "||" {
		return n.args[0].isBoolean() && n.args[1].isBoolean()
	}
	return true // The remaining operators are comparisons and the negation.
}
