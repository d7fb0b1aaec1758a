// Command live sends requests to a registry that answer the questions of
// docs/ghcr.md, Open questions. The command writes the status, the headers and the
// text of each response as JSON, without secrets. The command is a tool for
// maintainers. The workflow .github/workflows/live.yml runs it against the real
// ghcr.io and against the embedded registry, and shows the differences.
//
//	go run ./internal/ghcrtest/live -existing acme/web -fresh acme/live-42 -out live.json
//	go run ./internal/ghcrtest/live -compare live.json model.json
//	go run ./internal/ghcrtest/live -delete acme/live-42
//
// The command sends plain HTTP requests deliberately, because a client that retries
// and corrects requests would hide the behaviour of the registry. The command is
// not a part of the released program.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "live:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, getenv func(string) string, stdout io.Writer) error {
	var s subject
	flags := flag.NewFlagSet("live", flag.ContinueOnError)
	flags.StringVar(&s.Existing, "existing", "", "the existing `package`, as owner/name")
	flags.StringVar(&s.Tag, "tag", "latest", "the `tag` of the existing package")
	flags.StringVar(&s.Fresh, "fresh", "", "the `package` to create and to delete, as owner/name; it must not exist")
	out := flags.String("out", "", "the `file` for the responses")
	lifetime := flags.Duration("lifetime", 0, "the maximum time for the measurement of the lifetime of a token, or 0 for no measurement")
	deleted := flags.String("delete", "", "the `package` to delete, as owner/name; the program then asks no questions")
	compareOnly := flags.Bool("compare", false, "compare two files of earlier runs and print a Markdown table")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *compareOnly {
		return compareFiles(flags.Args(), stdout)
	}
	s.Registry, s.API, s.Repository = registryOf(getenv("GITHUB_SERVER_URL")), getenv("GITHUB_API_URL"), getenv("GITHUB_REPOSITORY")
	if s.API == "" || s.Repository == "" || getenv("GITHUB_TOKEN") == "" {
		return errors.New("the environment must contain GITHUB_API_URL, GITHUB_REPOSITORY and GITHUB_TOKEN")
	}
	v := newSurvey(s, getenv("GITHUB_TOKEN"), *lifetime)
	if *deleted != "" {
		return v.remove(ctx, *deleted)
	}
	if s.Existing == "" || s.Fresh == "" || *out == "" || flags.NArg() > 0 {
		return errors.New("use -existing, -fresh and -out, or -compare with two files, or -delete")
	}
	r := v.ask(ctx, questions())
	return errors.Join(ctx.Err(), r.write(*out))
}

// registryOf returns the registry of a GitHub server. For github.com it is ghcr.io,
// and for another host it is containers.HOST. For a loopback address, the registry
// has the same address, because ghcr-publish serve provides both.
func registryOf(server string) string {
	scheme, host, _ := strings.Cut(strings.TrimSuffix(server, "/"), "://")
	switch {
	case server == "" || host == "github.com":
		return "https://ghcr.io"
	case strings.HasPrefix(host, "127.0.0.1:"):
		return scheme + "://" + host
	default:
		return scheme + "://containers." + host
	}
}

// These constants limit the time of one request, and the time until a push must be
// visible.
const (
	askTimeout = time.Minute
	lagTimeout = 2 * time.Minute
)
