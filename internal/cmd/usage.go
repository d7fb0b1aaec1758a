package cmd

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/diag/nearest"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
)

// usage returns the error for an invalid command line.
func usage(c *cobra.Command, err error) error {
	title, hint := explainUsage(c, err)
	return &diag.Error{
		Code: codeUsage, Side: diag.Input, Title: title,
		Hint: strings.TrimSpace(hint + fmt.Sprintf(" Run %q for help.", c.CommandPath()+" --help")),
	}
}

// explainUsage returns the title of an error of cobra and the text to write instead,
// or "".
func explainUsage(c *cobra.Command, err error) (title, hint string) {
	var unknown *pflag.NotExistError
	var incomplete *pflag.ValueRequiredError
	switch {
	case errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() != "":
		return fmt.Sprintf("The command %s has no flag -%s", c.Name(), unknown.GetSpecifiedName()), shorthandHint(c, unknown.GetSpecifiedName())
	case errors.As(err, &unknown):
		return fmt.Sprintf("The command %s has no flag --%s", c.Name(), unknown.GetSpecifiedName()), flagHint(c, unknown.GetSpecifiedName())
	case errors.As(err, &incomplete) && incomplete.GetSpecifiedName() == "version":
		hint = `This flag sets the version of the image. To print the version of this program, run "ghcr-publish version".`
	}
	text := err.Error()
	return strings.ToUpper(text[:1]) + text[1:], hint
}

// atMost refuses more arguments than a command accepts. The names describe them.
func atMost(names ...string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		switch {
		case len(args) <= len(names):
			return nil
		case len(names) == 0:
			return fmt.Errorf("the command %s accepts only flags, not the argument %q", c.Name(), args[0])
		}
		if last := args[len(names)]; last == "true" || last == "false" {
			return fmt.Errorf("the command %s does not accept the argument %q. A flag and its value are one word: write --FLAG=%s", c.Name(), last, last)
		}
		return fmt.Errorf("the command %s accepts only %s, not the further argument %q", c.Name(), strings.Join(names, " and "), args[len(names)])
	}
}

// flagHint says what to write instead of a flag that the command does not have.
func flagHint(c *cobra.Command, name string) string {
	if !c.HasParent() {
		return "Write the command before its flags, for example ghcr-publish publish --tags 1.2.3."
	}
	in, known := input.Find(name)
	if known && in.NoFlag {
		return secretHint(in)
	}
	question := nearest.Question("--"+name, flagNames(c))
	switch {
	case known:
		return question + " " + otherCommandHint(in)
	case question != "":
		return question
	}
	return input.Advice(name)
}

// secretHint says how to set an input of the action that has no flag.
func secretHint(in input.Input) string {
	switch in.Name {
	case "token":
		return "Every process can see the secrets on a command line. Export GITHUB_TOKEN, or pipe the token into --token-stdin."
	case "credentials":
		return "Every process can see the secrets on a command line. Log in with docker login or ghcr-publish login first. The program uses this login."
	}
	return "The input " + in.Name + " has no flag."
}

// otherCommandHint names the commands that have the flag.
func otherCommandHint(in input.Input) string {
	var names []string
	for _, command := range in.Commands {
		names = append(names, string(command))
	}
	return "--" + in.Name + " is a flag of " + strings.Join(names, ", ") + "."
}

// shorthands are the one-letter flags of docker and podman that people type here.
var shorthands = map[string]string{"t": "tags", "f": "file", "o": "destination"}

// shorthandHint names the long flag for a one-letter flag of docker.
func shorthandHint(c *cobra.Command, letter string) string {
	if long := shorthands[letter]; c.Flags().Lookup(long) != nil {
		return "Write --" + long + "."
	}
	return "All flags except -h have long names, for example --image."
}

// flagNames returns the names of the command's flags.
func flagNames(c *cobra.Command) []string {
	var names []string
	c.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, "--"+f.Name) })
	return names
}

// unknownCommand returns the error for a command that does not exist.
func unknownCommand(root *cobra.Command, name string) error {
	hint := nearest.Question(name, commandNames(root))
	if meant := input.OtherCommands[strings.ToLower(name)]; meant != "" {
		hint = fmt.Sprintf("Did you mean %s?", meant)
	}
	return &diag.Error{
		Code: codeUsage, Side: diag.Input, Title: fmt.Sprintf("There is no command %q", name),
		Hint: strings.TrimSpace(hint + ` Run "ghcr-publish --help" for the list of commands.`),
	}
}
