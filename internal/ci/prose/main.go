// Command prose extracts the prose of a source tree, so that a person can read the
// prose without the code. The command also checks the prose against a list of words.
//
//	prose DIR                       prints every sentence
//	prose -sample 200 -seed 7 DIR   prints 200 random sentences
//	prose -words words.tsv DIR      fails if a pattern has more uses than the list allows
//	prose -words words.tsv -update DIR
//	                                lowers the allowed numbers to the numbers of uses
//
// Each line of the output has the place, the kind and the text, separated by tabs.
// The program reads comments and string literals of Go files, comments of JavaScript
// files and shell scripts, paragraphs of Markdown files, and comments and
// descriptions of YAML files. The program does not read testdata, and reads Go tests
// only with -tests.
package main

import (
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run executes the program with the given arguments. If the flag -words is set, run
// returns an error with each pattern that has more uses than the list allows.
func run(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("prose", flag.ContinueOnError)
	words := flags.String("words", "", "Check the sentences against this list.")
	update := flags.Bool("update", false, "Lower the allowed numbers in the list to the numbers of uses.")
	sample := flags.Int("sample", 0, "Print this many random sentences of at least four words.")
	seed := flags.Uint64("seed", 1, "Seed of the random choice.")
	tests := flags.Bool("tests", false, "Also read Go tests.")
	if err := flags.Parse(args); err != nil {
		return err
	}
	all, err := walk(flags.Arg(0), *tests)
	if err != nil {
		return err
	}
	switch {
	case *words != "":
		return checkFile(*words, all, *update, out)
	case *sample > 0:
		all = choose(all, *sample, *seed)
	}
	for _, s := range all {
		fmt.Fprintln(out, s)
	}
	return nil
}

// choose returns n random sentences of at least four words. A second call with equal
// arguments returns the same sentences.
func choose(all []sentence, n int, seed uint64) []sentence {
	var long []sentence
	for _, s := range all {
		if s.words() >= 4 {
			long = append(long, s)
		}
	}
	random := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // a repeatable choice is wanted, not an unpredictable one
	random.Shuffle(len(long), func(i, j int) { long[i], long[j] = long[j], long[i] })
	return long[:min(n, len(long))]
}
