package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
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
GITHUB_TOKEN is not set, serve prints a new token.`,
		Example: `  ghcr-publish serve --listen 127.0.0.1:5000 --repository acme/web`,
		Args:    atMost(),
	}
	c.Flags().SortFlags = false
	listen := c.Flags().String("listen", "127.0.0.1:5000", "Address to listen on. Port 0 selects a free port.")
	repository := c.Flags().String("repository", "octocat/hello-world", "Repository in the printed environment variables.")
	visibility := c.Flags().String("visibility", "public", "Visibility of the repositories and of new packages: public, private or internal.")
	data := c.Flags().String("data", "", "Folder for the blobs of large images. Without this flag, the server keeps blobs in memory.")
	c.RunE = func(c *cobra.Command, _ []string) error {
		scope := ""
		if c.Flags().Changed("repository") {
			scope = *repository // The token of a job belongs to one repository.
		}
		config := ghcrtest.Config{
			MaxRequests: 1, // The command "serve" runs without an end, and no other code reads the recorded requests.
			Open:        &ghcrtest.Open{Visibility: ghcrtest.Visibility(*visibility), Token: p.Getenv("GITHUB_TOKEN"), Repository: scope},
			Dir:         *data,
		}
		return serve(c.Context(), p.Stdout, *listen, *repository, config)
	}
	return c
}

func serve(ctx context.Context, out io.Writer, listen, repository string, config ghcrtest.Config) error {
	switch config.Open.Visibility {
	case ghcrtest.Public, ghcrtest.Private, ghcrtest.Internal:
	default:
		return diag.Inputf("visibility", input.CodeValue, "Set --visibility to public, private or internal.", "The flag --visibility has the invalid value %q", config.Open.Visibility)
	}
	if owner, rest, ok := strings.Cut(repository, "/"); !ok || owner == "" || rest == "" || strings.Contains(rest, "/") {
		return diag.Inputf("repository", input.CodeValue, "Write the owner and the name of a repository on GitHub: --repository acme/web.", "The flag --repository has the invalid value %q", repository)
	}
	if err := makeFolder(config.Dir); err != nil {
		return err
	}
	server, err := ghcrtest.Listen(ctx, listen, config)
	if err != nil {
		return &diag.Error{
			Code: codeListen, Side: diag.Runner, Err: listenCause(err), Title: fmt.Sprintf("The server cannot listen on %q", listen),
			Hint: listenHint(listen),
		}
	}
	fmt.Fprintf(out, "# An embedded ghcr.io runs on %s until it is interrupted. Export these variables, then publish:\n", server.URL())
	if host, _, err := net.SplitHostPort(listen); err == nil && net.ParseIP(host).IsUnspecified() {
		fmt.Fprintln(out, "# The server also accepts connections from other machines. On another machine, write the name of this machine instead of 127.0.0.1.")
	}
	for _, pair := range server.Env(repository) {
		if config.Open.Token != "" && strings.HasPrefix(pair, "GITHUB_TOKEN=") {
			continue // The user has already exported GITHUB_TOKEN.
		}
		fmt.Fprintf(out, "export %s\n", pair)
	}
	<-ctx.Done()
	return server.Close()
}

// makeFolder creates the folder for the blobs, so that the error comes before the first
// upload.
func makeFolder(folder string) error {
	if folder == "" {
		return nil
	}
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return &diag.Error{
			Code: codeDataUnwritable, Side: diag.Runner, Err: err, Title: fmt.Sprintf("The folder %q for the blobs cannot be created", folder),
			Hint: "Set --data to a folder in which you may write, or remove --data to keep the blobs in memory.",
		}
	}
	return nil
}

// listenHint returns the hint for an address on which the server cannot listen.
func listenHint(listen string) string {
	const free = "127.0.0.1:0 selects a free port."
	if _, err := strconv.ParseUint(listen, 10, 16); err == nil {
		return "Write the host before the port: --listen 127.0.0.1:" + listen + ". " + free
	}
	if _, _, err := net.SplitHostPort(listen); err != nil {
		return "Write a port after the host: --listen " + strings.TrimSuffix(listen, ":") + ":5000. " + free
	}
	return "Set --listen to an address with a free port, such as 127.0.0.1:5078. " + free
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
