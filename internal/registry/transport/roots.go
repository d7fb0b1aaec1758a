package transport

import (
	"crypto/x509"
	"sync"

	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// useEmbeddedRoots makes package crypto/x509 use Mozilla's root certificates if
// the system has no root certificates. With Mozilla's root certificates, the
// program can run in an image that contains no other files.
//
// An import of package x509roots/fallback would also set the root certificates.
// But its init function would parse all certificates at each start of the
// program, which takes about 3 ms.
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
