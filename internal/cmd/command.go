package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/release/version"
	"github.com/ghcr-publish/ghcr-publish/internal/secret"
	"github.com/ghcr-publish/ghcr-publish/internal/workflow"
)

// maxToken bounds what --token-stdin reads, in bytes.
const maxToken = 64 << 10

// commandLine runs a subcommand.
func commandLine(ctx context.Context, args []string, p Process, w *workflow.Workflow) error {
	root := rootCommand(p, w)
	root.SetArgs(args)
	root.SetIn(p.Stdin)
	root.SetOut(p.Stdout)
	root.SetErr(p.Stderr)
	err := root.ExecuteContext(ctx)
	if err != nil && !errors.As(err, new(*diag.Error)) && strings.HasPrefix(err.Error(), "unknown command") {
		return usage(root, err) // cobra has no type for it
	}
	return err
}

func rootCommand(p Process, w *workflow.Workflow) *cobra.Command {
	root := &cobra.Command{
		Use:   "ghcr-publish",
		Short: "Publish container images to ghcr.io in one step, with nothing but GITHUB_TOKEN",
		Long: `ghcr-publish takes an image that a build left somewhere and makes it available
on ghcr.io: under the right tags, linked to its repository, with the visibility
its owner wants, and with proof of what it did.

New here? "ghcr-publish try" does the whole job against a registry inside the
program; no account is needed.

Exit status: 0, what was asked for is true; 1, it is not; 130, interrupted.`,
		SilenceErrors: true, SilenceUsage: true,
		Version: version.String(),
	}
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetUsageTemplate(wrapped(root.UsageTemplate()))
	root.SetFlagErrorFunc(usage)
	for _, c := range commands {
		root.AddCommand(c.cobra(p, w))
	}
	root.AddCommand(serveCommand(p), tryCommand(p), versionCommand(p))
	for _, c := range root.Commands() {
		c.Args = mistakes(c.Args)
	}
	return root
}

// mistakes makes a complaint about arguments one that names the help.
func mistakes(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if check == nil {
			check = cobra.ArbitraryArgs
		}
		if err := check(c, args); err != nil {
			return usage(c, err)
		}
		return nil
	}
}

// helpWidth is the width that help is wrapped to, in columns.
const helpWidth = 100

// wrapped makes cobra's template break the flags' help into lines.
func wrapped(template string) string {
	return strings.ReplaceAll(template, "Flags.FlagUsages", fmt.Sprintf("Flags.FlagUsagesWrapped %d", helpWidth))
}

// usage is a mistake on the command line.
func usage(c *cobra.Command, err error) error {
	return &diag.Error{
		Code: "usage", Side: diag.Input, Title: err.Error(),
		Hint: secretHint(err) + fmt.Sprintf("See %q.", c.CommandPath()+" --help"),
	}
}

// secretHint says where a secret goes that somebody looked for a flag for.
func secretHint(err error) string {
	switch name := strings.TrimPrefix(err.Error(), "unknown flag: --"); name {
	case "token":
		return "A secret on a command line would be seen by every process: export GITHUB_TOKEN, or pipe the token into --token-stdin. "
	case "credentials":
		return "A secret on a command line would be seen by every process: log in first (docker login, or ghcr-publish login); that login is used. "
	}
	return ""
}

func versionCommand(p Process) *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: cobra.NoArgs,
		Run: func(*cobra.Command, []string) { fmt.Fprintln(p.Stdout, version.String()) },
	}
}

// command is one that takes inputs: one function behind the action's step and
// the terminal's subcommand. A new command is a file that defines one, a line
// in commands, and its rows in package input's table.
type command struct {
	name     input.Command
	argument string // the input that arguments stand for; "" for none
	many     bool   // more than one argument is taken
	second   string // the input that a second argument stands for; "" for none
	short    string
	long     string
	example  string
	run      runFunc
	post     func(context.Context, Process, *workflow.Workflow) error // the post step; nil for none
}

// commands lists them in the order of help.
var commands = []*command{publishCommand, mergeCommand, promoteCommand, metadataCommand, pullCommand, inspectCommand, loginCommand, checkCommand, migrateCommand}

// cobra makes the subcommand.
func (c *command) cobra(p Process, w *workflow.Workflow) *cobra.Command {
	cc := &cobra.Command{
		Use: string(c.name), Short: c.short, Long: c.long, Example: c.example, Args: cobra.NoArgs,
	}
	if c.argument != "" {
		cc.Use += " [" + strings.ToUpper(c.argument) + "]"
		cc.Args = cobra.MaximumNArgs(1)
	}
	if c.many {
		cc.Use = string(c.name) + " [" + strings.ToUpper(c.argument) + "...]"
		cc.Args = cobra.ArbitraryArgs
	}
	if c.second != "" {
		cc.Use += " [" + strings.ToUpper(c.second) + "]"
		cc.Args = cobra.MaximumNArgs(2)
	}
	flags := addFlags(cc, c.name)
	fromStdin := cc.Flags().Bool("token-stdin", false, "Read the token from standard input.")
	cc.RunE = func(cc *cobra.Command, args []string) error {
		if err := c.take(cc, flags, args); err != nil {
			return err
		}
		env := input.Environment{Getenv: p.Getenv, Flag: flags.lookup}
		if *fromStdin {
			text, err := io.ReadAll(io.LimitReader(p.Stdin, maxToken))
			if err != nil {
				return fmt.Errorf("reading the token from standard input: %w", err)
			}
			env.Token = secret.New(string(text))
		}
		return c.run(cc.Context(), p, w, env)
	}
	return cc
}

// take gives the arguments to the inputs that they stand for.
func (c *command) take(cc *cobra.Command, flags flagValues, args []string) error {
	values := map[string]string{}
	switch {
	case len(args) == 2 && c.second != "":
		values[c.argument], values[c.second] = args[0], args[1]
	case len(args) > 0:
		values[c.argument] = strings.Join(args, "\n")
	}
	for name, value := range values {
		if cc.Flags().Changed(name) {
			return usage(cc, fmt.Errorf("%s is given twice: %q and --%s", name, value, name))
		}
		flags[name] = func() string { return value }
	}
	return nil
}

// flagValues are a command's inputs as flags.
type flagValues map[string]func() string

func (f flagValues) lookup(name string) string {
	if value, ok := f[name]; ok {
		return value()
	}
	return ""
}

// addFlags gives a command a flag for each of its inputs.
func addFlags(c *cobra.Command, command input.Command) flagValues {
	values := flagValues{}
	c.Flags().SortFlags = false
	for _, in := range input.For(command) {
		if in.NoFlag {
			continue
		}
		if in.Kind == input.Lines {
			list := c.Flags().StringArray(in.Name, nil, flagHelp(in, command)+" May be repeated.")
			values[in.Name] = func() string { return strings.Join(*list, "\n") }
			continue
		}
		if in.Kind == input.Bool && in.Default == "" { // neither is a third answer
			value := c.Flags().String(in.Name, "", flagHelp(in, command))
			c.Flags().Lookup(in.Name).NoOptDefVal = "true"
			values[in.Name] = func() string { return *value }
			continue
		}
		if in.Kind == input.Bool {
			value := c.Flags().Bool(in.Name, in.Default == "true", flagHelp(in, command))
			values[in.Name] = func() string { return strconv.FormatBool(*value) }
			continue
		}
		value := c.Flags().String(in.Name, in.Default, flagHelp(in, command))
		values[in.Name] = func() string { return *value }
		if in.Kind == input.Choice {
			_ = c.RegisterFlagCompletionFunc(in.Name, cobra.FixedCompletions(in.Values, cobra.ShellCompDirectiveNoFileComp)) // fails only for an unknown flag
		}
	}
	return values
}

func flagHelp(in input.Input, c input.Command) string {
	help := strings.ReplaceAll(in.HelpFor(c), "`", "'") // pflag would read backquotes as the value's name
	if len(in.Values) > 0 {
		help += " One of: " + strings.Join(in.Values, ", ") + "."
	}
	return help
}
