//go:build !windows

package docker

import (
	"context"
	"errors"
	"net"
)

// dialPipe is for Windows alone.
func dialPipe(context.Context, string) (net.Conn, error) {
	return nil, errors.New("named pipes are there on Windows only")
}
