package launch_test

import (
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The test binary also replaces the programs that launch.cjs starts. It
// replaces the released program if programEnv is set. It replaces the go
// command if the name of the test binary is go.
const (
	programEnv = "LAUNCH_TEST_PROGRAM"
	goEnv      = "LAUNCH_TEST_GO" // version that the fake go command prints
)

func TestMain(m *testing.M) {
	if strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe") == "go" {
		fakeGoCommand()
		return
	}
	switch os.Getenv(programEnv) {
	case "":
		os.Exit(m.Run())
	case "report":
		fmt.Printf("stage=%s args=%d input=%s\n", os.Getenv("GHCR_PUBLISH_STAGE"), len(os.Args)-1, os.Getenv("INPUT_ON-READONLY"))
	case "exit 7":
		os.Exit(7)
	case "heed signals":
		waitForSignal(9)
	case "die of a signal":
		dieOfSignal()
	}
}

// fakeGoCommand answers `go env GOVERSION`. `go build` waits for a signal.
func fakeGoCommand() {
	if os.Args[1] == "env" {
		fmt.Println(os.Getenv(goEnv))
		return
	}
	waitForSignal(1)
}

// waitForSignal prints "ready", waits for a signal as the real program does,
// and exits with the given code.
func waitForSignal(code int) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	fmt.Println("ready")
	select {
	case got := <-signals:
		fmt.Println("cleaned up after", got)
		os.Exit(code)
	case <-time.After(time.Minute):
		os.Exit(99)
	}
}
