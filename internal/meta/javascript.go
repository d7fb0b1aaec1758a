package meta

import (
	"errors"
	"math"
	"math/big"
	"strconv"
	"strings"
)

// trimJS trims the same characters as JavaScript's String.prototype.trim. The
// trimmed characters are Unicode's space separators, the line ends and the byte
// order mark, but not U+0085.
func trimJS(s string) string { return strings.TrimFunc(s, spaceJS) }

func spaceJS(r rune) bool {
	switch r {
	case '\t', '\n', '\v', '\f', '\r', ' ', 0xA0, 0x1680, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000, 0xFEFF:
		return true
	}
	return r >= 0x2000 && r <= 0x200A
}

// numberJS implements JavaScript's Number(s). For a blank text, numberJS returns
// 0. numberJS accepts the prefixes 0x, 0o and 0b, and returns NaN for an invalid
// number.
func numberJS(s string) float64 {
	s = trimJS(s)
	if s == "" {
		return 0
	}
	if len(s) > 2 && s[0] == '0' && strings.IndexByte("xXoObB", s[1]) >= 0 {
		return wholeJS(s)
	}
	switch strings.TrimLeft(s, "+-") {
	case "Infinity":
		if len(s) <= len("Infinity")+1 {
			return math.Inf(map[bool]int{true: -1, false: 1}[s[0] == '-'])
		}
	case "":
		return math.NaN()
	}
	// ParseFloat also accepts inf, nan, hexadecimal floats and underscores.
	if strings.Trim(s, "0123456789+-.eE") != "" || strings.ContainsAny(s, "_xXpPnNiI") {
		return math.NaN()
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return math.NaN()
	}
	return f
}

// wholeJS parses numbers such as 0x1f, 0o17 and 0b11. A number with the prefix
// 0x, 0o or 0b cannot have a sign or an underscore.
func wholeJS(s string) float64 {
	n, ok := new(big.Int).SetString(strings.ToLower(s), 0)
	if !ok || strings.ContainsRune(s, '_') {
		return math.NaN()
	}
	f, _ := new(big.Float).SetInt(n).Float64()
	return f
}
