package program

import (
	"os/exec"
	"unsafe"

	"golang.org/x/sys/windows"
)

// run runs a command in a new job object. When the context of the command ends, run ends
// all processes of the job object. When the command has ended, run ends the processes of
// the job object that still run. A job object of Windows also contains the processes that
// the command starts.
func run(cmd *exec.Cmd) error {
	job, err := newJob()
	if err != nil {
		return err
	}
	// The error is ignored, because the processes of the job end when the program ends.
	defer func() { _ = windows.CloseHandle(job) }()
	cmd.Cancel = func() error { return windows.TerminateJobObject(job, 1) }
	if err := cmd.Start(); err != nil {
		return err
	}
	if err := assign(job, cmd.Process.Pid); err != nil {
		_ = cmd.Process.Kill() // The method Wait returns the result.
	}
	return cmd.Wait()
}

// newJob creates a job object that ends its processes when its handle is closed.
func newJob() (windows.Handle, error) {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return 0, err
	}
	info := windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION{}
	info.BasicLimitInformation.LimitFlags = windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE
	_, err = windows.SetInformationJobObject(job, windows.JobObjectExtendedLimitInformation, uintptr(unsafe.Pointer(&info)), uint32(unsafe.Sizeof(info)))
	return job, err
}

// assign adds a process to a job object.
func assign(job windows.Handle, pid int) error {
	process, err := windows.OpenProcess(windows.PROCESS_SET_QUOTA|windows.PROCESS_TERMINATE, false, uint32(pid)) //nolint:gosec // a process ID of Windows has 32 bits
	if err != nil {
		return err
	}
	defer func() { _ = windows.CloseHandle(process) }()
	return windows.AssignProcessToJobObject(job, process)
}
