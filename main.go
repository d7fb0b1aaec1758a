// Command ghcr-publish publishes container images to ghcr.io with the job's
// GITHUB_TOKEN. The program pushes and tags the image, checks the visibility of its
// package and verifies the digest that the registry serves.
//
// The program contains root certificates and time zones. The program can therefore
// run in an image that contains no other file, and on Windows, where Go cannot read
// the time zones of the system. The packages crypto/x509 and time use the embedded
// data only if the operating system does not provide the data.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	// time/tzdata contains the IANA time zones (about 450 KB) for tags such as
	// {{date 'YYYYMMDD' tz='Asia/Tokyo'}}.
	_ "time/tzdata"

	"github.com/ghcr-publish/ghcr-publish/internal/cmd"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := cmd.Main(ctx, os.Args[1:], cmd.System())
	stop()
	os.Exit(code)
}
