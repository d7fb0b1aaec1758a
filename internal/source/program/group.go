package program

import (
	"errors"
	"os/exec"
	"time"
)

// groupGrace is the time that the processes of a group have to end after the context of
// the command ends. The runner kills the program 7.5 s after it cancels a run
// (docs/runner.md, Cancellation).
const groupGrace = 2 * time.Second

// RunGroup runs a command together with all processes that the command starts. When the
// context of the command ends, RunGroup stops all these processes. RunGroup returns only
// after all these processes have ended, so that a process in the background cannot
// continue after its command.
func RunGroup(cmd *exec.Cmd) error {
	cmd.WaitDelay = groupGrace
	err := run(cmd)
	if errors.Is(err, exec.ErrWaitDelay) {
		return nil // The command succeeded, but a process in the background had the output open.
	}
	return err
}
