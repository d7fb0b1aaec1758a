package keychain_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/registry/keychain"
	"github.com/ghcr-publish/ghcr-publish/internal/secret"
)

// file replaces the Docker config file of the machine. It has credentials for every
// registry.
type file struct{}

func (file) Resolve(authn.Resource) (authn.Authenticator, error) {
	return authn.FromConfig(authn.AuthConfig{Username: "file", Password: "file"}), nil
}

func TestKeychainGivesTheTokenToOneHostOnly(t *testing.T) {
	t.Parallel()
	token := keychain.Login{Username: "octocat", Secret: secret.New("ghs_x")}
	own := map[string]keychain.Login{"quay.io": {Username: "me", Secret: secret.New("q")}, "ghcr.io": {Username: "me", Secret: secret.New("own")}}
	cases := []struct {
		name     string
		keychain keychain.Keychain
		host     string
		want     string
	}{
		{"GitHub's registry", keychain.Keychain{Host: "ghcr.io", Token: token, Fallback: file{}}, "ghcr.io", "octocat:ghs_x"},
		{"another registry", keychain.Keychain{Host: "ghcr.io", Token: token, Fallback: file{}}, "docker.io", "file:file"},
		{"another registry without a file", keychain.Keychain{Host: "ghcr.io", Token: token}, "docker.io", ":"},
		{"host with the registry as prefix", keychain.Keychain{Host: "ghcr.io", Token: token}, "ghcr.io.evil.example", ":"},
		{"another port", keychain.Keychain{Host: "127.0.0.1:5000", Token: token}, "127.0.0.1:5001", ":"},
		{"registry with separate credentials", keychain.Keychain{Host: "ghcr.io", Token: token, Others: own}, "quay.io", "me:q"},
		{"separate credentials for GitHub's registry", keychain.Keychain{Host: "ghcr.io", Token: token, Others: own}, "ghcr.io", "me:own"},
		{"no token", keychain.Keychain{Host: "ghcr.io", Fallback: file{}}, "ghcr.io", "file:file"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			reg, err := name.NewRegistry(c.host)
			if err != nil {
				t.Fatal(err)
			}
			a, err := c.keychain.Resolve(reg)
			if err != nil {
				t.Fatal(err)
			}
			config, err := a.Authorization()
			if err != nil {
				t.Fatal(err)
			}
			if got := config.Username + ":" + config.Password; got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestClientSendsTheToken(t *testing.T) {
	t.Parallel()
	received := make(chan string, 1)
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { received <- r.Header.Get("Authorization") }))
	t.Cleanup(s.Close)
	for token, want := range map[string]string{"ghs_x": "Bearer ghs_x", "": ""} {
		resp, err := keychain.Client(secret.New(token), nil).Get(s.URL)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if got := <-received; got != want {
			t.Errorf("token %q: got the header %q, want %q", token, got, want)
		}
	}
}

// oauth2 adds the token to every request, including a request after a redirect to
// another host.
func TestClientDoesNotSendTheTokenToAnotherHost(t *testing.T) {
	t.Parallel()
	received := make(chan string, 1)
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { received <- r.Header.Get("Authorization") }))
	t.Cleanup(other.Close)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/other-host":
			http.Redirect(w, r, other.URL+"/target", http.StatusFound)
		case "/renamed":
			http.Redirect(w, r, "/repositories/1", http.StatusMovedPermanently)
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		}
	}))
	t.Cleanup(s.Close)
	client := keychain.Client(secret.New("ghs_x"), nil)
	for path, ok := range map[string]bool{"/other-host": false, "/renamed": true, "/loop": false} {
		resp, err := client.Get(s.URL + path)
		if err == nil {
			resp.Body.Close()
		}
		if (err == nil) != ok {
			t.Errorf("%s: %v", path, err)
		}
	}
	if len(received) > 0 {
		t.Errorf("another host received the header %q", <-received)
	}
}
