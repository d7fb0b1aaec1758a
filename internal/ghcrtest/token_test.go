package ghcrtest_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

func TestPingChallengeHasAPlaceholderScope(t *testing.T) {
	t.Parallel()
	s := start(t, acme())
	got := as(t, s, anonymous).do(http.MethodGet, "/v2/", "")
	got.refused(t, 401, "UNAUTHORIZED", "authentication required")
	want := `Bearer realm="` + s.URL() + `/token",service="` + s.Host() + `",scope="repository:user/image:pull"`
	if header := got.header.Get("WWW-Authenticate"); header != want {
		t.Errorf("got challenge %s, want %s", header, want)
	}
}

func TestPingAcceptsAToken(t *testing.T) {
	t.Parallel()
	as(t, start(t, acme()), job).on("acme/web").do(http.MethodGet, "/v2/", "").has(t, 200, "{}")
}

func TestChallengeNamesTheRepositoryAndTheAction(t *testing.T) {
	t.Parallel()
	c := as(t, start(t, acme()), anonymous)
	cases := []struct{ name, method, path, want string }{
		{"read", http.MethodGet, "/v2/acme/web/manifests/1", `scope="repository:acme/web:pull"`},
		{"write", http.MethodPost, "/v2/acme/web/blobs/uploads/", `scope="repository:acme/web:pull,push"`},
	}
	for _, tc := range cases {
		got := c.do(tc.method, tc.path, "")
		if header := got.header.Get("WWW-Authenticate"); got.status != 401 || !strings.HasSuffix(header, tc.want) {
			t.Errorf("%s: got %d %s, want 401 ending in %s", tc.name, got.status, header, tc.want)
		}
	}
}

func TestTokenAnswerContainsOnlyAnOpaqueToken(t *testing.T) {
	t.Parallel()
	got := as(t, start(t, acme()), job).ask("repository:acme/web:pull,push")
	var body map[string]string
	if err := json.Unmarshal([]byte(got.body), &body); err != nil || len(body) != 1 || body["token"] == "" {
		t.Fatalf("got %s, want an object with only the token", got.body)
	}
	if strings.Count(body["token"], ".") == 2 {
		t.Errorf("the token %s looks like a JWT", body["token"])
	}
}

func TestTokenIsIssuedWithoutPushPermission(t *testing.T) {
	t.Parallel()
	s := start(t, acme())
	for _, secret := range []string{readJob, noneJob, finePAT, readPAT, app} {
		c := as(t, s, secret).on("acme/web")
		if got := c.do(http.MethodPost, "/v2/acme/web/blobs/uploads/", ""); got.status != 403 {
			t.Errorf("%s: upload session got %d, want 403", secret, got.status)
		}
	}
}

func TestTokenRefusalsHaveTheTextsOfGitHub(t *testing.T) {
	t.Parallel()
	const accessDenied, bad = "requested access to the resource is denied", "denied"
	cases := []struct{ name, secret, scope, want string }{
		{"anonymous, private", anonymous, "repository:acme/private:pull", accessDenied},
		{"anonymous, absent", anonymous, "repository:acme/absent:pull", accessDenied},
		{"anonymous, placeholder echoed", anonymous, "repository:user/image:pull", accessDenied},
		{"anonymous, pushing", anonymous, "repository:acme/public:pull,push", accessDenied},
		{"wrong secret", wrong, "repository:acme/public:pull", bad},
		{"expired secret", expired, "repository:acme/public:pull", bad},
		{"empty owner", job, "repository:web:pull", bad},
	}
	config := acme()
	config.Packages = []ghcrtest.Package{{Name: "acme/private"}, {Name: "acme/public", Visibility: ghcrtest.Public}}
	s := start(t, config)
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			as(t, s, tc.secret).ask(tc.scope).refused(t, 403, "DENIED", tc.want)
		})
	}
}

func TestTokenRefusesAnEmptyPassword(t *testing.T) {
	t.Parallel()
	got := as(t, start(t, acme()), anonymous).do(http.MethodGet, "/token", "", "Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte("user:")))
	got.refused(t, 403, "DENIED", "denied")
}

func TestTokenRefusesARawBearer(t *testing.T) {
	t.Parallel()
	got := as(t, start(t, acme()), anonymous).do(http.MethodGet, "/token", "", "Authorization", "Bearer "+job)
	got.refused(t, 401, "UNAUTHORIZED", "authentication required")
}

func TestAnonymousTokenCanReadAPublicPackage(t *testing.T) {
	t.Parallel()
	s := start(t, acme())
	raw := as(t, s, job).on("acme/web").pushImage("acme/web", "1", "a")
	c := as(t, s, anonymous).login("repository:acme/web:pull")
	c.do(http.MethodGet, "/v2/acme/web/manifests/1", "").has(t, 200, raw)
	c.do(http.MethodPost, "/v2/acme/web/blobs/uploads/", "").has(t, 401, "authentication required")
}

func TestWrongSecretCanCountAsAnonymous(t *testing.T) {
	t.Parallel()
	config := acme()
	config.Answers.WrongSecretAsAnonymous = true
	as(t, start(t, config), wrong).ask("repository:acme/absent:pull").
		refused(t, 403, "DENIED", "requested access to the resource is denied")
}

func TestOneTokenCoversAllItsScopes(t *testing.T) {
	t.Parallel()
	s := start(t, acme())
	for name, scopes := range map[string][]string{
		"repeated":  {"repository:acme/web:pull,push", "repository:acme/web/api:pull,push"},
		"one field": {"repository:acme/web:pull,push repository:acme/web/api:pull,push"},
	} {
		c := as(t, s, job).login(scopes...)
		c.openUpload("acme/web")
		c.openUpload("acme/web/api")
		if got := c.do(http.MethodPost, "/v2/acme/third/blobs/uploads/", ""); got.status != 401 {
			t.Errorf("%s: a request to a repository outside of the scopes got %d, want 401", name, got.status)
		}
	}
}

func TestAllOrNothingRefusesTheTokenRequest(t *testing.T) {
	t.Parallel()
	config := acme()
	config.Answers.AllOrNothing = true
	config.Packages = []ghcrtest.Package{{Name: "acme/private"}}
	c := as(t, start(t, config), job)
	c.ask("repository:acme/web:pull,push").has(t, 200, "token")
	c.ask("repository:acme/web:pull,push", "repository:acme/private:pull").
		refused(t, 403, "DENIED", "requested access to the resource is denied")
}

func TestExpiredTokenIsChallengedAgain(t *testing.T) {
	t.Parallel()
	var elapsed atomic.Int64
	config := acme()
	config.TokenTTL = time.Minute
	config.Clock = func() time.Time { return time.Unix(1e9, 0).Add(time.Duration(elapsed.Load())) }
	c := as(t, start(t, config), job).on("acme/web")
	c.openUpload("acme/web")
	elapsed.Store(int64(2 * time.Minute))
	got := c.do(http.MethodPost, "/v2/acme/web/blobs/uploads/", "")
	got.refused(t, 401, "UNAUTHORIZED", "authentication required")
	if got.header.Get("WWW-Authenticate") == "" {
		t.Error("an expired token got no challenge")
	}
}

func TestTokenOfARevokedCredentialIsRefused(t *testing.T) {
	t.Parallel()
	s := start(t, acme())
	c := as(t, s, pat).on("acme/web")
	s.Revoke(pat)
	c.do(http.MethodPost, "/v2/acme/web/blobs/uploads/", "").
		refused(t, 401, "UNAUTHORIZED", "unauthenticated: User cannot be authenticated with the token provided.")
}

func TestUnknownBearerGetsNoChallenge(t *testing.T) {
	t.Parallel()
	got := as(t, start(t, acme()), anonymous).do(http.MethodGet, "/v2/", "", "Authorization", "Bearer nonsense")
	got.refused(t, 403, "DENIED", "denied")
	if header := got.header.Get("WWW-Authenticate"); header != "" {
		t.Errorf("got challenge %s, want none", header)
	}
}

func TestDirectBearerMustBeEnabled(t *testing.T) {
	t.Parallel()
	open := acme()
	open.Answers.DirectBearer = true
	cases := []struct {
		name   string
		config ghcrtest.Config
		bearer string
		want   int
	}{
		{"off", acme(), job, 403},
		{"only the secret", open, job, 202},
		{"with a user", open, "octocat:" + job, 202},
		{"wrong secret", open, wrong, 403},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			bearer := base64.StdEncoding.EncodeToString([]byte(tc.bearer))
			got := as(t, start(t, tc.config), anonymous).
				do(http.MethodPost, "/v2/acme/web/blobs/uploads/", "", "Authorization", "Bearer "+bearer)
			if got.status != tc.want {
				t.Errorf("got %d, want %d", got.status, tc.want)
			}
		})
	}
}

func TestCatalogIsRefused(t *testing.T) {
	t.Parallel()
	s := start(t, acme())
	as(t, s, anonymous).do(http.MethodGet, "/v2/_catalog", "").has(t, 401, "UNAUTHORIZED")
	as(t, s, job).on("acme/web").do(http.MethodGet, "/v2/_catalog", "").has(t, 403, "DENIED")
}

func TestEveryAnswerHasARequestID(t *testing.T) {
	t.Parallel()
	c := as(t, start(t, acme()), anonymous)
	var ids []string
	for _, path := range []string{"/v2/", "/token", "/api/v3/user", "/nowhere"} {
		got := c.do(http.MethodGet, path, "")
		id := got.header.Get("X-GitHub-Request-Id")
		if id == "" || slices.Contains(ids, id) || got.header.Get("Docker-Distribution-Api-Version") != "registry/2.0" {
			t.Errorf("%s: got headers %v", path, got.header)
		}
		ids = append(ids, id)
	}
}
