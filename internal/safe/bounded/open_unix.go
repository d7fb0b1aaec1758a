//go:build unix

package bounded

import "syscall"

// noWait makes the open of a named pipe return at once (POSIX, "open", O_NONBLOCK).
const noWait = syscall.O_NONBLOCK
