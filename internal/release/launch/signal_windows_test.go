package launch_test

import "os"

func dieOfSignal() { os.Exit(1) } // Windows has no such signal
