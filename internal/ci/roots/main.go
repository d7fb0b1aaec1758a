// Command roots compares the trusted roots in the program with the trusted roots of the TUF
// repositories of sigstore.dev and GitHub. A TUF client must have verified these roots. The
// command reads the roots from standard input, as JSON lines:
//
//	gh attestation trusted-root | go run ./internal/ci/roots internal/attest/roots
//	gh attestation trusted-root | go run ./internal/ci/roots -update internal/attest/roots
//
// The first form fails if a root differs. The second form writes the files.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/ghcr-publish/ghcr-publish/internal/attest"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/bounded"
)

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "roots:", err)
		os.Exit(1)
	}
}

// instructions tell a maintainer how to change the files. The maintainer runs a TUF client,
// and therefore needs no trust in the run that found the difference.
const instructions = `the trusted roots of the program are not the roots of the TUF repositories.
Run these commands in a clone, review the difference, and commit the changed files:

    gh attestation trusted-root | go run ./internal/ci/roots -update internal/attest/roots
    go test ./internal/attest ./internal/ci
    git diff
    git add internal/attest/roots

Then publish a release, because earlier releases contain the earlier roots`

// run executes the program with the given arguments.
func run(args []string, in io.Reader, out io.Writer) error {
	flags := flag.NewFlagSet("roots", flag.ContinueOnError)
	update := flags.Bool("update", false, "write the files")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		return errors.New("parsing the arguments: the command needs the folder of the trusted roots")
	}
	text, err := io.ReadAll(io.LimitReader(in, attest.MaxRoots+1))
	if err != nil {
		return fmt.Errorf("reading the verified roots: %w", err)
	}
	verified, err := read(text)
	if err != nil {
		return err
	}
	equal := true
	for _, name := range names() {
		same, err := check(filepath.Join(flags.Arg(0), name+".json"), verified[name], *update, out)
		if err != nil {
			return err
		}
		equal = equal && same
	}
	if !equal {
		return errors.New(instructions)
	}
	return nil
}

// check compares one file with the verified root, and reports the differences. With update,
// check writes the file, which then has no difference.
func check(path string, verified []byte, update bool, out io.Writer) (same bool, err error) {
	embedded, err := bounded.File(path, attest.MaxRoots)
	if errors.Is(err, fs.ErrNotExist) {
		embedded, err = []byte("{}"), nil
	}
	if err != nil {
		return false, err
	}
	changes, err := compare(embedded, verified)
	if err != nil {
		return false, fmt.Errorf("comparing %q: %w", path, err)
	}
	if len(changes) == 0 {
		fmt.Fprintf(out, "%s: same\n", path)
		return true, nil
	}
	fmt.Fprintf(out, "%s: different\n", path)
	for _, change := range changes {
		fmt.Fprintln(out, "  "+change)
	}
	if !update {
		return false, nil
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, verified, "", "  "); err != nil {
		return false, fmt.Errorf("writing %q: %w", path, err)
	}
	return true, os.WriteFile(path, append(indented.Bytes(), '\n'), 0o644)
}
