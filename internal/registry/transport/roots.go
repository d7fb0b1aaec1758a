package transport

import (
	"context"
	"crypto/x509"
	"fmt"
	"net"
	"sync"

	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// loadRoots starts to read the root certificates of the system, and returns a channel that
// is closed afterwards. The files need some milliseconds, which a run otherwise spends
// after the first connection is open. If the system has no root certificates, package
// crypto/x509 then uses Mozilla's root certificates, so that the program can run in an
// image that contains no other files.
//
// An import of package x509roots/fallback would also set the root certificates.
// But its init function would parse all certificates at each start of the
// program, which takes about 3 ms.
var loadRoots = sync.OnceValue(func() <-chan struct{} {
	loaded := make(chan struct{})
	go func() {
		defer close(loaded)
		if pool, err := x509.SystemCertPool(); err != nil || pool.Equal(x509.NewCertPool()) {
			x509.SetFallbackRoots(embeddedRoots())
		}
	}()
	return loaded
})

// afterRoots returns a function that opens a connection, and then waits for the root
// certificates. The certificate of the server is checked only after this function returns.
func afterRoots(dial func(context.Context, string, string) (net.Conn, error)) func(context.Context, string, string) (net.Conn, error) {
	roots := loadRoots()
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return afterwards(ctx, conn, roots)
	}
}

// afterwards returns the connection after the channel is closed. The variable SSL_CERT_FILE
// can name a pipe without a writer, so the wait ends with the context.
func afterwards(ctx context.Context, conn net.Conn, done <-chan struct{}) (net.Conn, error) {
	select {
	case <-done:
		return conn, nil
	case <-ctx.Done():
		_ = conn.Close() // The error of the context is the cause.
		return nil, fmt.Errorf("reading the root certificates of this machine: %w", context.Cause(ctx))
	}
}

func embeddedRoots() *x509.CertPool {
	pool := x509.NewCertPool()
	for root := range bundle.Roots() {
		cert, err := x509.ParseCertificate(root.Certificate)
		if err != nil {
			continue // A test fails if the program cannot parse a certificate in the bundle.
		}
		if root.Constraint == nil {
			pool.AddCert(cert)
		} else {
			pool.AddCertWithConstraint(cert, root.Constraint)
		}
	}
	return pool
}
