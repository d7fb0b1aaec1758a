// Package roots puts into the binary what an operating system would otherwise
// have to bring: the root certificates that TLS is checked against, and the
// time zones that a tag like {{date 'YYYYMMDD' tz='Asia/Tokyo'}} names.
//
// It holds no code. Importing it (from main, for its side effects) lets the
// binary run in an image that contains nothing else, and on Windows, which
// ships no time zones that Go could read. Where the system has certificates or
// zones of its own, those are used and these are not: crypto/x509 and package
// time look here last.
package roots

import (
	_ "time/tzdata" // the IANA time zones, about 450 KB

	_ "golang.org/x/crypto/x509roots/fallback" // Mozilla's root certificates, about 200 KB
)
