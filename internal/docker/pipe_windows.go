package docker

import (
	"context"
	"net"

	"github.com/Microsoft/go-winio"
)

// dialPipe opens a named pipe. It waits while all instances of the pipe are busy.
func dialPipe(ctx context.Context, path string) (net.Conn, error) {
	return winio.DialPipeContext(ctx, path)
}
