package diag_test

import (
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

func TestRequestIDHasOnlyHexadecimalDigits(t *testing.T) {
	t.Parallel()
	for header, ok := range map[string]bool{
		"AB:CD": true, "C402:3F2A1:1B2C3D:2A3B4C:65A1B2C3": true, "0f8fad5b-d9cb-469f-a165-70867728950e": true,
		"": false, "Basic b2N0b2NhdDpnaHNfeA==": false, "ghs_abc": false, "AB:CD\n::error::x": false, "AB CD": false,
		"AB:CD\u202e": false, ":": false, strings.Repeat("A", 1000): false,
	} {
		want := ""
		if ok {
			want = header
		}
		if got := diag.RequestID(header); got != want {
			t.Errorf("%q: got %q, want %q", header, got, want)
		}
	}
}
