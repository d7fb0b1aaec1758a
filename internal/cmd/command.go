package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/migrate"
	"github.com/ghcr-publish/ghcr-publish/internal/release/version"
	"github.com/ghcr-publish/ghcr-publish/internal/secret"
	"github.com/ghcr-publish/ghcr-publish/internal/workflow"
)

// maxToken is the maximum number of bytes that --token-stdin reads.
const maxToken = 64 << 10

// commandLine runs the subcommand in the arguments.
func commandLine(ctx context.Context, args []string, p Process, w *workflow.Workflow) error {
	root := rootCommand(p, w)
	root.SetArgs(args)
	root.SetIn(p.Stdin)
	root.SetOut(p.Stdout)
	root.SetErr(p.Stderr)
	if slices.Contains(args, cobra.ShellCompRequestCmd) {
		for _, c := range root.Commands() {
			describeFlags(c)
		}
	}
	err := root.ExecuteContext(ctx)
	if err != nil && !errors.As(err, new(*diag.Error)) && strings.HasPrefix(err.Error(), "unknown command") {
		return unknownCommand(root, args[0]) // The package cobra has no type for this error.
	}
	return err
}

func rootCommand(p Process, w *workflow.Workflow) *cobra.Command {
	root := &cobra.Command{
		Use:   "ghcr-publish",
		Short: "Publish container images to ghcr.io in one step, with nothing but GITHUB_TOKEN",
		Long: `ghcr-publish publishes an image to ghcr.io. The program pushes the image, moves
the tags, links the package to its repository, checks the visibility, and verifies
the result.

To see a complete run without an account, use "ghcr-publish try".

Exit status: 0 on success, 1 on failure, 130 after an interrupt.`,
		SilenceErrors: true, SilenceUsage: true, DisableSuggestions: true,
		Version: version.String(),
	}
	root.SetFlagErrorFunc(usage)
	for _, c := range commands {
		root.AddCommand(c.cobra(p, w))
	}
	root.AddCommand(serveCommand(p), tryCommand(p), versionCommand(p))
	addHelp(root)
	for _, c := range root.Commands() {
		c.Args = withUsage(c.Args)
		// In some commands, the flag --version is the version of the image.
		if c.Flags().Lookup("version") == nil {
			c.Version = root.Version
			c.Annotations = map[string]string{cobra.CommandDisplayNameAnnotation: root.Name()}
		}
	}
	return root
}

// withUsage returns a function that checks the arguments. The errors of this function
// refer to the help.
func withUsage(check cobra.PositionalArgs) cobra.PositionalArgs {
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

func versionCommand(p Process) *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: atMost(),
		Run: func(*cobra.Command, []string) { fmt.Fprintln(p.Stdout, "ghcr-publish version", version.String()) },
	}
}

// command is one command of the action and of the terminal. To add a command, define
// it in a file, add it to the variable "commands", and add the inputs of the command
// to the table of package input.
type command struct {
	name input.Command
	many bool // The command accepts several arguments, and all arguments set one input.
	// The field "arguments" replaces the names of the arguments in the help, or is "".
	arguments string
	short     string
	long      string
	example   string
	run       runFunc
	// The field "post" is the function of the post step, or nil.
	post func(context.Context, Process, *workflow.Workflow) error
}

// commands lists the commands in the order of the help.
var commands = []*command{publishCommand, mergeCommand, promoteCommand, metadataCommand, pullCommand, inspectCommand, diffCommand, attestCommand, verifyCommand, loginCommand, checkCommand, cleanupCommand, migrateCommand}

// wordsOf returns the function that replaces the names of inputs in a message by the
// names of flags and arguments.
func wordsOf(args []string) func(string) string {
	if len(args) == 0 {
		return input.Terminal{}.Text
	}
	return input.Terminal{Command: input.Command(args[0])}.Text
}

// cobra returns the subcommand for the terminal.
func (c *command) cobra(p Process, w *workflow.Workflow) *cobra.Command {
	cc := &cobra.Command{
		Use: string(c.name), Short: c.short, Long: c.long, Example: c.example,
	}
	var names []string
	for _, in := range input.Arguments[c.name] {
		names = append(names, strings.ToUpper(in))
	}
	if cc.Args = atMost(names...); c.many {
		names[0] += "..."
		cc.Args = noTruths
	}
	for _, name := range names {
		cc.Use += " [" + name + "]"
	}
	if c.arguments != "" {
		cc.Use = string(c.name) + " " + c.arguments
	}
	flags := addFlags(cc, c.name)
	fromStdin := cc.Flags().Bool("token-stdin", false, "Read the token from standard input, not from GITHUB_TOKEN, GH_TOKEN or CR_PAT.")
	cc.RunE = func(cc *cobra.Command, args []string) error {
		if err := c.setArguments(cc, flags, args); err != nil {
			return err
		}
		env := input.Environment{Getenv: p.Getenv, Flag: flags.lookup, Origin: func() string { return migrate.OriginURL(".") }}
		if *fromStdin {
			text, err := io.ReadAll(io.LimitReader(p.Stdin, maxToken))
			if err != nil {
				return fmt.Errorf("reading the token from standard input: %w", err)
			}
			if env.Token = secret.New(string(text)); env.Token.Empty() {
				return diag.Inputf("token", input.CodeTokenEmpty, "Check that the program before the pipe prints a token. To use GITHUB_TOKEN, GH_TOKEN or CR_PAT, remove --token-stdin.", "Standard input contains no token, but --token-stdin is set")
			}
			p.Stdin = nil // Standard input cannot contain both a token and an image.
		}
		return c.run(cc.Context(), p, w, env)
	}
	return cc
}

// setArguments sets each input that the user gives as an argument without a flag.
func (c *command) setArguments(cc *cobra.Command, flags flagValues, args []string) error {
	if i := slices.Index(args, ""); i >= 0 && len(args) > 1 {
		return usage(cc, &argumentError{fmt.Sprintf("Argument %d of the command %s is empty", i+1, c.name), "If the argument is a variable of the shell, check that the variable has a value."})
	}
	if c.many && len(args) > 0 {
		args = []string{strings.Join(args, "\n")}
	}
	for i, value := range args {
		name := input.Arguments[c.name][i]
		if cc.Flags().Changed(name) {
			return usage(cc, fmt.Errorf("%s is set twice, by the argument %q and by --%s", name, value, name))
		}
		flags[name] = func() string { return value }
	}
	return nil
}

// flagValues returns the value of each flag of a command, by the name of the flag.
type flagValues map[string]func() string

func (f flagValues) lookup(name string) string {
	if value, ok := f[name]; ok {
		return value()
	}
	return ""
}

// addFlags adds a flag for each input of a command. The flags have no usage texts,
// because only the help and the completion of a shell need these texts. See
// describeFlags.
func addFlags(c *cobra.Command, command input.Command) flagValues {
	values := flagValues{}
	c.Flags().SortFlags = false
	for _, in := range input.For(command) {
		if in.NoFlag {
			continue
		}
		if in.Kind == input.Lines {
			list := c.Flags().StringArray(in.Name, nil, "")
			values[in.Name] = func() string { return strings.Join(*list, "\n") }
			continue
		}
		// The flag is a text, because it has three states: true, false and not set.
		if in.Kind == input.Bool && in.Default == "" {
			value := c.Flags().String(in.Name, "", "")
			c.Flags().Lookup(in.Name).NoOptDefVal = "true"
			values[in.Name] = func() string { return *value }
			continue
		}
		if in.Kind == input.Bool {
			value := c.Flags().Bool(in.Name, in.DefaultOfFlag(command) == "true", "")
			values[in.Name] = func() string { return strconv.FormatBool(*value) }
			continue
		}
		value := c.Flags().String(in.Name, in.DefaultOfFlag(command), "")
		values[in.Name] = func() string { return *value }
		if in.Kind == input.Choice {
			// The function returns an error only for an unknown flag.
			_ = c.RegisterFlagCompletionFunc(in.Name, cobra.FixedCompletions(in.ValuesFor(command), cobra.ShellCompDirectiveNoFileComp))
		}
	}
	return values
}

// describeFlags sets the usage texts of the flags that addFlags added to a command.
// The texts of all commands together need more time than the rest of a short run.
func describeFlags(c *cobra.Command) {
	command := input.Command(c.Name())
	for _, in := range input.For(command) {
		if f := c.Flags().Lookup(in.Name); f != nil {
			f.Usage = flagHelp(in, command)
		}
	}
}

func flagHelp(in input.Input, c input.Command) string {
	help := input.Terminal{Command: c}.Help(in)
	if in.Kind == input.Lines {
		help = strings.ReplaceAll(help, "one per line", "one per flag")
	}
	if len(in.ValuesFor(c)) > 0 {
		help += " One of: " + strings.Join(in.ValuesFor(c), ", ") + "."
	}
	if in.Kind == input.Lines {
		help += " May be repeated."
	}
	return help
}
