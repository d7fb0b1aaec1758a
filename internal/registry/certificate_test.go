package registry

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
)

// A request to a host with an untrusted certificate is not retried, because
// another attempt finds the same certificate.
func TestAnUntrustedCertificateIsNotRetried(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	c := New(Options{Sleep: func(context.Context, time.Duration) error {
		t.Error("the request is retried")
		return nil
	}})
	t.Cleanup(c.Close)
	repo, err := name.NewRepository(strings.TrimPrefix(server.URL, "https://") + "/acme/web")
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Head(t.Context(), repo.Tag("latest"))
	if !errors.As(err, new(*tls.CertificateVerificationError)) {
		t.Errorf("got %v", err)
	}
}
