package attest

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest/sigstore"
)

func TestSignerSignsAllStatementsWithOneCertificate(t *testing.T) {
	t.Parallel()
	r := newRig(t, sigstore.PublicGood)
	session := r.open(job())
	sbom, err := SBOM(imageName, digestOf("image"), []byte(`{"spdxVersion":"SPDX-2.3","SPDXID":"x"}`))
	if err != nil {
		t.Fatal(err)
	}
	bundles, err := session.Sign(t.Context(), provenanceOf(t, session, "image", "platform"), sbom)
	if err != nil {
		t.Fatal(err)
	}
	if len(bundles) != 2 || bundles[0].Result.PredicateType != Provenance || bundles[1].Result.PredicateType != "https://spdx.dev/Document/v2.3" ||
		bundles[0].Result.LogIndex < 0 || bundles[0].Result.LogIndex == bundles[1].Result.LogIndex || len(bundles[0].Result.Subjects) != 2 {
		t.Errorf("got %+v", bundles)
	}
	// The token, the certificate, and a log entry and a timestamp for each statement.
	if got := r.server.Counts()[ghcrtest.ClassSigstore]; got != 6 {
		t.Errorf("the signer sent %d requests, want 6", got)
	}
}

func TestInstanceDependsOnTheVisibility(t *testing.T) {
	t.Parallel()
	public, private := &Claims{Visibility: "public", Server: "https://github.com"}, &Claims{Visibility: "private", Server: "https://github.com"}
	if got, err := InstanceFor(Auto, public); err != nil || got.Name != PublicGood || got.log != "https://rekor.sigstore.dev" || got.timestamp != "" {
		t.Errorf("a public repository: got %+v, %v", got, err)
	}
	if got, err := InstanceFor(PublicGood, private); err != nil || got.authority != "https://fulcio.sigstore.dev" {
		t.Errorf("public-good: got %+v, %v", got, err)
	}
	if got, err := InstanceFor("Public-Good", private); err != nil || got.Name != PublicGood {
		t.Errorf("other letters: got %+v, %v", got, err)
	}
	if err := (&Instance{}).notValid(nil); !strings.Contains(err.Error(), "Update ghcr-publish") || !strings.Contains(err.Error(), "trusted-root") {
		t.Errorf("a known instance: got %v", err)
	}
	// GitHub's own instance needs a root in the program.
	_, noRoot := roots.ReadFile("roots/github.json")
	if got, err := InstanceFor(Auto, private); diag.Is(err, CodeNoRoot) != (noRoot != nil) || err == nil && got.authority != "https://fulcio.githubapp.com" {
		t.Errorf("a private repository: got %v, %v", got, err)
	}
	if _, err := InstanceFor(Auto, &Claims{Visibility: "private", Server: "https://acme.ghe.com"}); !diag.Is(err, CodeNoRoot) {
		t.Errorf("GHE.com: got %v", err)
	}
	if _, err := InstanceFor(GitHub, &Claims{Server: "https://github.example.com"}); !diag.Is(err, CodeNoRoot) {
		t.Errorf("GitHub Enterprise Server: got %v", err)
	}
	if _, err := InstanceFor(t.TempDir(), public); !diag.Is(err, CodeFolder) {
		t.Errorf("an empty folder: got %v", err)
	}
}

// A run that does not sign neither reads keys nor allocates memory for them.
func TestTheDecisionToSignReadsNoKeys(t *testing.T) {
	if n := testing.AllocsPerRun(10, func() {
		if err := Available(Auto, "https://github.com"); err != nil {
			t.Error(err)
		}
	}); n > 10 {
		t.Errorf("the decision allocates memory %.0f times", n)
	}
}

// The paths of the services.
const (
	pathToken       = "/idtoken"
	pathCertificate = "/api/v2/signingCert"
	pathLog         = "/api/v1/log/entries"
	pathTimestamp   = "/api/v1/timestamp"
)

// attempt signs one statement.
func (r *rig) attempt() error {
	session, err := r.signer(job()).Open(r.t.Context())
	if err != nil {
		return err
	}
	_, err = session.Sign(r.t.Context(), provenanceOf(r.t, session, "image"))
	return err
}

func TestEachServiceIsNamedIfItFails(t *testing.T) {
	t.Parallel()
	down := ghcrtest.Answer{Status: http.StatusServiceUnavailable, Message: "maintenance"}
	refuse := ghcrtest.Answer{Status: http.StatusForbidden, Message: "not here"}
	cases := []struct {
		path   string
		effect ghcrtest.Effect
		code   string
		want   string
		sent   int // requests to the service
	}{
		{pathToken, down, CodeServiceDown, "issuer of identity tokens", 4},
		{pathToken, refuse, CodeServiceRefused, "issuer of identity tokens", 1},
		{pathCertificate, down, CodeServiceDown, "certificate authority", 4},
		{pathCertificate, refuse, CodeServiceRefused, "certificate authority", 1},
		{pathLog, down, CodeServiceDown, "transparency log", 4},
		{pathLog, refuse, CodeServiceRefused, "transparency log", 1},
		{pathLog, ghcrtest.Answer{Status: http.StatusTooManyRequests}, CodeServiceDown, "status 429", 4},
		{pathTimestamp, down, CodeServiceDown, "timestamp authority", 4},
		{pathTimestamp, refuse, CodeServiceRefused, "timestamp authority", 1},
		{pathTimestamp, ghcrtest.Answer{Status: http.StatusTemporaryRedirect, Header: http.Header{"Location": {"/token"}}}, CodeServiceRefused, "status 307", 1},
	}
	for _, tc := range cases {
		r := newRig(t, sigstore.PublicGood)
		r.server.Inject(ghcrtest.Fault{Path: tc.path, Times: ghcrtest.Always, Effect: tc.effect})
		err := r.attempt()
		sent := 0
		for _, request := range r.server.Requests() {
			if strings.Contains(request.Path, tc.path) {
				sent++
			}
		}
		if !diag.Is(err, tc.code) || !strings.Contains(err.Error(), tc.want) || sent != tc.sent {
			t.Errorf("%s: got %v after %d requests, want %s with %q after %d", tc.path, err, sent, tc.code, tc.want, tc.sent)
		}
	}
}

func TestServicesThatFailThreeTimesAreAskedAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t, sigstore.PublicGood)
	for _, path := range []string{pathToken, pathCertificate, pathLog, pathTimestamp} {
		r.server.Inject(ghcrtest.Fault{Path: path, Times: 3, Effect: ghcrtest.Answer{Status: http.StatusBadGateway}})
	}
	if err := r.attempt(); err != nil {
		t.Error(err)
	}
}

// The log stores the entry, but its response is lost. The repeated request finds the entry.
func TestAnEntryThatTheLogAlreadyHasIsUsed(t *testing.T) {
	t.Parallel()
	r := newRig(t, sigstore.PublicGood)
	session := r.open(job())
	envelope, err := session.identity.seal(provenanceOf(t, session, "image"))
	if err != nil {
		t.Fatal(err)
	}
	first, err := session.caller.record(t.Context(), r.server.URL(), envelope, session.identity.pem())
	if err != nil {
		t.Fatal(err)
	}
	second, err := session.caller.record(t.Context(), r.server.URL(), envelope, session.identity.pem())
	if err != nil || second.LogIndex != first.LogIndex {
		t.Errorf("got %+v, %v; want the entry %d", second, err, first.LogIndex)
	}
	r.server.Inject(ghcrtest.Fault{Method: http.MethodPost, Path: pathLog, Effect: ghcrtest.Answer{Status: http.StatusConflict}})
	if _, err := session.caller.record(t.Context(), r.server.URL(), envelope, session.identity.pem()); !diag.Is(err, CodeServiceRefused) {
		t.Errorf("a conflict without a Location: got %v", err)
	}
}

func TestAnEntryOfAnotherSignatureIsRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, sigstore.PublicGood)
	session := r.open(job())
	other := r.seal(session, provenanceOf(t, session, "other")).Material.Entries[0]
	envelope, err := session.identity.seal(provenanceOf(t, session, "image"))
	if err != nil {
		t.Fatal(err)
	}
	if other.contains(envelope, session.identity.pem()) {
		t.Error("the entry of another signature was accepted")
	}
}

func TestOwnBundlesAreCheckedBeforeTheyAreUsed(t *testing.T) {
	t.Parallel()
	t.Run("late signature", func(t *testing.T) {
		t.Parallel()
		r := newRig(t, sigstore.PublicGood)
		session := r.open(job())
		r.offset.Store(int64(time.Hour))
		if _, err := session.Sign(t.Context(), provenanceOf(t, session, "image")); !diag.Is(err, CodeOwnCheck) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("unknown keys", func(t *testing.T) {
		t.Parallel()
		r, other := newRig(t, sigstore.PublicGood), newRig(t, sigstore.PublicGood)
		root, err := os.ReadFile(filepath.Join(other.folder, rootFile))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(r.folder, rootFile), root, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := r.attempt(); !diag.Is(err, CodeOwnCheck) || !strings.Contains(err.Error(), "keys of your Sigstore") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("certificate of another job", func(t *testing.T) {
		t.Parallel()
		r := newRig(t, sigstore.PublicGood)
		id := r.open(job()).identity
		claims, err := claimsOf(t, job().With("run_id", "2"))
		if err != nil {
			t.Fatal(err)
		}
		if err := checkIdentity(id, claims); err == nil || !strings.Contains(err.Error(), "the run") {
			t.Errorf("got %v", err)
		}
	})
}

func TestAWrongClockIsNamed(t *testing.T) {
	t.Parallel()
	r := newRig(t, sigstore.PublicGood)
	for offset, wrong := range map[time.Duration]bool{
		-time.Hour: true, -5 * time.Minute: false, 0: false, 9 * time.Minute: false, 11 * time.Minute: true,
	} {
		signer := r.signer(job())
		signer.Clock = func() time.Time { return time.Now().Add(offset) }
		if _, err := signer.Open(t.Context()); diag.Is(err, CodeClock) != wrong {
			t.Errorf("%s: got %v", offset, err)
		}
	}
}

func TestJobsWithoutATokenAreRefused(t *testing.T) {
	t.Parallel()
	if _, err := (&Signer{}).Open(t.Context()); !diag.Is(err, CodeNoToken) || !strings.Contains(err.Error(), "id-token: write") {
		t.Errorf("got %v", err)
	}
}

// The identity token is a credential.
func TestTokensAreNotSentWithoutTLS(t *testing.T) {
	t.Parallel()
	r := newRig(t, sigstore.PublicGood)
	signer := r.signer(job())
	signer.Job.URL = "http://192.0.2.1/token"
	if _, err := signer.Open(t.Context()); err == nil || !strings.Contains(err.Error(), "https://") {
		t.Errorf("got %v", err)
	}
	if got := len(r.server.Requests()); got != 0 {
		t.Errorf("%d requests were sent", got)
	}
}

// A certificate is valid for 10 minutes. A long upload or gate can outlast it.
func TestSessionsCannotSignWithACertificateThatEndsSoon(t *testing.T) {
	t.Parallel()
	r := newRig(t, sigstore.PublicGood)
	var offset time.Duration
	signer := r.signer(job())
	signer.Clock = func() time.Time { return time.Now().Add(offset) }
	session, err := signer.Identify(t.Context())
	if err != nil || session.CanSign() || session.Certified() {
		t.Fatalf("a session without a certificate can sign, or %v", err)
	}
	if err := session.Certify(t.Context()); err != nil || !session.CanSign() {
		t.Fatalf("a new certificate cannot sign, or %v", err)
	}
	if offset = 9 * time.Minute; session.CanSign() {
		t.Error("a certificate with one more minute can sign")
	}
}
