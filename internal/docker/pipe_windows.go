package docker

import (
	"context"
	"net"

	"github.com/Microsoft/go-winio"
)

// dialPipe opens a named pipe. If all instances of the pipe are busy,
// dialPipe waits for a free instance.
func dialPipe(ctx context.Context, path string) (net.Conn, error) {
	return winio.DialPipeContext(ctx, path)
}
