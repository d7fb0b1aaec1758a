package pep440

import (
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	t.Parallel()
	cases := []struct {
		in, want, parts string
		stable          bool
	}{
		{"1.2.3", "1.2.3", "1 2 3", true},
		{"v1.2", "1.2", "1 2 0", true},
		{"2020.01", "2020.1", "2020 1 0", true},
		{"1.2.3beta2", "1.2.3b2", "1 2 3", false},
		{"1.2.3-ALPHA", "1.2.3a0", "1 2 3", false},
		{"1.2c1", "1.2rc1", "1 2 0", false},
		{"1.2_preview_3", "1.2rc3", "1 2 0", false},
		{"1.0dev4", "1.0.dev4", "1 0 0", false},
		{"1.2.3post1", "1.2.3.post1", "1 2 3", false},
		{"1.0-2", "1.0.post2", "1 0 0", false},
		{"1.0r", "1.0.post0", "1 0 0", false},
		{"1.0a1.post2.dev3", "1.0a1.post2.dev3", "1 0 0", false},
		{"1!2.0+Ubuntu.01", "1!2.0+ubuntu,1", "2 0 0", true},
		{"1.0+a_b-c", "1.0+a,b,c", "1 0 0", true},
	}
	for _, c := range cases {
		t.Run(c.in, func(t *testing.T) {
			t.Parallel()
			v, ok := Parse(c.in)
			if !ok {
				t.Fatal("got no version")
			}
			parts := strings.Join([]string{v.Part(0), v.Part(1), v.Part(2)}, " ")
			if v.String() != c.want || parts != c.parts || v.Stable() != c.stable || v.Raw != c.in {
				t.Errorf("got %q (%s), stable %v; want %q (%s), %v", v, parts, v.Stable(), c.want, c.parts, c.stable)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for _, in := range []string{"", "v", "1.2.3-", " 1.2", "1.2 ", "1..2", "1.2.x", "1.0+", "foo", "=1.0", strings.Repeat("1.", 200) + "1"} {
		if v, ok := Parse(in); ok {
			t.Errorf("%q: got %v, want no version", in, v)
		}
	}
}
