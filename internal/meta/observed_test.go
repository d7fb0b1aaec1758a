package meta

import (
	"context"
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"
)

// intended maps the name of a case in observed.txt to the name of its intended
// difference.
var intended = map[string]string{
	"branch with a leading dash":        "invalid tag",
	"branch with invalid characters":    "invalid tag",
	"comment behind blanks is a tag":    "invalid tag",
	"tag of 140 characters":             "long tag",
	"latest from a rule and the flavor": "duplicate latest",
}

type observed struct {
	name  string
	in    Inputs
	c     Context
	want  string // references, or "error"
	warns int
}

func TestObserved(t *testing.T) {
	t.Parallel()
	for _, o := range readObserved(t) {
		t.Run(o.name, func(t *testing.T) {
			t.Parallel()
			got, err := Compute(context.Background(), o.in, o.c)
			if intended[o.name] != "" {
				if err == nil && strings.Join(got.Refs(), " ") == o.want {
					t.Errorf("got the result of docker/metadata-action, but %q is listed as a difference", intended[o.name])
				}
				return
			}
			refs := strings.Join(got.Refs(), " ")
			if err != nil {
				refs = "error"
			}
			if refs != o.want {
				t.Errorf("got %q, %v; want %q", refs, err, o.want)
			}
			if warns := sharedWarnings(got); err == nil && warns != o.warns {
				t.Errorf("got %d warnings %v, want %d", warns, got.Warnings, o.warns)
			}
		})
	}
}

// sharedWarnings counts the warnings that docker/metadata-action also gives.
func sharedWarnings(r Result) int {
	n := 0
	for _, w := range r.Warnings {
		if strings.HasPrefix(w.Code, "not-") || strings.HasPrefix(w.Code, "tag-no-") {
			n++
		}
	}
	return n
}

func TestIntendedDifferencesAreListed(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for _, d := range Differences {
		if names[d.Name] || d.MetadataAction == "" || d.Compute == "" {
			t.Errorf("difference %q is listed twice or has an empty text", d.Name)
		}
		names[d.Name] = true
	}
	for name, difference := range intended {
		if !names[difference] {
			t.Errorf("case %q has the difference %q, which is not listed", name, difference)
		}
	}
}

// readObserved parses testdata/observed.txt. The start of the file describes
// its format.
func readObserved(t *testing.T) []observed {
	t.Helper()
	raw, err := os.ReadFile("testdata/observed.txt")
	if err != nil {
		t.Fatal(err)
	}
	var out []observed
	for _, block := range strings.Split(strings.ReplaceAll(string(raw), "\r\n", "\n"), "\n\n")[1:] {
		lines := strings.Split(strings.TrimSpace(block), "\n")
		o := observed{name: lines[0], in: Inputs{Images: "user/app"}, c: at("push", "refs/heads/master")}
		for _, line := range lines[1:] {
			key, value, _ := strings.Cut(line, " ")
			o.set(t, key, value)
		}
		out = append(out, o)
	}
	return out
}

func (o *observed) set(t *testing.T, key, value string) {
	t.Helper()
	texts := map[string]*string{
		"event": &o.c.Event.Name, "ref": &o.c.Event.Ref, "len": &o.c.ShortSHALength,
		"images": &o.in.Images, "flavor": &o.in.Flavor, "tags": &o.in.Tags,
	}
	var err error
	switch text := texts[key]; {
	case text != nil:
		err = json.Unmarshal([]byte(value), text)
	case key == "payload":
		o.c.Event.Payload, err = ParsePayload([]byte(value))
	case key == "warns":
		o.warns, err = strconv.Atoi(value)
	case key == "=":
		o.want = value
	default:
		t.Fatalf("case %q has the unknown line %q", o.name, key)
	}
	if err != nil {
		t.Fatalf("case %q: %v", o.name, err)
	}
}
