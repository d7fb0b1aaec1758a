package ghcrtest_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

// The tests send plain HTTP requests. If they used this project's client, the
// client and the model could share the same misinterpretation of the protocol.

// The secrets in [acme], one for each kind of caller.
const (
	job       = "ghs_job"      // acme/web, packages: write
	otherJob  = "ghs_other"    // acme/other, packages: write
	readJob   = "ghs_read"     // acme/web, packages: read
	noneJob   = "ghs_none"     // acme/web, packages: none
	secretJob = "ghs_secret"   // acme/secret (private), packages: write
	app       = "ghs_app"      // token of another GitHub App
	pat       = "ghp_alice"    // alice, all package scopes
	readPAT   = "ghp_read"     // alice, read:packages
	bobPAT    = "ghp_bob"      // bob, who is not a member of acme
	finePAT   = "github_pat_a" // fine-grained
	ssoPAT    = "ghp_sso"      // alice, not authorized for acme
	expired   = "ghp_expired"  // alice, expired
	anonymous = ""             // no credentials
	wrong     = "ghp_wrong"    // unknown
	indexType = "application/vnd.oci.image.index.v1+json"
	imageType = "application/vnd.oci.image.manifest.v1+json"
)

// acme is a configuration with an organization, a public and a private repository of
// the organization, and two users.
func acme() ghcrtest.Config {
	all := []string{"read:packages", "write:packages", "delete:packages", "repo"}
	return ghcrtest.Config{
		Owners: []ghcrtest.Owner{
			{Login: "Acme", Members: []string{"alice"}},
			{Login: "alice", Type: ghcrtest.User},
			{Login: "bob", Type: ghcrtest.User},
		},
		Repositories: []ghcrtest.Repository{
			{Name: "Acme/web", Description: "A shop", License: "MIT"},
			{Name: "Acme/other"},
			{Name: "Acme/secret", Visibility: ghcrtest.Private},
			{Name: "alice/tool"},
		},
		Credentials: []ghcrtest.Credential{
			{Secret: job, Actor: "alice", Repository: "Acme/web", Packages: ghcrtest.Write},
			{Secret: otherJob, Actor: "alice", Repository: "Acme/other", Packages: ghcrtest.Write},
			{Secret: readJob, Actor: "alice", Repository: "Acme/web", Packages: ghcrtest.Read},
			{Secret: noneJob, Actor: "alice", Repository: "Acme/web"},
			{Secret: secretJob, Actor: "alice", Repository: "Acme/secret", Packages: ghcrtest.Write},
			{Secret: app, Kind: ghcrtest.AppToken},
			{Secret: pat, Kind: ghcrtest.ClassicPAT, Actor: "alice", Scopes: all},
			{Secret: readPAT, Kind: ghcrtest.ClassicPAT, Actor: "alice", Scopes: []string{"read:packages"}},
			{Secret: bobPAT, Kind: ghcrtest.ClassicPAT, Actor: "bob", Scopes: all},
			{Secret: finePAT, Kind: ghcrtest.FineGrainedPAT, Actor: "alice"},
			{Secret: ssoPAT, Kind: ghcrtest.ClassicPAT, Actor: "alice", Scopes: all, NoSSO: []string{"Acme"}},
			{Secret: expired, Kind: ghcrtest.ClassicPAT, Actor: "alice", Scopes: all, Expired: true},
		},
	}
}

// answer is a response of the server.
type answer struct {
	status int
	header http.Header
	body   string
}

// has fails the test unless the response has the status and contains the text.
func (a answer) has(t *testing.T, status int, text string) {
	t.Helper()
	if a.status != status || !strings.Contains(a.body, text) {
		t.Fatalf("got %d %s, want %d with %q", a.status, a.body, status, text)
	}
}

// refused fails the test unless the response is exactly the OCI error.
func (a answer) refused(t *testing.T, status int, code, message string) {
	t.Helper()
	var got struct {
		Errors []struct{ Code, Message string }
	}
	if err := json.Unmarshal([]byte(a.body), &got); err != nil || len(got.Errors) == 0 {
		t.Fatalf("got %d %q, want an OCI error", a.status, a.body)
	}
	if e := got.Errors[0]; a.status != status || e.Code != code || e.Message != message {
		t.Fatalf("got %d %s %q, want %d %s %q", a.status, e.Code, e.Message, status, code, message)
	}
}

// client sends requests to one server as one caller.
type client struct {
	t      *testing.T
	server *ghcrtest.Server
	secret string
	bearer string
	http   *http.Client
}

// start starts a server for one test.
func start(t *testing.T, c ghcrtest.Config) *ghcrtest.Server {
	t.Helper()
	return ghcrtest.Start(t, c)
}

// as returns a client of the caller with this secret. The client has no token yet.
func as(t *testing.T, s *ghcrtest.Server, secret string) *client {
	return &client{t: t, server: s, secret: secret, http: &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// send sends one request. The arguments header are pairs of name and value.
func (c *client) send(method, path string, body io.Reader, header ...string) (answer, error) {
	if strings.HasPrefix(path, "/") {
		path = c.server.URL() + path
	}
	r, err := http.NewRequestWithContext(c.t.Context(), method, path, body)
	if err != nil {
		return answer{}, err
	}
	if c.bearer != "" {
		r.Header.Set("Authorization", "Bearer "+c.bearer)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := c.http.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, string(raw)}, err
}

// do sends one request. It fails the test if the connection fails.
func (c *client) do(method, path, body string, header ...string) answer {
	c.t.Helper()
	var r io.Reader
	if body != "" {
		r = strings.NewReader(body)
	}
	a, err := c.send(method, path, r, header...)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, path, err)
	}
	return a
}

// ask sends GET /token with the caller's secret as the password.
func (c *client) ask(scopes ...string) answer {
	c.t.Helper()
	query := url.Values{"service": {"ghcr.io"}, "scope": scopes}
	var header []string
	if c.secret != anonymous {
		r := &http.Request{Header: http.Header{}}
		r.SetBasicAuth("user", c.secret)
		header = []string{"Authorization", r.Header.Get("Authorization")}
	}
	return c.do(http.MethodGet, "/token?"+query.Encode(), "", header...)
}

// login requests a token and keeps it.
func (c *client) login(scopes ...string) *client {
	c.t.Helper()
	a := c.ask(scopes...)
	var got struct{ Token string }
	if err := json.Unmarshal([]byte(a.body), &got); err != nil || a.status != http.StatusOK {
		c.t.Fatalf("requesting a token: %d %s", a.status, a.body)
	}
	c.bearer = got.Token
	return c
}

// on requests a token for pushing to repositories and pulling from them.
func (c *client) on(names ...string) *client {
	c.t.Helper()
	var scopes []string
	for _, name := range names {
		scopes = append(scopes, "repository:"+name+":pull,push")
	}
	return c.login(scopes...)
}

// api sends a REST request with the raw secret.
func (c *client) api(method, path, body string) answer {
	c.t.Helper()
	plain := *c
	plain.bearer = c.secret
	return plain.do(method, "/api/v3"+path, body)
}

// openUpload opens an upload session and returns its URL.
func (c *client) openUpload(name string) string {
	c.t.Helper()
	a := c.do(http.MethodPost, "/v2/"+name+"/blobs/uploads/", "")
	a.has(c.t, http.StatusAccepted, "")
	return a.header.Get("Location")
}

// pushBlob uploads content and returns its digest.
func (c *client) pushBlob(name, content string) string {
	c.t.Helper()
	digest := digestOf(content)
	c.do(http.MethodPut, c.openUpload(name)+"?digest="+digest, content).has(c.t, http.StatusCreated, "")
	return digest
}

// pushManifest pushes a manifest and returns its digest.
func (c *client) pushManifest(name, reference, mediaType, raw string) string {
	c.t.Helper()
	c.do(http.MethodPut, "/v2/"+name+"/manifests/"+reference, raw, "Content-Type", mediaType).
		has(c.t, http.StatusCreated, "")
	return digestOf(raw)
}

// pushImage pushes an image of one layer with a tag, and returns the manifest. Images
// with different seeds differ.
func (c *client) pushImage(name, tag, seed string) string {
	c.t.Helper()
	raw := c.image(name, seed, nil)
	c.pushManifest(name, tag, imageType, raw)
	return raw
}

// image pushes the blobs of an image and returns its manifest.
func (c *client) image(name, seed string, labels map[string]string) string {
	c.t.Helper()
	config, err := json.Marshal(map[string]any{"os": "linux", "config": map[string]any{"Labels": labels}, "seed": seed})
	if err != nil {
		c.t.Fatal(err)
	}
	return imageOf(c.pushBlob(name, string(config)), c.pushBlob(name, "layer of "+seed))
}

// imageOf returns an image manifest.
func imageOf(config string, layers ...string) string {
	var b bytes.Buffer
	fmt.Fprintf(&b, `{"schemaVersion":2,"mediaType":%q,"config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":%q,"size":1},"layers":[`, imageType, config)
	for i, layer := range layers {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":%q,"size":1}`, layer)
	}
	b.WriteString("]}")
	return b.String()
}

// indexOf returns an index with annotations.
func indexOf(annotations map[string]string, children ...string) string {
	var entries []string
	for _, digest := range children {
		entries = append(entries, fmt.Sprintf(`{"mediaType":%q,"digest":%q,"size":1}`, imageType, digest))
	}
	var notes []string
	for key, value := range annotations {
		notes = append(notes, fmt.Sprintf("%q:%q", key, value))
	}
	return fmt.Sprintf(`{"schemaVersion":2,"mediaType":%q,"manifests":[%s],"annotations":{%s}}`,
		indexType, strings.Join(entries, ","), strings.Join(notes, ","))
}

func digestOf(content string) string {
	sum := sha256.Sum256([]byte(content))
	return "sha256:" + hex.EncodeToString(sum[:])
}
