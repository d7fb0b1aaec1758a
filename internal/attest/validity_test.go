package attest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest/sigstore"
)

// without returns a verifier for a trusted root in which one key or authority is not in use
// at the time of the test.
func (r *rig) without(kind string, number int, start, end time.Time) *Verifier {
	r.t.Helper()
	raw, err := os.ReadFile(filepath.Join(r.folder, rootFile))
	if err != nil {
		r.t.Fatal(err)
	}
	var root map[string]any
	if err := json.Unmarshal(raw, &root); err != nil {
		r.t.Fatal(err)
	}
	one := root[kind].([]any)[number].(map[string]any)
	valid := map[string]any{"start": start.UTC().Format(time.RFC3339), "end": end.UTC().Format(time.RFC3339)}
	if one["publicKey"] != nil {
		one["publicKey"].(map[string]any)["validFor"] = valid
	} else {
		one["validFor"] = valid
	}
	verifier, err := NewVerifier(encode(r.t, root))
	if err != nil {
		r.t.Fatal(err)
	}
	return verifier
}

// An instance ends the trust in a key or in an authority with the end of its validity.
func TestKeysThatAreNotInUseProveNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t, sigstore.PublicGood)
	session := r.open(job())
	statement := provenanceOf(t, session, "image")
	both, second := encode(t, r.seal(session, statement)), rekor2(t, r, statement)
	onlyLog := change(t, r.seal(session, statement), func(b map[string]any) {
		delete(object(b, "verificationMaterial"), "timestampVerificationData")
	})
	noPromise := change(t, r.seal(session, statement), func(b map[string]any) {
		delete(object(b, "verificationMaterial")["tlogEntries"].([]any)[0].(map[string]any), "inclusionPromise")
	})
	now := time.Now()
	cases := []struct {
		name, kind string
		number     int
		bundle     []byte
		valid      bool // although the key is not in use
	}{
		{"authority", "certificateAuthorities", 0, both, false},
		{"log with a promise", "tlogs", 0, both, false},
		{"log with only a promise", "tlogs", 0, onlyLog, false},
		{"log without a promise", "tlogs", 0, noPromise, false},
		{"log of version 2", "tlogs", 1, second, false},
		{"another log", "tlogs", 1, both, true},
		{"log of certificates", "ctlogs", 0, both, false},
		{"timestamp authority of version 2", "timestampAuthorities", 0, second, false},
		{"timestamp authority beside a log", "timestampAuthorities", 0, both, true},
	}
	for _, tc := range cases {
		for name, window := range map[string][2]time.Time{
			"ended": {now.Add(-48 * time.Hour), now.Add(-24 * time.Hour)}, "not begun": {now.Add(24 * time.Hour), now.Add(48 * time.Hour)},
		} {
			_, err := r.without(tc.kind, tc.number, window[0], window[1]).Verify(tc.bundle, digestOf("image"), ours())
			if (err == nil) != tc.valid {
				t.Errorf("%s, %s: got %v", tc.name, name, err)
			}
		}
		if _, err := r.without(tc.kind, tc.number, now.Add(-time.Hour), now.Add(time.Hour)).Verify(tc.bundle, digestOf("image"), ours()); err != nil {
			t.Errorf("%s in use: got %v", tc.name, err)
		}
	}
}

// The index of a log entry in a bundle can be any number, unless a log signed it.
func TestOnlyAProvedLogIndexIsReported(t *testing.T) {
	t.Parallel()
	r := newRig(t, sigstore.GitHub)
	logged := newRig(t, sigstore.PublicGood)
	session, other := r.open(job()), logged.open(job())
	foreign := logged.seal(other, provenanceOf(t, other, "image"))
	raw := change(t, r.seal(session, provenanceOf(t, session, "image")), func(b map[string]any) {
		object(b, "verificationMaterial")["tlogEntries"] = foreign.Material.Entries
	})
	result, err := r.verifier().Verify(raw, digestOf("image"), ours())
	if err != nil || result.LogIndex != -1 {
		t.Errorf("got %+v, %v", result, err)
	}
	var second map[string]any
	if err := json.Unmarshal(rekor2(t, logged, provenanceOf(t, other, "image")), &second); err != nil {
		t.Fatal(err)
	}
	entry := object(second, "verificationMaterial")["tlogEntries"].([]any)[0].(map[string]any)
	entry["logIndex"] = "7"
	result, err = logged.verifier().Verify(encode(t, second), digestOf("image"), ours())
	if err != nil || result.LogIndex != 0 {
		t.Errorf("got %+v, %v", result, err)
	}
}

// This release does not contain the keys of every instance.
func TestTheUnknownAuthorityIsNamed(t *testing.T) {
	t.Parallel()
	r := newRig(t, sigstore.GitHub)
	session := r.open(job())
	roots, err := Roots()
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := NewVerifier(roots)
	if err != nil {
		t.Fatal(err)
	}
	_, err = verifier.Verify(encode(t, r.seal(session, provenanceOf(t, session, "image"))), digestOf("image"), ours())
	if err == nil || !strings.Contains(err.Error(), `"CN=sigstore,O=GitHub\\, Inc."`) {
		t.Errorf("got %v", err)
	}
}

// A folder that describes no Sigstore ends the run before the upload.
func TestBrokenFoldersAreRefusedBeforeTheUpload(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, file, from, to, want string }{
		{"an empty root", rootFile, "", "", "the file is empty"},
		{"a root that is not JSON", rootFile, "{", "x", "reading trusted_root.json: the text is not JSON"},
		{"a root of another type", rootFile, "{", "[{", "the text is not JSON"},
		{"a list", rootFile, "*", "[]", "its value is of the type array"},
		{"a signing configuration as root", rootFile, "trustedroot+json", "signingconfig.v0.2+json", "media type"},
		{"an empty signing configuration", signingFile, "", "", "reading signing_config.json: the text is not JSON"},
		{"an address without TLS", signingFile, "http://127.0.0.1", "http://192.0.2.1", "must begin with https://"},
		{"no address", signingFile, "http://127.0.0.1", "::", "must begin with https://"},
		{"no authority", signingFile, "caUrls", "urls", "names no certificate authority"},
		{"only version 2", signingFile, `"majorApiVersion":1`, `"majorApiVersion":2`, "with the API version 1"},
	}
	for _, tc := range cases {
		r := newRig(t, sigstore.PublicGood)
		path := filepath.Join(r.folder, tc.file)
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		text := strings.ReplaceAll(string(raw), tc.from, tc.to)
		switch tc.from {
		case "":
			text = ""
		case "*":
			text = tc.to
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := Available(r.folder, "https://github.com"); !diag.Is(err, CodeFolder) || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: got %v", tc.name, err)
		}
	}
}
