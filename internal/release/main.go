// Command release creates the tree of a release. The tree contains the files of
// a commit, the compressed programs for all platforms, and the release manifest
// with the checksums of the programs. The script internal/release/launch/launch.cjs
// runs these programs. The command needs Git and Node.js 24.
//
//	go run ./internal/release -version v1.2.3 -out DIR -programs BIN   creates the tree in DIR, and the programs in BIN
//	go run ./internal/release -version v1.2.3 -out DIR -programs BIN -record
//	                                                                   also commits the tree
//	    -previous COMMIT                                               after the previous release of v1
//	go run ./internal/release -check DIR                               builds the programs in DIR again and compares them
//
// For the same commit and the same versions of Go and zstd, the command creates the
// same bytes on each Linux or macOS machine. The ID of the release commit is also the
// same, if the previous release is the same.
// The command does not publish the release. The workflow
// .github/workflows/release.yml pushes the commit, the tags and the
// attestations.
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
	out := flags.String("out", "", "the `directory` to create; it must not exist")
	programs := flags.String("programs", "", "the `directory` for the programs and their checksums")
	previous := flags.String("previous", "", "the `commit` of the previous release with the same major version; it becomes a parent of the release")
	record := flags.Bool("record", false, "also create a commit of the tree and print its ID")
	checked := flags.String("check", "", "compare the programs in this `directory` with a build of its sources")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *checked != "" {
		return check(ctx, *checked, stdout)
	}
	if *version == "" || *out == "" || *programs == "" || flags.NArg() > 0 {
		return errors.New("parsing the flags: the command needs -version, -out and -programs, or -check, and no other arguments")
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
