package registry_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// resetting is a listener that resets its first connections.
type resetting struct {
	net.Listener
	left atomic.Int32
}

func (l *resetting) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil || l.left.Add(-1) < 0 {
			return conn, err
		}
		go func() {
			_, _ = conn.Read(make([]byte, 100))
			_ = conn.(*net.TCPConn).SetLinger(0)
			_ = conn.Close()
		}()
	}
}

// A reset of the first TLS handshake does not mean that the registry uses plain HTTP.
// The login is never sent without TLS to a server with TLS.
func TestResetHandshakeDoesNotChangeTheScheme(t *testing.T) {
	t.Parallel()
	for _, secured := range []bool{true, false} {
		for _, resets := range []int32{1, 2, 8} {
			ghcr := ghcrtest.New(openWorld())
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if (r.TLS != nil) != secured {
					t.Error("a request has the wrong scheme")
				}
				ghcr.ServeHTTP(w, r)
			}))
			l := &resetting{Listener: server.Listener}
			l.left.Store(resets)
			server.Listener = l
			if secured {
				server.StartTLS()
			} else {
				server.Start()
			}
			t.Cleanup(server.Close)
			base := http.DefaultTransport.(*http.Transport).Clone()
			if secured {
				base.TLSClientConfig = server.Client().Transport.(*http.Transport).TLSClientConfig
			}
			c, _ := newClient(t, server.URL, nil, func(o *registry.Options) { o.Base = base })
			if err := probePush(t.Context(), c, server.Listener.Addr().String()); err != nil {
				t.Errorf("TLS %v, %d resets: %v", secured, resets, err)
			}
		}
	}
}

// Some simple servers close the connection of a TLS handshake without an answer.
func TestServerWithoutTLSThatClosesAHandshakeUsesPlainHTTP(t *testing.T) {
	t.Parallel()
	r := newFixture(t, openWorld(), func(o *registry.Options) {
		var dials atomic.Int32
		dial := new(net.Dialer).DialContext
		o.Base.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
			if dials.Add(1) == 1 {
				client, server := net.Pipe()
				time.AfterFunc(time.Millisecond, func() { _ = server.Close() })
				return client, nil
			}
			return dial(ctx, network, addr)
		}
	})
	if err := r.client.ProbePush(t.Context(), r.repo); err != nil {
		t.Error(err)
	}
}
