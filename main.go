// Command ghcr-publish publishes container images to ghcr.io: tagged, linked,
// with their visibility checked and their digest proven, with nothing but the
// job's GITHUB_TOKEN.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/ghcr-publish/ghcr-publish/internal/action"
	_ "github.com/ghcr-publish/ghcr-publish/internal/roots"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := action.Main(ctx, os.Args[1:], action.System())
	stop()
	os.Exit(code)
}
