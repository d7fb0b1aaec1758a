package registry

import (
	"strings"
	"testing"
	"time"
)

func TestRetryAfterIsReadFromHeaderAndMessage(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 10, 21, 7, 28, 0, 0, time.UTC)
	cases := []struct {
		name, header, message string
		want                  time.Duration
	}{
		{"none", "", "", 0},
		{"seconds", " 120 ", "", 2 * time.Minute},
		{"absurd seconds", "999999999", "", 24 * time.Hour},
		{"negative", "-5", "", 0},
		{"date", "Wed, 21 Oct 2026 07:28:30 GMT", "", 30 * time.Second},
		{"past date", "Wed, 21 Oct 2026 07:00:00 GMT", "", 0},
		{"message", "", "retry-after: 10.305464ms, allowed: 2000/minute", 10305464 * time.Nanosecond},
		{"header before message", "3", "retry-after: 10s", 3 * time.Second},
		{"invalid header and message", "soon", "retry-after: 2m, allowed", 2 * time.Minute},
		{"no unit", "", "retry-after: 10", 0},
	}
	for _, tc := range cases {
		if got := retryAfter(tc.header, tc.message, now); got != tc.want {
			t.Errorf("%s: got %v, want %v", tc.name, got, tc.want)
		}
	}
}

func TestSanitizeRemovesControlCharacters(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, in, want string }{
		{"plain", "permission_denied: write_package", "permission_denied: write_package"},
		{"other scripts", "größe 测试 ✓", "größe 测试 ✓"},
		{"colours", "\x1b[31mred\x1b[0m", "[31mred [0m"},
		{"lines", "a\r\n::error::b", "a  ::error::b"},
		{"direction", "a\u202eb\u2066c", "a b c"},
		{"separators", "a\u2028b\u2029c\u0085d", "a b c d"},
		{"edges", "  \x00a\x7f ", "a"},
	}
	for _, tc := range cases {
		if got := sanitize(tc.in); got != tc.want {
			t.Errorf("%s: got %q, want %q", tc.name, got, tc.want)
		}
	}
	if got := sanitize(strings.Repeat("é", 2000)); len(got) > 1010 || !strings.HasSuffix(got, "é…") {
		t.Errorf("a long text has %d bytes after sanitize: …%q", len(got), got[len(got)-10:])
	}
}
