package docker

import (
	"context"
	"net"

	"github.com/Microsoft/go-winio"
)

// dialPipe opens a named pipe, waiting while all its ends are taken.
func dialPipe(ctx context.Context, path string) (net.Conn, error) {
	return winio.DialPipeContext(ctx, path)
}
