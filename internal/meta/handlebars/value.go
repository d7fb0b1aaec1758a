package handlebars

import (
	"strconv"
	"strings"
)

// isSpace reports whether JavaScript's \s matches r.
func isSpace(r rune) bool {
	switch r {
	case '\t', '\n', '\v', '\f', '\r', ' ', 0xA0, 0x1680, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000, 0xFEFF:
		return true
	}
	return r >= 0x2000 && r <= 0x200A
}

// str converts a value to a string as a concatenation in JavaScript does. For
// null and undefined, str returns "".
func str(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case int:
		return strconv.Itoa(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case []any:
		parts := make([]string, len(v))
		for i, each := range v {
			parts[i] = str(each)
		}
		return strings.Join(parts, ",")
	case Object:
		return "[object Object]"
	}
	return ""
}

// truthy reports whether JavaScript treats v as true.
func truthy(v any) bool {
	switch v := v.(type) {
	case nil, Undefined:
		return false
	case string:
		return v != ""
	case bool:
		return v
	case int:
		return v != 0
	case float64:
		return v != 0
	}
	return true
}

// empty reports whether Handlebars treats v as false in the helpers "if" and "with". The
// function "empty" differs from JavaScript in two cases. The function "empty" returns
// false for zero, and true for a list without elements.
func empty(v any) bool {
	switch v := v.(type) {
	case int, float64:
		return false
	case []any:
		return len(v) == 0
	}
	return !truthy(v)
}

// field returns the value of a field. The function "field" ignores inherited fields.
func field(v any, name string) any {
	switch v := v.(type) {
	case Object:
		if f, ok := v[name]; ok {
			return f
		}
	case []any:
		return listField(v, name)
	case string:
		if name == "length" {
			return len(v)
		}
	}
	return Undefined{}
}

func listField(list []any, name string) any {
	if name == "length" {
		return len(list)
	}
	i, err := strconv.Atoi(name)
	if err != nil || i < 0 || i >= len(list) || strconv.Itoa(i) != name {
		return Undefined{}
	}
	return list[i]
}

var escaper = strings.NewReplacer(
	"&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#x27;", "`", "&#x60;", "=", "&#x3D;")
