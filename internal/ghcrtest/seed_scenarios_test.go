package ghcrtest_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

// scenarios is the file of the scenarios of the command "cleanup".
var scenarios = filepath.Join("..", "cleanup", "testdata", "cleanup.json")

// seededServer is a server with one scenario, and its client.
type seededServer struct {
	*client
	*ghcrtest.Seed
	name   string
	labels map[string]string
}

// seed starts a server with a scenario in the way of the command "serve".
func seed(t *testing.T, s *ghcrtest.Seed) *seededServer {
	t.Helper()
	server := start(t, ghcrtest.Config{Open: &ghcrtest.Open{}, Seed: s})
	out := &seededServer{client: as(t, server, server.Token()), Seed: s, labels: map[string]string{}}
	out.name = s.Name()
	out.login("repository:" + out.name + ":pull")
	got := out.do(http.MethodGet, "/_seed", "")
	got.has(t, 200, "")
	decode(t, got.body, &out.labels)
	return out
}

func decode(t *testing.T, text string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
}

// digest returns the digest of a label. The digest of a missing manifest is the digest of
// its label.
func (s *seededServer) digest(label string) string {
	if known, ok := s.labels[label]; ok {
		return known
	}
	return digestOf(label)
}

// expand replaces {hex:LABEL} by the digits of a digest.
func (s *seededServer) expand(tag string) string {
	before, rest, found := strings.Cut(tag, "{hex:")
	label, after, _ := strings.Cut(rest, "}")
	if !found {
		return tag
	}
	return before + strings.TrimPrefix(s.digest(label), "sha256:") + after
}

// path returns the path of the package in the REST API.
func (s *seededServer) path() string {
	owner, name, _ := strings.Cut(s.name, "/")
	return "/orgs/" + owner + "/packages/container/" + strings.ReplaceAll(name, "/", "%2F")
}

type restVersion struct {
	ID        int64
	Name      string
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
	Metadata  struct{ Container struct{ Tags []string } }
}

func (s *seededServer) versions(t *testing.T) []restVersion {
	t.Helper()
	got := s.api(http.MethodGet, s.path()+"/versions?per_page=100", "")
	got.has(t, 200, "")
	var out []restVersion
	decode(t, got.body, &out)
	return out
}

func TestEveryScenarioIsServed(t *testing.T) {
	t.Parallel()
	all, err := ghcrtest.ReadSeeds(scenarios)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 61 {
		t.Errorf("the file has %d scenarios, want at least 61", len(all))
	}
	for _, c := range all {
		t.Run(c.ID, func(t *testing.T) {
			t.Parallel()
			s := seed(t, c)
			listed := s.wantVersions(t)
			s.wantTags(t)
			for _, v := range c.Versions {
				s.wantManifest(t, v)
			}
			s.wantPackage(t)
			s.wantRepository(t)
			s.wantRefusals(t, listed)
		})
	}
}

func (s *seededServer) wantVersions(t *testing.T) []restVersion {
	t.Helper()
	got := s.versions(t)
	if len(got) != len(s.Versions) {
		t.Fatalf("got %d versions, want %d", len(got), len(s.Versions))
	}
	near := func(at time.Time, hours float64) bool {
		return (time.Since(at) - time.Duration(hours*float64(time.Hour))).Abs() < time.Minute
	}
	for i, v := range s.Versions {
		if got[i].Name != s.labels[v.Label] || i > 0 && got[i].ID >= got[i-1].ID {
			t.Errorf("version %d is %s with the id %d, want %s and a falling id", i, got[i].Name, got[i].ID, v.Label)
		}
		created := v.Age
		if v.Created != nil {
			created = *v.Created
		}
		if !near(got[i].UpdatedAt, v.Age) || !near(got[i].CreatedAt, created) {
			t.Errorf("version %s was created at %s and updated at %s", v.Label, got[i].CreatedAt, got[i].UpdatedAt)
		}
		want := []string{}
		for _, tag := range v.Tags {
			want = append(want, s.expand(tag))
		}
		if !slices.Equal(got[i].Metadata.Container.Tags, want) {
			t.Errorf("version %s has the tags %v, want %v", v.Label, got[i].Metadata.Container.Tags, want)
		}
	}
	return got
}

func (s *seededServer) wantTags(t *testing.T) {
	t.Helper()
	var list struct{ Tags []string }
	decode(t, s.do(http.MethodGet, "/v2/"+s.name+"/tags/list?n=1000", "").body, &list)
	var want []string
	for _, v := range s.Versions {
		for _, tag := range v.Tags {
			want = append(want, s.expand(tag))
		}
	}
	slices.Sort(want)
	slices.Sort(list.Tags)
	if !slices.Equal(list.Tags, want) {
		t.Errorf("got the tags %v, want %v", list.Tags, want)
	}
}

type (
	ociManifest struct {
		MediaType, ArtifactType  string
		Config                   ociDescriptor
		Layers, Blobs, Manifests []ociDescriptor
		Subject                  *ociDescriptor
		Annotations              map[string]string
		SchemaVersion            int
	}
	ociDescriptor struct {
		MediaType, Digest string
		Size              int
		Platform          *struct{ Architecture, OS, Variant string }
		Annotations       map[string]string
	}
)

func (s *seededServer) wantManifest(t *testing.T, v ghcrtest.SeedVersion) {
	t.Helper()
	got := s.do(http.MethodGet, "/v2/"+s.name+"/manifests/"+s.labels[v.Label], "")
	if slices.Contains(s.Options.Unreadable, v.Label) {
		got.refused(t, 403, "DENIED", "denied")
		return
	}
	got.has(t, 200, "")
	if digestOf(got.body) != s.labels[v.Label] {
		t.Errorf("%s: the manifest has another digest", v.Label)
	}
	var m ociManifest
	decode(t, got.body, &m)
	if m.Annotations["seed"] != v.Label || m.SchemaVersion != 2 || got.header.Get("Content-Type") != m.MediaType {
		t.Errorf("%s: got %s", v.Label, got.body)
	}
	if (m.Subject != nil) != (v.Subject != "") || m.Subject != nil && m.Subject.Digest != s.digest(v.Subject) {
		t.Errorf("%s: got subject %+v, want %s", v.Label, m.Subject, v.Subject)
	}
	if v.Kind == "index" {
		s.wantEntries(t, v, m)
		return
	}
	s.wantContent(t, v, m)
}

func (s *seededServer) wantContent(t *testing.T, v ghcrtest.SeedVersion, m ociManifest) {
	t.Helper()
	type form struct{ config, layer, artifact string }
	want := map[ghcrtest.SeedKind]form{
		"image":       {"application/vnd.oci.image.config.v1+json", "application/vnd.oci.image.layer.v1.tar", ""},
		"attestation": {"application/vnd.oci.image.config.v1+json", "application/vnd.in-toto+json", ""},
		"signature":   {"application/vnd.oci.image.config.v1+json", "application/vnd.dev.cosign.simplesigning.v1+json", ""},
		"artifact":    {"application/vnd.oci.empty.v1+json", "application/vnd.example.sbom", "application/vnd.example.sbom"},
	}[v.Kind]
	if m.MediaType != imageType || m.Config.MediaType != want.config || m.ArtifactType != want.artifact || len(m.Layers) != len(v.Layers) {
		t.Errorf("%s: got %+v", v.Label, m)
	}
	config, err := s.server.Blob(s.name, m.Config.Digest)
	if err != nil || v.Kind == "image" && !strings.Contains(string(config), fmt.Sprintf(`"Labels":{"seed":%q}`, v.Label)) {
		t.Errorf("%s: got config %s, %v", v.Label, config, err)
	}
	for _, layer := range m.Layers {
		content, err := s.server.Blob(s.name, layer.Digest)
		known := slices.ContainsFunc(slices.Collect(maps.Keys(v.Layers)), func(name string) bool {
			return v.Layers[name] == int64(len(content)) && strings.Contains(strings.Repeat(name, len(content)+2), string(content))
		})
		if err != nil || !known || layer.Size != len(content) || layer.MediaType != want.layer {
			t.Errorf("%s: got layer %+v with %q, %v", v.Label, layer, content, err)
		}
	}
}

func (s *seededServer) wantEntries(t *testing.T, v ghcrtest.SeedVersion, m ociManifest) {
	t.Helper()
	platforms := []string{"linux/amd64/", "linux/arm64/", "linux/arm/v7", "linux/s390x/"}
	images := 0
	if len(m.Manifests) != len(v.Children) || m.MediaType != indexType {
		t.Fatalf("%s: got %+v", v.Label, m)
	}
	for i, label := range v.Children {
		entry := m.Manifests[i]
		at := slices.IndexFunc(s.Versions, func(o ghcrtest.SeedVersion) bool { return o.Label == label })
		child := ghcrtest.SeedVersion{Kind: "image"}
		if at >= 0 {
			child = s.Versions[at]
		} else if entry.Size != 7 {
			t.Errorf("%s: the missing entry %s has the size %d", v.Label, label, entry.Size)
		}
		platform := ""
		if entry.Platform != nil {
			platform = entry.Platform.OS + "/" + entry.Platform.Architecture + "/" + entry.Platform.Variant
		}
		want := ""
		switch {
		case child.Kind == "attestation", slices.Contains(v.Attestations, label):
			want = "unknown/unknown/"
			if entry.Annotations["vnd.docker.reference.type"] != "attestation-manifest" || entry.Annotations["vnd.docker.reference.digest"] != s.digest(described(v, child)) {
				t.Errorf("%s: got %+v for the attestation %s", v.Label, entry, label)
			}
		case child.Kind == "image":
			want = platforms[images]
			images++
		}
		if entry.Digest != s.digest(label) || platform != want {
			t.Errorf("%s: got entry %+v, want %s for %s", v.Label, entry, label, want)
		}
	}
}

// described returns the label of the image that an attestation describes.
func described(index, attestation ghcrtest.SeedVersion) string {
	if attestation.Of != "" {
		return attestation.Of
	}
	return index.Children[0]
}

func (s *seededServer) wantPackage(t *testing.T) {
	t.Helper()
	s.api(http.MethodGet, s.path(), "").has(t, 200, fmt.Sprintf(`"visibility":%q`, s.Visibility))
	s.api(http.MethodGet, s.path()+"2", "").has(t, 404, "Package not found.")
}

func (s *seededServer) wantRepository(t *testing.T) {
	t.Helper()
	for number, state := range s.Options.Pulls {
		s.api(http.MethodGet, fmt.Sprint("/repos/acme/app/pulls/", number), "").has(t, 200, fmt.Sprintf(`"state":%q`, state))
	}
	for _, branch := range s.Options.Branches {
		s.api(http.MethodGet, "/repos/acme/app/branches", "").has(t, 200, fmt.Sprintf(`"name":%q`, branch))
	}
}

// wantRefusals deletes the listed versions that GitHub refuses to delete.
func (s *seededServer) wantRefusals(t *testing.T, list []restVersion) {
	t.Helper()
	for i, v := range list {
		label := s.Versions[i].Label
		path := fmt.Sprintf("%s/versions/%d", s.path(), v.ID)
		switch {
		case s.Options.Permissions == "write":
			s.api(http.MethodDelete, path, "").has(t, 404, "Package not found.")
			s.api(http.MethodGet, path, "").has(t, 200, v.Name)
		case s.Options.Downloads[label] > 5000 && s.Visibility == "public":
			s.api(http.MethodDelete, path, "").has(t, 400, popularVersion)
		}
	}
}
