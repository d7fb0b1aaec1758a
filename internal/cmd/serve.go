package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
)

func serveCommand(p Process) *cobra.Command {
	c := &cobra.Command{
		Use:   "serve",
		Short: "Run an embedded ghcr.io with its Packages API on this machine",
		Long: `serve runs an embedded ghcr.io for tests and for workflows that run on this
machine. The server has the registry, the token endpoint and the Packages API on one
loopback port, and answers and refuses requests as ghcr.io does. serve prints the
environment variables to export, and runs until it is interrupted. At the end, serve
discards all images. If GITHUB_TOKEN is set, the server accepts this token. If
GITHUB_TOKEN is not set, serve prints a new token. With --seed, the server starts
with the package of a scenario of the command "cleanup".`,
		Example: `  ghcr-publish serve --listen 127.0.0.1:5000 --repository acme/web`,
		Args:    atMost(),
	}
	c.Flags().SortFlags = false
	listen := c.Flags().String("listen", "127.0.0.1:5000", "Address to listen on. Port 0 selects a free port.")
	seed := c.Flags().String("seed", "", "File with a scenario of the command \"cleanup\". FILE#ID selects one scenario of a list. The server starts with the package of the scenario.")
	repository := c.Flags().String("repository", "octocat/hello-world", "Repository in the printed environment variables.")
	visibility := c.Flags().String("visibility", "public", "Visibility of the repositories and of new packages: public, private or internal.")
	data := c.Flags().String("data", "", "Folder for the blobs of large images. Without this flag, the server keeps blobs in memory.")
	c.RunE = func(c *cobra.Command, _ []string) error {
		planted, err := readSeed(*seed)
		if err != nil {
			return err
		}
		scope := ""
		if c.Flags().Changed("repository") {
			scope = *repository // The token of a job belongs to one repository.
		} else if planted != nil {
			*repository = planted.Repository()
		}
		config := ghcrtest.Config{
			MaxRequests: 1, // The command "serve" runs without an end, and no other code reads the recorded requests.
			Open:        &ghcrtest.Open{Visibility: ghcrtest.Visibility(*visibility), Token: p.Getenv("GITHUB_TOKEN"), Repository: scope},
			Dir:         *data,
			Seed:        planted,
		}
		return serve(c.Context(), p.Stdout, *listen, *repository, config)
	}
	return c
}

// readSeed reads the scenario in the flag --seed. If the flag is empty, readSeed returns
// nil.
func readSeed(path string) (*ghcrtest.Seed, error) {
	if path == "" {
		return nil, nil
	}
	s, err := ghcrtest.ReadSeed(path)
	if err != nil {
		return nil, &diag.Error{
			Code: codeSeed, Side: diag.Input, Err: err, Title: fmt.Sprintf("The server cannot use the scenario %q", path),
			Hint: "Set --seed to a file with one scenario, or to FILE#ID for a scenario of a list. Correct the scenario if the message names a field.",
		}
	}
	return s, nil
}

func serve(ctx context.Context, out io.Writer, listen, repository string, config ghcrtest.Config) error {
	switch config.Open.Visibility {
	case ghcrtest.Public, ghcrtest.Private, ghcrtest.Internal:
	default:
		return diag.Inputf("visibility", input.CodeValue, "Set --visibility to public, private or internal.", "The flag --visibility has the invalid value %q", config.Open.Visibility)
	}
	server, err := ghcrtest.Listen(ctx, listen, config)
	if err != nil {
		return &diag.Error{
			Code: codeListen, Side: diag.Runner, Err: listenCause(err), Title: fmt.Sprintf("The server cannot listen on %q", listen),
			Hint: "Set --listen to an address with a free port, such as 127.0.0.1:5078. 127.0.0.1:0 selects a free port.",
		}
	}
	fmt.Fprintf(out, "# An embedded ghcr.io runs on %s until it is interrupted. Export these variables, then publish:\n", server.URL())
	for _, pair := range server.Env(repository) {
		if config.Open.Token != "" && strings.HasPrefix(pair, "GITHUB_TOKEN=") {
			continue // The user has already exported GITHUB_TOKEN.
		}
		fmt.Fprintf(out, "export %s\n", pair)
	}
	<-ctx.Done()
	return server.Close()
}

// listenCause returns the error of the operating system. If the address does not have
// the form HOST:PORT, listenCause returns nil.
func listenCause(err error) error {
	var op *net.OpError
	if errors.As(err, &op) && !errors.As(op.Err, new(*net.AddrError)) {
		return op.Err
	}
	return nil
}
