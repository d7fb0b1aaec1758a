//go:build !windows

package program

import (
	"os/exec"
	"syscall"
)

// run runs a command as the first process of a new process group. When the context of the
// command ends, run sends SIGTERM to the whole group. When the command has ended, run
// kills the processes of the group that still run.
func run(cmd *exec.Cmd) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	if err := cmd.Start(); err != nil {
		return err
	}
	// The error is ignored, because the group usually has no process at this time.
	defer func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }()
	return cmd.Wait()
}
