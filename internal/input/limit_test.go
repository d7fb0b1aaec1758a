package input_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
)

func TestSizeLimit(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, value string
		want        input.SizeLimit
	}{
		{"none", "", input.SizeLimit{}},
		{"decimal units", "500MB", input.SizeLimit{Bytes: 500_000_000}},
		{"kilobytes with a blank", "750 kB", input.SizeLimit{Bytes: 750_000}},
		{"lower case and a fraction", "1.5gb", input.SizeLimit{Bytes: 1_500_000_000}},
		{"binary units", "512MiB", input.SizeLimit{Bytes: 512 << 20}},
		{"gibibytes", "2GiB", input.SizeLimit{Bytes: 2 << 30}},
		{"a growth", "+10%", input.SizeLimit{Grows: true, Percent: 10}},
		{"no growth", "+0%", input.SizeLimit{Grows: true}},
		{"both", "500MB\n+2.5 %", input.SizeLimit{Bytes: 500_000_000, Grows: true, Percent: 2.5}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := input.ParsePublish(workflow("INPUT_SIZE-LIMIT", c.value))
			if err != nil || got.SizeLimit != c.want || got.OnLoss != input.LossWarn {
				t.Errorf("got %+v, %v; want %+v", got.SizeLimit, err, c.want)
			}
		})
	}
}

func TestWrongSizeLimits(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, value, hint string }{
		{"a growth without a plus sign", "10%", "Did you mean +10%?"},
		{"a short unit", "500M", "Did you mean 500MB?"},
		{"no unit", "500", "Did you mean 500MB?"},
		{"a comma", "1,5GB", "Did you mean 1.5GB?"},
		{"a negative growth", "-10%", "Write a size such as 500MB"},
		{"both in one line", "500MB +10%", "one limit per line"},
		{"nothing", "0MB", "Write a size"},
		{"words", "small", "Write a size"},
		{"an expression", "${{ vars.LIMIT }}", "Write a size"},
		{"two sizes", "500MB\n1GB", "Keep one size and one growth"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := input.ParsePublish(workflow("INPUT_SIZE-LIMIT", c.value))
			var known *diag.Error
			if !errors.As(err, &known) || known.Input != "size-limit" || !strings.Contains(known.Hint, c.hint) {
				t.Errorf("got %+v, want the hint %q", known, c.hint)
			}
		})
	}
}
