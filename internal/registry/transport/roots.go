package transport

import (
	"crypto/x509"
	"sync"

	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// useEmbeddedRoots makes package crypto/x509 use Mozilla's root certificates if the
// system has no root certificates. The program can therefore run in an image that
// contains no other file.
//
// Package x509roots/fallback does the same in its init function. There it costs each
// start of the program about 3 ms, because it parses all certificates.
var useEmbeddedRoots = sync.OnceFunc(func() {
	if pool, err := x509.SystemCertPool(); err == nil && !pool.Equal(x509.NewCertPool()) {
		return
	}
	x509.SetFallbackRoots(embeddedRoots())
})

func embeddedRoots() *x509.CertPool {
	pool := x509.NewCertPool()
	for root := range bundle.Roots() {
		cert, err := x509.ParseCertificate(root.Certificate)
		if err != nil {
			continue // the test of the bundle finds such a certificate
		}
		if root.Constraint == nil {
			pool.AddCert(cert)
		} else {
			pool.AddCertWithConstraint(cert, root.Constraint)
		}
	}
	return pool
}
