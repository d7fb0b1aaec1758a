package cmd

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/diag/nearest"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/source/detect"
)

// usage returns the error for an invalid command line.
func usage(c *cobra.Command, err error) error {
	title, hint := explainUsage(c, err)
	return &diag.Error{
		Code: codeUsage, Side: diag.Input, Title: title,
		Hint: strings.TrimSpace(hint + fmt.Sprintf(" Run %q for help.", c.CommandPath()+" --help")),
	}
}

// explainUsage returns a title and a hint for an error of cobra. The hint contains
// the correct text for the command line, or is "".
func explainUsage(c *cobra.Command, err error) (title, hint string) {
	var unknown *pflag.NotExistError
	var incomplete *pflag.ValueRequiredError
	var invalid *pflag.InvalidValueError
	var argument *argumentError
	switch {
	case errors.As(err, &argument):
		return argument.title, argument.hint
	case errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() != "":
		return fmt.Sprintf("The command %s has no flag -%s", c.Name(), unknown.GetSpecifiedName()), shorthandHint(c, unknown.GetSpecifiedName())
	case errors.As(err, &unknown):
		return fmt.Sprintf("The command %s has no flag --%s", c.Name(), unknown.GetSpecifiedName()), flagHint(c, unknown.GetSpecifiedName())
	case errors.As(err, &incomplete) && incomplete.GetSpecifiedName() == "version":
		return "--version needs a value", `This flag sets the version of the image. To print the version of this program, run "ghcr-publish version".`
	case errors.As(err, &incomplete):
		return fmt.Sprintf("--%s needs a value", incomplete.GetSpecifiedName()), valueHint(incomplete.GetSpecifiedName())
	case errors.As(err, &invalid):
		return fmt.Sprintf("--%s has the invalid value %q", invalid.GetFlag().Name, invalid.GetValue()), typeHint(invalid.GetFlag())
	}
	text := err.Error()
	return strings.ToUpper(text[:1]) + text[1:], hint
}

// argumentError is the error for an argument that a command does not accept. The hint
// contains the correct text for the command line.
type argumentError struct{ title, hint string }

func (e *argumentError) Error() string { return e.title }

// atMost refuses more arguments than a command accepts. The parameter "names" contains
// the names of the accepted arguments.
func atMost(names ...string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		switch {
		case len(args) <= len(names):
			return nil
		case len(names) == 0:
			return &argumentError{fmt.Sprintf("The command %s accepts only flags, but not the argument %q", c.Name(), args[0]), referenceHint(c, args[0])}
		}
		last := args[len(names)]
		if err := noTruths(c, args[len(names):]); err != nil {
			return err
		}
		if word, ok := strings.CutPrefix(last, "–"); ok || strings.HasPrefix(last, "—") {
			word = strings.TrimLeft(strings.TrimPrefix(word, "—"), "–—-")
			return &argumentError{fmt.Sprintf("The argument %q begins with a long dash, and flags begin with two hyphens", last), fmt.Sprintf("Write --%s.", word)}
		}
		if c.Name() == string(input.Promote) && !c.Flags().Changed("tags") {
			return &argumentError{fmt.Sprintf("The command promote accepts only %s, but not the additional argument %q", names[0], last), fmt.Sprintf("To add this tag to the image, write --tags %s.", last)}
		}
		return &argumentError{fmt.Sprintf("The command %s accepts only %s, but not the additional argument %q", c.Name(), strings.Join(names, " and "), last), referenceHint(c, last)}
	}
}

// noTruths refuses arguments such as "false", which users write after a Boolean flag.
func noTruths(c *cobra.Command, args []string) error {
	for _, arg := range args {
		if truth, ok := truths[strings.ToLower(arg)]; ok {
			return &argumentError{fmt.Sprintf("The command %s does not accept the argument %q", c.Name(), arg), fmt.Sprintf("Write the flag and its value as one word, %s=%t.", switchOf(c), truth)}
		}
	}
	return nil
}

// referenceHint returns the flags that name the image and the tag of an argument. If the
// argument is not a reference, or the command does not have the flags, referenceHint
// returns "".
func referenceHint(c *cobra.Command, argument string) string {
	ref, err := name.NewTag(argument, name.WithDefaultTag(""))
	image := "images"
	if c.Flags().Lookup(image) == nil {
		image = "image"
	}
	if err != nil || !strings.Contains(argument, "/") || c.Flags().Lookup(image) == nil || c.Flags().Lookup("tags") == nil {
		return ""
	}
	hint := fmt.Sprintf("Write the destination with flags: --%s %s", image, strings.TrimSuffix(argument, ":"+ref.TagStr()))
	if ref.TagStr() != "" {
		hint += " --tags " + ref.TagStr()
	}
	return hint + "."
}

// truths maps the words that users write after a Boolean flag to their values.
var truths = map[string]bool{"true": true, "yes": true, "on": true, "false": false, "no": false, "off": false}

// switchOf returns the flag on the command line that can be set without a value. If no
// flag or several flags can be set without a value, switchOf returns --FLAG.
func switchOf(c *cobra.Command) string {
	var set []string
	c.Flags().Visit(func(f *pflag.Flag) {
		if f.NoOptDefVal != "" {
			set = append(set, "--"+f.Name)
		}
	})
	if len(set) == 1 {
		return set[0]
	}
	return "--FLAG"
}

// typeHint returns a hint about the values that a flag accepts.
func typeHint(f *pflag.Flag) string {
	if f.Value.Type() == "bool" {
		return fmt.Sprintf("Write --%s for true, or --%s=false.", f.Name, f.Name)
	}
	return fmt.Sprintf("Write a value of the type %s.", f.Value.Type())
}

// valueHint returns a hint with an example of a value, if the table of inputs
// contains an example.
func valueHint(name string) string {
	in, known := input.Find(name)
	switch {
	case known && len(in.Values) > 0:
		return fmt.Sprintf("Write --%s %s.", name, strings.Join(in.Values, " or "))
	case known && in.Example != "" && !strings.Contains(in.Example, "${{") && !strings.Contains(in.Example, "\n"):
		return fmt.Sprintf("Write the value after the flag, for example --%s %s.", name, in.Example)
	}
	return fmt.Sprintf("Write the value after the flag: --%s VALUE.", name)
}

// flagHint returns a hint for a flag that the command does not have.
func flagHint(c *cobra.Command, name string) string {
	if !c.HasParent() {
		return "Write the command before its flags, for example ghcr-publish publish " + exampleFlag(name) + "."
	}
	if positive, ok := strings.CutPrefix(name, "no-"); ok && isSwitch(c.Flags().Lookup(positive)) {
		return fmt.Sprintf("Write --%s=false.", positive)
	}
	if hint := otherFlagHint(c, name); hint != "" {
		return hint
	}
	in, known := input.Find(name)
	if known && in.NoFlag {
		return secretHint(in)
	}
	question := nearest.Question("--"+name, flagNames(c))
	switch {
	case known:
		return strings.TrimSpace(question + " " + otherCommandHint(in) + " " + input.OtherCommandAdvice(input.Command(c.Name()), name))
	case question != "":
		return question
	}
	return input.Advice(input.Command(c.Name()), name)
}

// exampleFlag returns a flag for an example: the flag that the user wrote, if the command
// "publish" has this flag.
func exampleFlag(name string) string {
	in, known := input.Find(name)
	switch {
	case !known || in.NoFlag || !slices.Contains(in.Commands, input.Publish):
		return "--tags 1.2.3"
	case in.Kind == input.Bool:
		return "--" + name
	case len(in.Values) > 0:
		return "--" + name + " " + in.Values[0]
	}
	return "--" + name + " VALUE"
}

// isSwitch reports whether a flag can be set without a value.
func isSwitch(f *pflag.Flag) bool { return f != nil && f.NoOptDefVal != "" }

// otherFlags maps flags of other programs to sentences with the flags of this program.
// The key "*" means all commands.
var otherFlags = map[string]map[string]string{
	"*": { //nolint:gosec // names of flags, and sentences
		"password":       "Every process can see the secrets on a command line. Export the token as GITHUB_TOKEN, or pipe the token into --token-stdin.",
		"password-stdin": "Write --token-stdin, which reads the token from standard input.",
		"user":           "Write --username.",
		"output":         "Write --destination.",
		"format":         "Write --json.",
		"insecure":       "The program uses HTTPS for each host except localhost. For a private certificate authority, write --ca-file FILE.",
	},
	"promote": {"to": "Write --tags for new tags in the same repository, and --image for another repository.", "from": "Write the image as the first argument."},
	"publish": {"to": "Write --image for the repository, and --tags for the tags.", "from": "Write the image as the first argument."},
	"inspect": {"format": "Write --json for JSON, or --digest-only for the digest.", "raw": "Write --json, which prints complete manifests and configs."},
	"cleanup": {"yes": cleanupForce, "force": cleanupForce, "confirm": cleanupForce},
	"serve": {
		"port": "Write the port in the address: --listen 127.0.0.1:5000.", "host": "Write the host in the address: --listen 127.0.0.1:5000.",
		"address": "Write --listen 127.0.0.1:5000.", "addr": "Write --listen 127.0.0.1:5000.", "dir": "Write --data FOLDER.",
	},
}

// cleanupForce is the hint for flags that permit a deletion in other programs.
const cleanupForce = "To delete, write --dry-run=false. The command asks no questions."

// otherFlagHint returns the sentences for a flag of another program. A sentence is only
// for a command that has the flag in the sentence.
func otherFlagHint(c *cobra.Command, name string) string {
	if hint := otherFlags[c.Name()][name]; hint != "" {
		return hint
	}
	hint := otherFlags["*"][name]
	_, flag, _ := strings.Cut(hint, "Write --")
	flag, _, _ = strings.Cut(strings.TrimRight(flag, "."), ",")
	if flag != "" && c.Flags().Lookup(flag) == nil {
		return ""
	}
	return hint
}

// secretHint explains how to set an input of the action that has no flag.
func secretHint(in input.Input) string {
	switch in.Name {
	case "token":
		return "Every process can see the secrets on a command line. Export GITHUB_TOKEN, or pipe the token into --token-stdin."
	case "credentials":
		return "Every process can see the secrets on a command line. Log in with docker login or ghcr-publish login first. The program uses this login."
	}
	return "Every process can see the secrets on a command line. To build with secrets, run docker build with the option --secret, and publish the built image."
}

// otherCommandHint returns a hint with the commands that have the flag.
func otherCommandHint(in input.Input) string {
	var names []string
	for _, command := range in.Commands {
		names = append(names, string(command))
	}
	return fmt.Sprintf("--%s is a flag of %s.", in.Name, strings.Join(names, ", "))
}

// shorthands maps one-letter flags of docker and podman to flags of this program.
var shorthands = map[string]string{"t": "tags", "f": "file", "o": "destination", "u": "username", "p": "token-stdin", "R": "repo"}

// shorthandHint returns a hint with the long flag for a one-letter flag of docker.
func shorthandHint(c *cobra.Command, letter string) string {
	if long := shorthands[letter]; c.Flags().Lookup(long) != nil {
		return "Write --" + long + "."
	}
	return "This program has no other one-letter flag than -h. Write a long flag, for example --image."
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
	if _, err := os.Stat(name); err == nil || detect.IsArchive(name) || strings.Contains(name, "/") {
		hint = fmt.Sprintf("Write the command first, for example ghcr-publish publish %s.", name)
	}
	if meant := input.OtherCommands[strings.ToLower(name)]; meant != "" {
		hint = fmt.Sprintf("Did you mean %s?", meant)
	}
	if strings.EqualFold(name, "logout") {
		hint = "To remove a login, run docker logout REGISTRY."
	}
	return &diag.Error{
		Code: codeUsage, Side: diag.Input, Title: fmt.Sprintf("There is no command %q", name),
		Hint: strings.TrimSpace(hint + ` Run "ghcr-publish --help" for the list of commands.`),
	}
}
