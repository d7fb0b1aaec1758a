package cmd

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ghcr-publish/ghcr-publish/internal/input"
)

// These constants limit the size of the help. The flag --help describes only the main
// flags of a command, so that the text fits on one screen. The command "help COMMAND
// --all" describes all flags.
const (
	helpWidth    = 80 // columns
	helpExamples = 3  // examples of --help
)

// ownGroups contains the groups of the flags that are not inputs.
var ownGroups = map[string]input.Group{
	"token-stdin": input.GroupLogin, "help": input.GroupOutput, "version": input.GroupOutput,
}

// addHelp sets the help of the program and of all its commands.
func addHelp(root *cobra.Command) {
	root.SetHelpFunc(func(c *cobra.Command, _ []string) { printHelp(c, false) })
	var all bool
	help := &cobra.Command{
		Use: "help [COMMAND]", Short: "Print the help of a command, with --all for all its flags", Args: atMost("COMMAND"),
		RunE: func(_ *cobra.Command, args []string) error {
			c, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return unknownCommand(root, args[0])
			}
			printHelp(c, all)
			return nil
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return commandNames(root), cobra.ShellCompDirectiveNoFileComp
		},
	}
	help.Flags().BoolVar(&all, "all", false, "Print every flag of the command.")
	root.SetHelpCommand(help)
	root.AddCommand(help)
}

// commandNames lists the commands of the program.
func commandNames(root *cobra.Command) []string {
	var names []string
	for _, c := range root.Commands() {
		names = append(names, c.Name())
	}
	return names
}

// printHelp prints the help of a command. If the argument "all" is false and the
// command has a short form of its help, printHelp prints the short form.
func printHelp(c *cobra.Command, all bool) {
	describeFlags(c)
	c.InitDefaultHelpFlag()
	c.Flags().Lookup("help").Usage = "Print this help."
	if c.InitDefaultVersionFlag(); c.Version != "" {
		c.Flags().Lookup("version").Usage = "Print the version of the program."
	}
	h := helpPrinter{out: c.OutOrStdout(), command: c}
	main := input.Main(input.Command(c.Name()))
	switch {
	case c.HasAvailableSubCommands():
		h.program()
	case len(main) == 0:
		h.head(true)
		h.flags("Flags", c.Flags())
	case all:
		h.head(true)
		h.groups()
	default:
		h.head(false)
		h.main(main)
	}
}

// helpPrinter prints the help of one command.
type helpPrinter struct {
	out     io.Writer
	command *cobra.Command
}

// program prints the help of a command with subcommands.
func (h helpPrinter) program() {
	h.head(true)
	var rows [][2]string
	for _, c := range inHelpOrder(h.command.Commands()) {
		if c.IsAvailableCommand() {
			rows = append(rows, [2]string{c.Name(), c.Short + "."})
		}
	}
	h.table("Commands", rows)
	h.flags("Flags", h.command.LocalFlags())
	fmt.Fprintf(h.out, "\n\"%s COMMAND --help\" prints the help of a command.\n", h.command.CommandPath())
}

// inHelpOrder sorts the commands. The commands in the variable "commands" come first.
func inHelpOrder(all []*cobra.Command) []*cobra.Command {
	position := func(c *cobra.Command) int {
		i := slices.IndexFunc(commands, func(other *command) bool { return string(other.name) == c.Name() })
		if i < 0 {
			return len(commands)
		}
		return i
	}
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b *cobra.Command) int { return position(a) - position(b) })
	return all
}

// head prints the description, the usage and the examples. The short form has one
// sentence and three examples.
func (h helpPrinter) head(long bool) {
	c := h.command
	text := c.Short + "."
	if long && c.Long != "" {
		text = c.Long
	}
	usage := c.CommandPath() + " COMMAND [flags]"
	// The method UseLine of cobra would print the name of the program twice.
	if !c.HasAvailableSubCommands() {
		usage = c.Parent().CommandPath() + " " + c.Use + " [flags]"
	}
	fmt.Fprintf(h.out, "%s\n\nUsage:\n  %s\n", paragraphs(text), usage)
	if c.Example == "" {
		return
	}
	examples := strings.Split(c.Example, "\n")
	if !long {
		examples = examples[:min(helpExamples, len(examples))]
	}
	fmt.Fprintf(h.out, "\nExamples:\n%s\n", strings.Join(examples, "\n"))
}

// main prints the main flags with their first sentence, and the names of all other
// flags in one line per group.
func (h helpPrinter) main(main []input.Input) {
	var rows [][2]string
	shown := map[string]bool{"help": true}
	for _, in := range main {
		name := in.Name
		if name == "token" {
			name = "token-stdin"
		}
		f := h.command.Flags().Lookup(name)
		rows = append(rows, [2]string{flagTitle(f), firstSentence(f.Usage)})
		shown[name] = true
	}
	h.table("Flags", rows)
	fmt.Fprintf(h.out, "\nOther flags:\n")
	for _, g := range input.Groups {
		var names []string
		for _, f := range h.inGroup(g) {
			if !shown[f.Name] {
				names = append(names, "--"+f.Name)
			}
		}
		if len(names) > 0 {
			fmt.Fprintln(h.out, fitted(fmt.Sprintf("  %s (%d): ", g, len(names)), names))
		}
	}
	fmt.Fprintf(h.out, "\n\"%s help %s --all\" prints every flag.\n", h.command.Root().Name(), h.command.Name())
}

// groups prints all flags under the headings of their groups.
func (h helpPrinter) groups() {
	for _, g := range input.Groups {
		set := pflag.NewFlagSet("", pflag.ContinueOnError)
		set.SortFlags = false
		for _, f := range h.inGroup(g) {
			set.AddFlag(f)
		}
		h.flags(string(g), set)
	}
}

// inGroup lists the flags of a group.
func (h helpPrinter) inGroup(g input.Group) []*pflag.Flag {
	var out []*pflag.Flag
	h.command.Flags().VisitAll(func(f *pflag.Flag) {
		if groupOf(input.Command(h.command.Name()), f.Name) == g {
			out = append(out, f)
		}
	})
	return out
}

// groupOf returns the group of a flag of a command. groupOf returns "" if the flag is
// unknown.
func groupOf(c input.Command, flag string) input.Group {
	if in, ok := input.Find(flag); ok && slices.Contains(in.Commands, c) {
		return in.GroupFor(c)
	}
	return ownGroups[flag]
}

// flags prints a heading and the flags of a set.
func (h helpPrinter) flags(heading string, set *pflag.FlagSet) {
	var rows [][2]string
	set.VisitAll(func(f *pflag.Flag) { rows = append(rows, [2]string{flagTitle(f), flagText(f)}) })
	h.table(heading, rows)
}

// flagTitle returns the left column of a flag.
func flagTitle(f *pflag.Flag) string {
	title := "--" + f.Name
	if f.Shorthand != "" {
		title = "-" + f.Shorthand + ", " + title
	}
	if f.NoOptDefVal == "" {
		title += " VALUE"
	}
	return title
}

// flagText returns the help of a flag with its default.
func flagText(f *pflag.Flag) string {
	if f.DefValue == "" || f.DefValue == "false" || f.DefValue == "[]" {
		return sentence(f.Usage)
	}
	return sentence(f.Usage) + " Default: " + f.DefValue + "."
}
