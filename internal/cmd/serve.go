package cmd

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

func serveCommand(p Process) *cobra.Command {
	c := &cobra.Command{
		Use:   "serve",
		Short: "Run an embedded ghcr.io with its Packages API on this machine",
		Long: `serve is a ghcr.io for workflows that run locally, and for tests: registry,
token endpoint and Packages API on one loopback port, with the answers and the
refusals of the real one. It prints the environment to export, then serves
until it is interrupted; what was pushed is gone then. If GITHUB_TOKEN is set,
that value is the token it takes; otherwise it makes one and prints it.`,
		Example: `  ghcr-publish serve --listen 127.0.0.1:5000 --repository acme/web`,
		Args:    cobra.NoArgs,
	}
	listen := c.Flags().String("listen", "127.0.0.1:5000", "Address to listen on; port 0 takes a free one.")
	repository := c.Flags().String("repository", "octocat/hello-world", "The repository that the printed environment speaks of.")
	visibility := c.Flags().String("visibility", "public", "What repositories are, and so what their packages become: public, private or internal.")
	data := c.Flags().String("data", "", "Hold blobs in this folder instead of in memory, for large images.")
	c.RunE = func(c *cobra.Command, _ []string) error {
		scope := ""
		if c.Flags().Changed("repository") {
			scope = *repository // as a job's token is bound to its repository
		}
		config := ghcrtest.Config{
			Open: &ghcrtest.Open{Visibility: ghcrtest.Visibility(*visibility), Token: p.Getenv("GITHUB_TOKEN"), Repository: scope},
			Dir:  *data,
		}
		return serve(c.Context(), p.Stdout, *listen, *repository, config)
	}
	return c
}

func serve(ctx context.Context, out io.Writer, listen, repository string, config ghcrtest.Config) error {
	switch config.Open.Visibility {
	case ghcrtest.Public, ghcrtest.Private, ghcrtest.Internal:
	default:
		return diag.Inputf("visibility", "input-value", "Allowed: public, private, internal.", "visibility is %q", config.Open.Visibility)
	}
	server, err := ghcrtest.Listen(ctx, listen, config)
	if err != nil {
		return &diag.Error{
			Code: "listen", Side: diag.Runner, Err: err, Title: fmt.Sprintf("Listening on %q did not work", listen),
			Hint: "Choose another port with --listen; 127.0.0.1:0 takes a free one.",
		}
	}
	fmt.Fprintf(out, "# An embedded ghcr.io on %s until interrupted. Export this, then publish:\n", server.URL())
	for _, pair := range server.Env(repository) {
		if config.Open.Token != "" && strings.HasPrefix(pair, "GITHUB_TOKEN=") {
			continue // it is the caller's own, and exported already
		}
		fmt.Fprintf(out, "export %s\n", pair)
	}
	<-ctx.Done()
	return server.Close()
}
