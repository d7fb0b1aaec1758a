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
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest/sigstore"
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
GITHUB_TOKEN is not set, serve prints a new token.

With --seed, the server starts with the package of a scenario of the command "cleanup",
and serve also prints the command with the rules of the scenario.

With --sigstore, the server also issues identity tokens and certificates, and has a
transparency log and timestamps. serve writes trusted_root.json and signing_config.json
to the folder. A client needs both files to sign, and only the first file to verify.`,
		Example: `  ghcr-publish serve --listen 127.0.0.1:5000 --repository acme/web
  ghcr-publish serve --seed cleanup.json#C01`,
		Args: atMost(),
	}
	c.Flags().SortFlags = false
	listen := c.Flags().String("listen", "127.0.0.1:5000", "Address to listen on. Port 0 selects a free port.")
	seed := c.Flags().String("seed", "", "File with a scenario of the command \"cleanup\". FILE#ID selects one scenario of a list. The server starts with the package of the scenario.")
	repository := c.Flags().String("repository", "octocat/hello-world", "Repository in the printed environment variables.")
	visibility := c.Flags().String("visibility", "public", "Visibility of the repositories and of new packages: public, private or internal.")
	data := c.Flags().String("data", "", "Folder for the blobs of large images. Without this flag, the server keeps blobs in memory.")
	folder := c.Flags().String("sigstore", "", "Folder for the files of an embedded Sigstore. Without this flag, jobs have no identity token.")
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
		if config.Open.Visibility != ghcrtest.Public {
			config.Sigstore = sigstore.GitHub // GitHub uses its own instance for these repositories.
		}
		return serve(c.Context(), p.Stdout, config, serveOptions{*listen, *repository, *folder})
	}
	return c
}

// serveOptions are the options of the command "serve" that are not part of the server's
// configuration.
type serveOptions struct {
	listen     string // the address
	repository string // the repository in the printed variables
	sigstore   string // the folder for the files of Sigstore, or ""
}

func serve(ctx context.Context, out io.Writer, config ghcrtest.Config, o serveOptions) error {
	if err := checkServe(config, o); err != nil {
		return err
	}
	server, err := ghcrtest.Listen(ctx, o.listen, config)
	if err != nil {
		return &diag.Error{
			Code: codeListen, Side: diag.Runner, Err: listenCause(err), Title: fmt.Sprintf("The server cannot listen on %q", o.listen),
			Hint: listenHint(o.listen),
		}
	}
	variables := server.Env(o.repository)
	if o.sigstore != "" {
		identity, err := serveIdentity(server, o)
		if err != nil {
			return errors.Join(err, server.Close())
		}
		variables = append(variables, identity...)
	}
	fmt.Fprintf(out, "# An embedded ghcr.io runs on %s until it is interrupted. Export these variables, then publish:\n", server.URL())
	if host, _, err := net.SplitHostPort(o.listen); err == nil && (host == "" || net.ParseIP(host).IsUnspecified()) {
		fmt.Fprintln(out, "# The server also accepts connections from other machines. On another machine, write the name of this machine instead of 127.0.0.1.")
	}
	if config.Seed != nil {
		event, err := serveScenario(out, config.Seed, server.Host())
		if err != nil {
			return errors.Join(err, server.Close())
		}
		defer func() { _ = os.Remove(event) }() // The path is empty if the scenario has no event.
	}
	for _, pair := range variables {
		if config.Open.Token != "" && strings.HasPrefix(pair, "GITHUB_TOKEN=") {
			continue // The user has already exported GITHUB_TOKEN.
		}
		fmt.Fprintf(out, "export %s\n", shellPair(pair))
	}
	<-ctx.Done()
	return server.Close()
}

// checkServe checks the flags of the command "serve".
func checkServe(config ghcrtest.Config, o serveOptions) error {
	if o.listen == "" {
		return diag.Inputf("listen", codeListen, "Write HOST:PORT, such as --listen 127.0.0.1:5000. If the value is a variable of the shell, check that the variable has a value.", "The flag --listen is empty")
	}
	switch config.Open.Visibility {
	case ghcrtest.Public, ghcrtest.Private, ghcrtest.Internal:
	default:
		return diag.Inputf("visibility", input.CodeValue, "Set --visibility to public, private or internal.", "The flag --visibility has the invalid value %q", config.Open.Visibility)
	}
	if owner, rest, ok := strings.Cut(o.repository, "/"); !ok || owner == "" || rest == "" || strings.Contains(rest, "/") {
		return diag.Inputf("repository", input.CodeValue, "Write the owner and the name of a repository on GitHub: --repository acme/web.", "The flag --repository has the invalid value %q", o.repository)
	}
	return errors.Join(
		makeFolder(config.Dir, "Set --data to a folder in which you may write, or remove --data to keep the blobs in memory."),
		makeFolder(o.sigstore, "Set --sigstore to a folder in which you may write."),
	)
}

// makeFolder creates a folder of a flag, so that the error comes before the first upload.
func makeFolder(folder, hint string) error {
	if folder == "" {
		return nil
	}
	err := os.MkdirAll(folder, 0o750)
	if err == nil {
		return nil
	}
	title := fmt.Sprintf("The folder %q cannot be created", folder)
	if info, statErr := os.Stat(folder); statErr == nil && !info.IsDir() {
		title, err = title+", because a file has this name", nil
	}
	return &diag.Error{Code: codeDataUnwritable, Side: diag.Runner, Err: err, Title: title, Hint: hint}
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
	if _, port, _ := net.SplitHostPort(listen); port != "" && strings.Trim(port, "0123456789") == "" {
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return "A port is a number from 0 to 65535, but the address has the port " + port + ". Write, for example, --listen 127.0.0.1:5000. " + free
		}
	}
	return "Set --listen to an address with a free port, such as 127.0.0.1:5078. " + free
}

// serveIdentity writes the files of Sigstore, and returns the variables with which a job
// requests its identity token.
func serveIdentity(server *ghcrtest.Server, o serveOptions) ([]string, error) {
	services, err := server.Sigstore()
	if err != nil {
		return nil, err
	}
	if err := services.WriteFiles(o.sigstore, server.URL()); err != nil {
		return nil, fmt.Errorf("writing the files of Sigstore: %w", err)
	}
	return server.IdentityEnv(o.repository)
}

// shellPair quotes the value of a variable that a shell would change. No value contains
// a quote.
func shellPair(pair string) string {
	name, value, _ := strings.Cut(pair, "=")
	if strings.ContainsAny(value, "?&") {
		return name + "='" + value + "'"
	}
	return pair
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
