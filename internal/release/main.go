// Command release makes the tree of a release: the tree of a commit, plus a
// program for each platform and the manifest of their checksums, which is what
// internal/release/launch/launch.cjs runs.
//
//	go run ./internal/release -version v1.2.3 -out DIR   makes it in DIR
//	go run ./internal/release -version v1.2.3 -out DIR -record   and commits it
//	go run ./internal/release -check DIR   builds the programs in DIR again and compares
//
// The same commit and Go version give the same bytes, on any Linux or macOS
// machine, down to the id of the release commit. It publishes nothing: pushing the commit, the
// tags and the attestations is the work of .github/workflows/release.yml.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/ghcr-publish/ghcr-publish/internal/release/launch"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("release", flag.ContinueOnError)
	version := flags.String("version", "", "the `version` to release, such as v1.2.3")
	commit := flags.String("commit", "HEAD", "the `commit` to release")
	out := flags.String("out", "", "the `directory` to make, which must not exist yet")
	record := flags.Bool("record", false, "also make a commit of the tree and print its id")
	checked := flags.String("check", "", "compare the programs in this `directory` with a build of its sources")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *checked != "" {
		return check(ctx, *checked, stdout)
	}
	if *version == "" || *out == "" || flags.NArg() > 0 {
		return errors.New("needs -version and -out, or -check, and no other arguments")
	}
	src, err := lookUp(ctx, ".", *commit)
	if err != nil {
		return err
	}
	r := release{source: src, version: *version, out: *out, platforms: launch.Platforms()}
	if err := r.make(ctx); err != nil {
		return err
	}
	if !*record {
		return nil
	}
	id, err := r.record(ctx)
	if err == nil {
		fmt.Fprintln(stdout, id)
	}
	return err
}
