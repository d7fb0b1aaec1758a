package meta

import (
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

func TestStrictRefusesWhatMetadataActionChangesSilently(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		in     Inputs
		code   string // of the error, or of the notice
		notice bool
	}{
		{"a plain tag with a blank", Inputs{Tags: "1.2.3 latest"}, CodeTagInvalid, false},
		{"a plain tag with a tab", Inputs{Tags: "1.2.3\tlatest"}, CodeTagInvalid, false},
		{"a plain tag with a plus sign", Inputs{Tags: "1.2.3+build5"}, CodeTagRespelled, true},
		{"the value of a rule", Inputs{Tags: "type=raw,value=a b"}, CodeTagRespelled, true},
		{"a label without a value", Inputs{Tags: "1", Labels: "foo"}, CodeLabelInvalid, false},
		{"an annotation without a value", Inputs{Tags: "1", Annotations: "foo"}, CodeLabelInvalid, false},
		{"a branch", Inputs{Tags: "type=ref,event=branch"}, "", false},
		{"a valid tag and an empty label", Inputs{Tags: "1.2.3", Labels: "foo="}, "", false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			in, context := c.in, at("push", "refs/heads/a/b")
			if r, err := Compute(t.Context(), in, context); err != nil || len(r.Warnings) > 0 {
				t.Errorf("metadata: error %v, notices %v", err, r.Warnings)
			}
			in.Strict = true
			r, err := Compute(t.Context(), in, context)
			switch {
			case c.notice:
				if err != nil || len(r.Warnings) != 1 || r.Warnings[0].Code != c.code || r.Warnings[0].Level != diag.Info {
					t.Errorf("error %v, notices %v, want the notice %s", err, r.Warnings, c.code)
				}
			case c.code == "" && (err != nil || len(r.Warnings) > 0):
				t.Errorf("error %v, notices %v", err, r.Warnings)
			case c.code != "" && !diag.Is(err, c.code):
				t.Errorf("error %v, want the code %s", err, c.code)
			}
		})
	}
}
