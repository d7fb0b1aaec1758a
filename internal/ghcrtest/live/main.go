// Command live asks a registry the open questions of docs/ghcr.md, Open
// questions, and writes the answers as JSON: status, headers and texts, without
// secrets. It is a tool for maintainers. The workflow .github/workflows/live.yml
// runs it against the real ghcr.io and against the embedded registry, and shows
// the differences.
//
//	go run ./internal/ghcrtest/live -existing acme/web -fresh acme/live-42 -out live.json
//	go run ./internal/ghcrtest/live -compare live.json model.json
//	go run ./internal/ghcrtest/live -delete acme/live-42
//
// It speaks plain HTTP on purpose: a client that mends, retries and hides would
// tell us about itself. It is no part of the program that users run.
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
	flags.StringVar(&s.Existing, "existing", "", "a `package` that exists, as owner/name")
	flags.StringVar(&s.Tag, "tag", "latest", "a `tag` of it")
	flags.StringVar(&s.Fresh, "fresh", "", "a `package` that does not exist, as owner/name; it is created and deleted")
	out := flags.String("out", "", "the `file` to write")
	patience := flags.Duration("patience", 0, "how long to watch one token grow old; 0 leaves the question out")
	deleted := flags.String("delete", "", "delete this `package`, as owner/name, and do nothing else")
	comparing := flags.Bool("compare", false, "compare two files written before, as a table in Markdown")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *comparing {
		return compareFiles(flags.Args(), stdout)
	}
	s.Registry, s.API, s.Repository = registryOf(getenv("GITHUB_SERVER_URL")), getenv("GITHUB_API_URL"), getenv("GITHUB_REPOSITORY")
	if s.API == "" || s.Repository == "" || getenv("GITHUB_TOKEN") == "" {
		return errors.New("needs GITHUB_API_URL, GITHUB_REPOSITORY and GITHUB_TOKEN in the environment")
	}
	v := newVisit(s, getenv("GITHUB_TOKEN"), *patience)
	if *deleted != "" {
		return v.remove(ctx, *deleted)
	}
	if s.Existing == "" || s.Fresh == "" || *out == "" || flags.NArg() > 0 {
		return errors.New("needs -existing, -fresh and -out, or -compare with two files, or -delete")
	}
	r := v.ask(ctx, questions())
	return errors.Join(ctx.Err(), r.write(*out))
}

// registryOf is the registry that belongs to a GitHub: ghcr.io for github.com,
// containers.HOST for others, and the same address for a loopback one, which is
// ghcr-publish serve.
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

// budgets of one question, and of waiting for something to become visible.
const (
	askTimeout  = time.Minute
	lagPatience = 2 * time.Minute
)
