package meta

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
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
		{"an unknown attribute", Inputs{Tags: "type=raw,value=1,enble=true"}, CodeTagAttribute, false},
		{"an attribute of another type", Inputs{Tags: "type=raw,value=1,event=branch"}, CodeTagAttribute, false},
		{"an attribute twice", Inputs{Tags: "type=raw,value=1,value=2"}, CodeTagAttribute, false},
		{"two values", Inputs{Tags: "type=raw,value=1,latest"}, CodeTagAttribute, false},
		{"a comma at the end of a raw rule", Inputs{Tags: "a\ntype=raw,value=1,"}, CodeTagAttribute, false},
		{"a comma at the end of another rule", Inputs{Tags: "type=sha,format=long,"}, "", false},
		{"blanks around the equals sign", Inputs{Tags: "type = raw , value = 1"}, "", false},
		{"a missing comma", Inputs{Tags: "type=sha,format=long\ntype=raw,value=1 enable=true"}, CodeTagAttribute, false},
		{"a rule without its type", Inputs{Tags: "semver,pattern={{version}}"}, CodeTagType, false},
		{"a colon instead of an equals sign", Inputs{Tags: "type:semver,pattern={{version}}"}, CodeTagAttribute, false},
		{"a quoted value", Inputs{Tags: "type=raw,value=a,suffix='a'"}, CodeInputQuotes, false},
		{"a priority that is not a number", Inputs{Tags: "type=raw,value=1,priority=high"}, CodeTagAttribute, false},
		{"an invalid pattern of a rule that does not apply", Inputs{Tags: "1\ntype=match,pattern=("}, CodeTagPattern, false},
		{"a group that does not exist", Inputs{Tags: "1\ntype=match,pattern=v(.*),group=2"}, CodeTagGroup, false},
		{"an unknown expression of a rule that does not apply", Inputs{Tags: "1\ntype=semver,pattern={{versio}}"}, CodeExpression, false},
		{"an unknown expression", Inputs{Tags: "type=raw,value=a{{brnach}}"}, CodeExpression, false},
		{"an unknown expression of the flavor", Inputs{Tags: "1", Flavor: "suffix={{brnach}}"}, CodeExpression, false},
		{"an unknown expression of a label", Inputs{Tags: "1", Labels: "a={{brnach}}"}, CodeExpression, false},
		{"a date format without quotes", Inputs{Tags: "type=raw,value={{date YYYY}}"}, CodeExpression, false},
		{"a single brace", Inputs{Tags: "1\ntype=semver,pattern=v{version}"}, CodeExpression, false},
		{"an expression of GitHub", Inputs{Tags: "1", Flavor: "suffix=-${{ x }}"}, CodeExpression, false},
		{"a variable of a shell", Inputs{Tags: "v$VERSION"}, CodeExpression, false},
		{"a dollar sign in a pattern", Inputs{Tags: "1\ntype=match,pattern=^v(.*)$,group=1"}, "", false},
		{"braces in a label", Inputs{Tags: "1", Labels: `a={"b":{"c":1}}`}, "", false},
		{"a tag with a slash", Inputs{Tags: "feature/login"}, CodeTagInvalid, false},
		{"a Git ref", Inputs{Tags: "refs/heads/main"}, CodeTagInvalid, false},
		{"a tag with an accent", Inputs{Tags: "na\u00efve"}, CodeTagInvalid, false},
		{"only comments", Inputs{Tags: "#1"}, CodeNoTags, false},
		{"an empty value", Inputs{Tags: "1\ntype=raw,value="}, CodeTagEmpty, true},
		{"two versions", Inputs{Tags: "1", Version: "1.2.3 1.2"}, CodeVersionInvalid, false},
		{"onlatest without a prefix", Inputs{Tags: "1", Flavor: "onlatest=true"}, CodeFlavorOnLatest, false},
		{"a flavor with an expression for latest", Inputs{Tags: "1", Flavor: "latest=true,suffix=-{{branch}},onlatest=true"}, CodeExpression, false},
		{"a suffix with a slash", Inputs{Tags: "1", Flavor: "suffix=-linux/amd64"}, CodeTagRespelled, true},
		{"a label with a level", Inputs{Tags: "1", Labels: "index:a=b"}, CodeLabelInvalid, false},
		{"an annotation with a level", Inputs{Tags: "1", Annotations: "index,manifest:a=b"}, "", false},
		{"an annotation with an unknown level", Inputs{Tags: "1", Annotations: "manfest:a=b"}, CodeLabelInvalid, false},
		{"an annotation with a descriptor level", Inputs{Tags: "1", Annotations: "index-descriptor:a=b"}, "", false},
		{"an annotation with an invalid platform", Inputs{Tags: "1", Annotations: "manifest[amd64]:a=b"}, CodeLabelInvalid, false},
		{"a key with a colon", Inputs{Tags: "1", Annotations: "org.x:a=b"}, "", false},
		{"a blank before a value", Inputs{Tags: "1", Labels: "foo= bar"}, CodeLabelValue, true},
		{"two labels on one line", Inputs{Tags: "1", Labels: "a=1,b=2"}, CodeLabelValue, true},
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

func TestStrictReportsEachFaultyRule(t *testing.T) {
	t.Parallel()
	_, err := Compute(t.Context(), Inputs{Tags: "type=raw,valu=1\ntype=semver,pattern={{versio}}\ntype=smever", Strict: true}, at("push", "refs/heads/main"))
	var got []string
	for _, e := range diag.All(err) {
		got = append(got, e.Code)
	}
	if want := []string{CodeTagAttribute, CodeExpression, CodeTagType}; !slices.Equal(got, want) {
		t.Errorf("got the codes %q, want %q", got, want)
	}
}

func TestStrictSeparatesAnnotationsWithALevel(t *testing.T) {
	t.Parallel()
	const text = "index,manifest:a=b\nmanifest[linux/arm/v7], manifest-descriptor[Linux/amd64]:org.x=1:2\norg.y:k=v\nplain=w\nmanifest: c=d"
	r := compute(t, Inputs{Tags: "1", Annotations: text, Strict: true}, at("push", "refs/heads/main"))
	var got []string
	for _, a := range r.Placed {
		platform := ""
		if a.Platform != nil {
			platform = image.PlatformString(a.Platform)
		}
		got = append(got, fmt.Sprintf("%s[%s] %s=%s", a.Level, platform, a.Key, a.Value))
	}
	want := []string{"index[] a=b", "manifest[] a=b", "manifest[linux/arm/v7] org.x=1:2", "manifest-descriptor[linux/amd64] org.x=1:2", "manifest[] c=d"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if !slices.Contains(r.Annotations, Pair{"org.y:k", "v", true}) || !slices.Contains(r.Annotations, Pair{"plain", "w", true}) || slices.ContainsFunc(r.Annotations, func(p Pair) bool { return p.Key == "a" }) {
		t.Errorf("annotations without a level: %v", r.Annotations)
	}
}

func TestSuggestionOfATagIsValid(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"\u00dcn\u00efcode": "Unicode", "release-\U0001f680": "release", "feature/login": "feature-login", "-bad": "bad", "\u65e5\u672c": "", "*": ""} {
		if got := asTag(text); got != want {
			t.Errorf("asTag(%q) = %q, want %q", text, got, want)
		}
	}
}

// docker/metadata-action ignores a line without "=", so the command "metadata" only
// warns about the line, and all other commands refuse it.
func TestLinesWithoutAnEqualsSignGiveAWarningOrAnError(t *testing.T) {
	t.Parallel()
	for _, in := range []Inputs{{Tags: "1", Labels: "foo"}, {Tags: "1", Annotations: "foo"}} {
		r, err := Compute(t.Context(), in, at("push", "refs/heads/a/b"))
		if err != nil || len(r.Warnings) != 1 || r.Warnings[0].Code != CodeLabelInvalid || r.Warnings[0].Level != diag.Warning {
			t.Errorf("%+v: error %v, notices %v, want one warning", in, err, r.Warnings)
		}
		in.Strict = true
		if _, err := Compute(t.Context(), in, at("push", "refs/heads/a/b")); !diag.Is(err, CodeLabelInvalid) {
			t.Errorf("%+v: error %v, want the code %s", in, err, CodeLabelInvalid)
		}
	}
}

// The commands publish, merge and metadata judge keys in the same way.
func TestKeysAreJudgedInTheSameWayByAllCommands(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, line, words string // no words for a valid line
	}{
		{"a pair", "a=b", ""},
		{"an empty value", "a=", ""},
		{"an equals sign in the value", "a=b=c", ""},
		{"an equals sign at the start of the value", "a==b", ""},
		{"a blank in the value", "a=b c", ""},
		{"a key with a colon", "org.x:a=b", ""},
		{"no key", "=x", "has no key"},
		{"no key and two equals signs", "==x", "has no key"},
		{"a blank as the key", "\u00a0=x", "has no key"},
		{"blanks around the equals sign", "a = b", "write a=b"},
		{"a blank in the key", "a b=c", "a blank in the key"},
		{"a blank in the key after a level", "manifest:a b=c", "a blank in the key"},
		{"a level without a key", "manifest:=x", `no key after the level "manifest"`},
		{"a level with a platform without a key", "manifest[linux/amd64]:=x", "no key after the level"},
		{"levels without a key", "index,manifest:=x", "no key after the level"},
		{"a level and a blank", "index: =x", "no key after the level"},
		{"quotation marks", "'a=b'", "quotation marks"},
	}
	for _, c := range cases {
		for _, strict := range []bool{false, true} {
			for _, in := range []Inputs{{Tags: "1", Labels: c.line, Strict: strict}, {Tags: "1", Annotations: c.line, Strict: strict}} {
				_, err := Compute(t.Context(), in, at("push", "refs/heads/main"))
				if (err != nil) != (c.words != "") || err != nil && (!diag.Is(err, CodeLabelInvalid) || !strings.Contains(err.Error(), c.words)) {
					t.Errorf("%s, strict %t: got %v", c.name, strict, err)
				}
			}
		}
	}
}
