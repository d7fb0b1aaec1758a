package rules_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/cleanup/rules"
	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

func TestDurations(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	cases := []struct {
		text string
		want time.Duration
	}{
		{"30d", 30 * day},
		{"12h", 12 * time.Hour},
		{"2w 3d", 17 * day},
		{"90m", 90 * time.Minute},
		{"6mo", 6 * 730 * time.Hour},
		{"15 days", 15 * day},
		{"6 months", 6 * 730 * time.Hour},
		{"1 year", 365 * day},
		{"P30D", 30 * day},
		{"P1Y2M3W4DT5H6M7S", 365*day + 2*730*time.Hour + 25*day + 5*time.Hour + 6*time.Minute + 7*time.Second},
		{"0d", 0},
		{"99999999999999999999y", time.Duration(1<<63 - 1)},
		{"9999y", time.Duration(1<<63 - 1)},
	}
	for _, c := range cases {
		if got, ok := rules.Duration(c.text); !ok || got != c.want {
			t.Errorf("Duration(%q) = %s, %t; want %s", c.text, got, ok, c.want)
		}
	}
	for _, text := range []string{"30", "d", "30 fortnights", "P", "PT", "-3d", "1.5h", "30d later", "3D"} {
		if got, ok := rules.Duration(text); ok {
			t.Errorf("Duration(%q) = %s, want no duration", text, got)
		}
	}
}

func TestGlobsMatchCompleteTags(t *testing.T) {
	t.Parallel()
	cases := []struct {
		pattern, tag string
		want         bool
	}{
		{"pr-*", "pr-1", true},
		{"pr-*", "xpr-1", false},
		{"v?", "v1", true},
		{"v?", "v12", false},
		{"v[0-9].x", "v3.x", true},
		{"v[0-9].x", "v3ax", false},
		{"1.2", "1x2", false},
		{"/^v(?!1)/", "v2", true},
		{"/^v(?!1)/", "v1", false},
		{"/r-1/", "pr-12", true},
		{"/PR/i", "pr-12", true},
		{`/^v1\.[0-9]{1,2}$/`, "v1.22", true},
	}
	for _, c := range cases {
		r, err := rules.Parse(rules.Inputs{Delete: c.pattern}, rules.NoFiles{}, "ghcr.io")
		if err != nil {
			t.Errorf("%s: %v", c.pattern, err)
			continue
		}
		if got, err := r.Delete[0].Patterns[0].Match(c.tag); err != nil || got != c.want {
			t.Errorf("%s matches %s: %t, %v; want %t", c.pattern, c.tag, got, err, c.want)
		}
	}
}

func TestARegularExpressionThatTakesTooLongIsAnError(t *testing.T) {
	t.Parallel()
	r, err := rules.Parse(rules.Inputs{Delete: "/^(a+)+$/"}, rules.NoFiles{}, "ghcr.io")
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := r.Delete[0].Patterns[0].Match(strings.Repeat("a", 100) + "-"); !diag.Is(err, rules.CodeRegex) {
		t.Errorf("got %t and %v, want an error with the code %s", ok, err, rules.CodeRegex)
	}
}

func TestWrongValuesAreRefused(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		in     rules.Inputs
		code   string
		quotes string // the part that the title quotes
		hint   string
	}{
		{"an exclamation mark", rules.Inputs{Delete: "!latest"}, rules.CodeSelector, `"!latest"`, "Write latest under the input keep"},
		{"an exclamation mark in keep", rules.Inputs{Keep: "!latest"}, rules.CodeSelector, `"!latest"`, "Remove the exclamation mark"},
		{"a blank between patterns", rules.Inputs{Delete: "pr-* x*"}, rules.CodeSelector, `"pr-* x*"`, "commas"},
		{"a reference in delete", rules.Inputs{Delete: "ghcr.io/acme/web:1"}, rules.CodeSelector, `"ghcr.io/acme/web:1"`, "only the tag"},
		{"a regular expression with a wrong bracket", rules.Inputs{Delete: "/(/"}, rules.CodeRegex, `"/(/"`, "JavaScript"},
		{"a regular expression without an end", rules.Inputs{Delete: "/pr"}, rules.CodeSelector, `"/pr"`, "two slashes"},
		{"an empty regular expression", rules.Inputs{Delete: "//"}, rules.CodeSelector, `"//"`, "two slashes"},
		{"two regular expressions in a line", rules.Inputs{Delete: "/a/,/b/"}, rules.CodeSelector, `"/a/,/b/"`, "per line"},
		{"an excluded character in a glob", rules.Inputs{Delete: "[^a]*"}, rules.CodeSelector, `"[^a]*"`, "regular expression"},
		{"an open bracket", rules.Inputs{Delete: "v[0-9"}, rules.CodeSelector, `"v[0-9"`, "Close each bracket"},
		{"a short digest", rules.Inputs{Delete: "sha256:abc"}, rules.CodeSelector, `"sha256:abc"`, "64 hexadecimal"},
		{"an unknown type", rules.Inputs{Delete: "type=semvr,keep=1"}, rules.CodeSelector, `"semvr"`, "Did you mean type=semver?"},
		{"an unknown attribute", rules.Inputs{Delete: "pr-*,kep=1"}, rules.CodeSelector, `kep=`, "Did you mean keep?"},
		{"an attribute without a pattern", rules.Inputs{Delete: "keep=1"}, rules.CodeSelector, `"keep=1"`, "Start the line with a pattern"},
		{"an attribute twice", rules.Inputs{Delete: "pr-*,keep=1,keep=2"}, rules.CodeSelector, "keep=", "once"},
		{"a type and a pattern", rules.Inputs{Delete: "v*,type=semver,keep=1"}, rules.CodeSelector, `"v*"`, "two lines"},
		{"releases without a number", rules.Inputs{Delete: "type=semver"}, rules.CodeNumber, "keep=", "keep=3"},
		{"an unknown line of releases", rules.Inputs{Delete: "type=semver,keep=1,per=patch"}, rules.CodeSelector, "per=patch", "per=minor"},
		{"a wrong prerelease", rules.Inputs{Delete: "type=semver,keep=1,prerelease=old"}, rules.CodeNumber, `"old"`, "superseded"},
		{"open pull requests", rules.Inputs{Delete: "type=pr,state=open"}, rules.CodeSelector, "state=open", "state=closed"},
		{"pull requests without a state", rules.Inputs{Delete: "type=pr"}, rules.CodeSelector, `"type=pr"`, "state=closed"},
		{"branches without a pattern", rules.Inputs{Delete: "type=branch,state=deleted"}, rules.CodeSelector, "match=", "feature-*"},
		{"a wrong age of a line", rules.Inputs{Delete: "pr-*,older-than=soon"}, rules.CodeDuration, `"soon"`, "30d"},
		{"a wrong age", rules.Inputs{Delete: "x", OlderThan: "30 fortnights"}, rules.CodeDuration, `"30 fortnights"`, "30d"},
		{"a wrong number", rules.Inputs{Delete: "x", KeepNewest: "-1"}, rules.CodeNumber, `"-1"`, "0 or a larger"},
		{"a wrong share", rules.Inputs{Delete: "x", MaxDelete: "101%"}, rules.CodeNumber, `"101%"`, "0% to 100%"},
		{"a wrong limit", rules.Inputs{Delete: "x", MaxDelete: "many"}, rules.CodeNumber, `"many"`, "25%"},
		{"a wrong value", rules.Inputs{Broken: "ghosts"}, rules.CodeChoice, `"ghosts"`, "Did you mean ghost?"},
		{"a wrong number of untagged images", rules.Inputs{Untagged: "keep=x"}, rules.CodeChoice, `"keep=x"`, "keep=5"},
		{"a type in keep", rules.Inputs{Keep: "type=semver,keep=1"}, rules.CodeSelector, `"type=semver,keep=1"`, "delete"},
		{"a wrong reference", rules.Inputs{Keep: "ghcr.io/acme/web@sha256:12"}, rules.CodeSelector, `"ghcr.io/acme/web@sha256:12"`, "ghcr.io/acme/web:1.2"},
		{"a file that does not exist", rules.Inputs{KeepUsed: "@pods.json"}, rules.CodeUsedUnreadable, `"@pods.json"`, "actions/checkout"},
		{"a folder that does not exist", rules.Inputs{KeepUsed: "deploy/prod"}, rules.CodeUsedUnreadable, `"deploy/prod"`, "actions/checkout"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := rules.Parse(c.in, rules.NoFiles{}, "ghcr.io")
			if err == nil {
				t.Fatal("no error")
			}
			e := diag.All(err)[0]
			if e.Code != c.code || !strings.Contains(e.Title, c.quotes) || !strings.Contains(e.Hint, c.hint) {
				t.Errorf("got %s: %s\n%s\nwant %s with %s and the hint %q", e.Code, e.Title, e.Hint, c.code, c.quotes, c.hint)
			}
		})
	}
}

func TestAllProblemsAreReportedTogether(t *testing.T) {
	t.Parallel()
	_, err := rules.Parse(rules.Inputs{Delete: "!x\n/(/", OlderThan: "soon", Empty: "yes"}, rules.NoFiles{}, "ghcr.io")
	var codes []string
	for _, e := range diag.All(err) {
		codes = append(codes, e.Code)
	}
	slices.Sort(codes)
	want := []string{rules.CodeDuration, rules.CodeRegex, rules.CodeSelector, rules.CodeChoice}
	if !slices.Equal(codes, want) {
		t.Errorf("got %q, want %q", codes, want)
	}
}

// used are files that name images which run.
var used = map[string]string{
	"pods.txt":                 "ghcr.io/acme/web:1.0 ghcr.io/acme/web@sha256:" + strings.Repeat("a", 64),
	"k8s/deployment.yaml":      "spec:\n  containers:\n  - image: \"ghcr.io/acme/web:1.1\"\n",
	"k8s/kustomization.yaml":   "images:\n- name: ghcr.io/acme/web\n  newTag: \"1.2\"\n",
	"helm/values.yaml":         "web:\n  repository: ghcr.io/acme/web\n  tag: 1.3\n",
	"compose.yml":              "services: {web: {image: 'ghcr.io/acme/web'}, api: {image: 'ghcr.io/acme/api:${TAG}'}}\n",
	"Dockerfile":               "FROM ghcr.io/acme/web:1.4 AS base\nFROM docker.io/library/nginx:1\n",
	".github/workflows/ci.yml": "steps:\n- uses: docker://ghcr.io/acme/web:1.5\n",
	".git/objects/ignored":     "ghcr.io/acme/web:9.9",
	// The operator ">" of Windows PowerShell writes UTF-16.
	"windows.txt":               "\xff\xfe" + strings.Join(strings.Split("ghcr.io/acme/web:1.6\r\n", ""), "\x00") + "\x00",
	"bin/program":               "\x00ghcr.io/acme/web:9.8",
	"node_modules/x/Dockerfile": "FROM ghcr.io/acme/web:9.7",
}

func TestKeepUsedSearchesFilesForReferences(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, content := range used {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r, err := rules.Parse(rules.Inputs{KeepUsed: dir + "\n@" + filepath.Join(dir, "pods.txt") + "\nquay.io/x/y:1\nx*"}, rules.Disk{}, "ghcr.io")
	if err != nil {
		t.Fatal(err)
	}
	var tags, digests []string
	for _, k := range r.Keep {
		if k.Repository == "ghcr.io/acme/web" && k.Digest == "" {
			tags = append(tags, k.Tag)
		} else if k.Repository == "ghcr.io/acme/web" {
			digests = append(digests, k.Digest)
		}
	}
	slices.Sort(tags)
	tags = slices.Compact(tags)
	want := []string{"1.0", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "latest"}
	if !slices.Equal(tags, want) || len(digests) != 2 {
		t.Errorf("got the tags %q and %d digests, want %q and 2", tags, len(digests), want)
	}
	if len(r.Unclear) != 1 || !strings.HasSuffix(r.Unclear[0], "compose.yml: ghcr.io/acme/api") {
		t.Errorf("got the unclear references %q, want one in compose.yml", r.Unclear)
	}
	if last := r.Keep[len(r.Keep)-1]; last.Pattern == nil || last.Pattern.String() != "x*" {
		t.Errorf("got %+v, want the pattern x*", last)
	}
}

func TestDiskRefusesAMissingPath(t *testing.T) {
	t.Parallel()
	if _, err := (rules.Disk{}).Read(filepath.Join(t.TempDir(), "missing")); !os.IsNotExist(err) {
		t.Errorf("got %v, want %v", err, fs.ErrNotExist)
	}
}

// If the program took such a file for a list without images, it would delete images that are
// in use.
func TestKeepUsedRefusesAFileThatIsNoList(t *testing.T) {
	t.Parallel()
	binary := filepath.Join(t.TempDir(), "list.gz")
	if err := os.WriteFile(binary, []byte("\x1f\x8b\x08\x00"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{binary, os.DevNull} {
		if _, err := rules.Parse(rules.Inputs{KeepUsed: "@" + path}, rules.Disk{}, "ghcr.io"); !diag.Is(err, rules.CodeUsedUnreadable) {
			t.Errorf("%s: got %v", path, err)
		}
	}
	if _, err := rules.Parse(rules.Inputs{KeepUsed: filepath.Dir(binary)}, rules.Disk{}, "ghcr.io"); err != nil {
		t.Errorf("a folder with a binary file: got %v", err)
	}
}

// A word that is no existing file is not taken for a tag, because the file could name an
// image that must stay.
func TestKeepUsedRefusesAWordThatIsNoFile(t *testing.T) {
	t.Parallel()
	if _, err := rules.Parse(rules.Inputs{KeepUsed: "deploy"}, rules.NoFiles{}, "ghcr.io"); !diag.Is(err, rules.CodeUsedUnreadable) {
		t.Errorf("got %v", err)
	}
}
