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

// The test binary also stands in for what launch.cjs starts: for the released
// program where programEnv names a part to act, for the go command where it is
// called go.
const (
	programEnv = "LAUNCH_TEST_PROGRAM"
	goEnv      = "LAUNCH_TEST_GO" // the version that the go command claims to be
)

func TestMain(m *testing.M) {
	if strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe") == "go" {
		actGo()
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
		heed(9)
	case "die of a signal":
		dieOfSignal()
	}
}

// actGo answers `go env GOVERSION` and never gets done with `go build`.
func actGo() {
	if os.Args[1] == "env" {
		fmt.Println(os.Getenv(goEnv))
		return
	}
	heed(1)
}

// heed says it is ready, waits for a signal as the real program does, and ends
// in its own way.
func heed(code int) {
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
