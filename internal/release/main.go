// Command release creates the tree of a release. The tree contains the files of
// a commit, the compressed programs for all platforms, and the release manifest
// with the checksums of the programs. The script internal/release/launch/launch.cjs
// runs these programs. The command needs Git and Node.js 24.
//
// Run `go run ./internal/release -version v1.2.3 -out DIR -programs BIN` to create
// the tree in the folder DIR and the programs in the folder BIN. Add -record to
// also create a commit of the tree. Add -previous COMMIT to make the previous
// release of the same major version a parent of this commit. Run
// `go run ./internal/release -check DIR` to build the programs of the tree in DIR
// again and to compare them with the tree.
//
// For the same commit and the same versions of Go and zstd, the command creates the
// same bytes on each Linux or macOS machine. If the previous release is also the
// same, the release commit has the same ID. The command does not publish the
// release. The workflow .github/workflows/release.yml pushes the commit, the tags
// and the attestations.
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
	version := flags.String("version", "", "the `version` to release, for example v1.2.3")
	commit := flags.String("commit", "HEAD", "the `commit` to release")
	out := flags.String("out", "", "the new `directory` for the tree")
	programs := flags.String("programs", "", "the `directory` for the programs and their checksums")
	previous := flags.String("previous", "", "the `commit` of the previous release with the same major version, which becomes a parent of the release")
	record := flags.Bool("record", false, "also create a commit of the tree and print its ID")
	checked := flags.String("check", "", "check the release tree in this `directory`: build the programs again and compare them")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *checked != "" {
		return check(ctx, *checked, stdout)
	}
	if *version == "" || *out == "" || *programs == "" || flags.NArg() > 0 {
		return errors.New("parsing the flags: the command needs either -check, or -version, -out and -programs, and no other arguments")
	}
	src, err := findCommit(ctx, ".", *commit)
	if err != nil {
		return err
	}
	r := release{source: src, version: *version, out: *out, programs: *programs, platforms: launch.Platforms(), level: bestLevel}
	if r.previous, err = src.findPrevious(ctx, *previous, *version); err != nil {
		return err
	}
	if err := r.writeTree(ctx); err != nil {
		return err
	}
	if !*record {
		return nil
	}
	id, err := r.commitTree(ctx)
	if err == nil {
		fmt.Fprintln(stdout, id)
	}
	return err
}
