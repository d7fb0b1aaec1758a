package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest/sigstore"
)

// rootOf returns the root of an embedded instance, as one line.
func rootOf(t *testing.T, form sigstore.Form) string {
	t.Helper()
	services, err := sigstore.New(sigstore.Config{Form: form})
	if err != nil {
		t.Fatal(err)
	}
	return string(services.TrustedRoot("https://sigstore.example"))
}

// folderOf writes the roots of both instances, as the program contains them.
func folderOf(t *testing.T, public, github string) string {
	t.Helper()
	folder := t.TempDir()
	for name, root := range map[string]string{"public-good.json": public, "github.json": github} {
		var indented bytes.Buffer
		if root == "" {
			continue
		}
		if err := json.Indent(&indented, []byte(root), "", "\t"); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, name), indented.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func TestRootsAreComparedByTheirContent(t *testing.T) {
	t.Parallel()
	public, github := rootOf(t, sigstore.PublicGood), rootOf(t, sigstore.GitHub)
	other := rootOf(t, sigstore.PublicGood)
	ended := strings.Replace(public, `"validFor":{"start":`, `"validFor":{"end":"2030-01-01T00:00:00Z","start":`, 1)
	unusable := strings.Replace(public, "trustedroot+json;version=0.1", "trustedroot+json;version=9", 1)
	cases := []struct {
		name, public, github, verified string
		want                           []string // texts of the output and of the error; nil if the roots are equal
	}{
		{"equal", public, github, public + github, nil},
		{"equal in another order", public, github, github + public, nil},
		{"other keys", public, github, other + github, []string{"public-good.json: different", "removed from tlogs: https://sigstore.example valid from ", "added to tlogs: ", "added to ctlogs: ", "github.json: same", "-update internal/attest/roots"}},
		{"the end of an authority", public, github, ended + github, []string{"added to certificateAuthorities: https://sigstore.example valid from ", "to 2030-01-01T00:00:00Z"}},
		{"another field", public, github, strings.Replace(public, "{", `{"x":1,`, 1) + github, []string{"another field"}},
		{"a root that the program does not contain", public, "", public + github, []string{"github.json: different", "added to timestampAuthorities", "git add internal/attest/roots"}},
		{"no root of GitHub", public, github, public, []string{"no root belongs to the instance github"}},
		{"no root", public, github, "", []string{"no root belongs"}},
		{"two roots of an instance", public, github, public + other + github, []string{"two roots belong to the instance public-good"}},
		{"a root of a new form", public, github, unusable + github, []string{"which the program cannot use"}},
		{"a root of another instance", public, github, public + strings.ReplaceAll(github, "certificateAuthorities", "x"), []string{"no known instance"}},
		{"no JSON", public, github, "Failed to verify", []string{"reading the verified roots"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			err := run([]string{folderOf(t, c.public, c.github)}, strings.NewReader(c.verified), &out)
			if (err != nil) != (c.want != nil) {
				t.Fatalf("got %v and the output %s", err, &out)
			}
			for _, want := range c.want {
				if !strings.Contains(out.String()+err.Error(), want) {
					t.Errorf("got %v and the output %s, want %q", err, &out, want)
				}
			}
		})
	}
}

func TestUpdateWritesTheVerifiedRoots(t *testing.T) {
	t.Parallel()
	folder := folderOf(t, rootOf(t, sigstore.PublicGood), "")
	verified := rootOf(t, sigstore.PublicGood) + rootOf(t, sigstore.GitHub)
	var out strings.Builder
	if err := run([]string{"-update", folder}, strings.NewReader(verified), &out); err != nil {
		t.Fatal(err)
	}
	if err := run([]string{folder}, strings.NewReader(verified), &out); err != nil {
		t.Errorf("the written roots differ: %v\n%s", err, &out)
	}
	raw, err := os.ReadFile(filepath.Join(folder, "github.json"))
	if err != nil || !strings.HasPrefix(string(raw), "{\n  \"") || !strings.HasSuffix(string(raw), "}\n") {
		t.Errorf("the file is not indented: %v\n%s", err, raw)
	}
}
