//go:build !windows

package docker

import (
	"context"
	"errors"
	"net"
)

// dialPipe always returns an error, because the pipes of Docker exist only on
// Windows.
func dialPipe(context.Context, string) (net.Conn, error) {
	return nil, errors.New("named pipes exist only on Windows")
}
