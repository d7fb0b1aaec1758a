package ghcrtest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"
)

// TB is the part of testing.TB that [Start] needs. Because of this type, the
// released program does not import package testing.
type TB interface {
	Helper()
	Cleanup(func())
	Fatalf(format string, args ...any)
}

// Start starts a server on a free loopback port. The server stops at the end of the
// test.
func Start(t TB, c Config) *Server {
	t.Helper()
	s, err := Listen(context.Background(), "127.0.0.1:0", c)
	if err != nil {
		t.Fatalf("starting the embedded ghcr.io: %v", err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// Listen starts a server on addr. The server runs until ctx ends or Close is called.
// The address "127.0.0.1:0" selects a free port.
func Listen(ctx context.Context, addr string, c Config) (*Server, error) {
	s := New(c)
	s.scheme = "http"
	var err error
	if s.listener, err = new(net.ListenConfig).Listen(ctx, "tcp", addr); err != nil {
		return nil, fmt.Errorf("listening on %q: %w", addr, err)
	}
	s.http = &http.Server{Handler: s, ReadHeaderTimeout: 30 * time.Second, ErrorLog: discardLog}
	serve := func() error { return s.http.Serve(s.listener) }
	if c.TLS != nil {
		if s.tls, err = newSelfSigned(); err != nil {
			return nil, errors.Join(err, s.listener.Close())
		}
		s.scheme = "https"
		c.TLS.configure(s.http, s.tls)
		serve = func() error { return s.http.ServeTLS(s.listener, "", "") }
	}
	go func() { _ = serve() }() // Serve returns ErrServerClosed after Close.
	context.AfterFunc(ctx, func() { _ = s.Close() })
	return s, nil
}

// Close ends the server and its connections, including stalled connections. Close can
// be called more than once.
func (s *Server) Close() error {
	var err error
	s.closeOnce.Do(func() {
		close(s.closing)
		if s.http != nil {
			err = s.http.Close()
		}
		s.uploads.dropAll()
	})
	return err
}

// Host returns the served address, as in "127.0.0.1:5000". Host returns "" for a
// server that [New] returned. If the server listens on all interfaces, Host returns
// the loopback address.
func (s *Server) Host() string {
	if s.listener == nil {
		return ""
	}
	at, ok := s.listener.Addr().(*net.TCPAddr)
	if ok && at.IP.IsUnspecified() {
		return net.JoinHostPort("127.0.0.1", strconv.Itoa(at.Port))
	}
	return s.listener.Addr().String()
}

// URL returns the URL of the server without a slash at the end.
func (s *Server) URL() string { return s.scheme + "://" + s.Host() }
