package shell

import "strings"

// Login is one command that passes a credential to a registry.
type Login struct {
	// Tool is the name of the command in messages, for example "docker login",
	// "helm registry login" or "skopeo copy --dest-creds".
	Tool string
	// At is the offset of the first word of Tool in the script.
	At int
	// Registry and Username are nil if the command does not contain them.
	Registry, Username *Word
	// Password contains the words from which the password comes. If AfterColon
	// is true, only the references after the colon belong to the password.
	// Password is empty if the script does not show the source of the password.
	Password []Word
	// AfterColon is true if Password has the form user:password.
	AfterColon bool
}

// tools contains the commands that can log in. The value for a command is the
// word that must precede "login". The word is "" if "login" directly follows
// the command.
var tools = map[string]string{
	"docker": "", "podman": "", "buildah": "", "skopeo": "", "nerdctl": "", "oras": "", "cosign": "",
	"ko": "", "img": "", "docker.exe": "", "podman.exe": "",
	"helm": "registry", "regctl": "registry", "crane": "auth", "gcrane": "auth", "notation": "",
}

// flagsWithValue contains the flags of these commands that use the next word as
// their value.
var flagsWithValue = map[string]bool{
	"-u": true, "--username": true, "--user": true, "-p": true, "--password": true, "--pass": true,
	"--config": true, "-c": true, "--context": true, "--authfile": true, "--cert-dir": true,
	"--registry-config": true, "--ca-file": true, "--cert-file": true, "--key-file": true,
	"-H": true, "--host": true, "-l": true, "--log-level": true, "-v": true, "--verbosity": true,
	"-n": true, "--namespace": true, "--creds": true, "--dest-creds": true, "--src-creds": true,
}

// Logins returns the logins in the commands of a script.
func Logins(commands []Command) []Login {
	var out []Login
	for i, c := range commands {
		if l, ok := login(commands, i); ok {
			out = append(out, l)
		}
		out = append(out, credentials(c)...)
	}
	return out
}

func login(commands []Command, i int) (Login, bool) {
	c := commands[i]
	at, rest, ok := c.findLogin()
	if !ok {
		return Login{}, false
	}
	l := Login{Tool: c.tool(at), At: c.Words[at].Start}
	stdin := l.parseArguments(c.Words[rest:])
	if stdin || len(l.Password) == 0 {
		l.Password = stdinWords(commands, i)
	}
	return l, true
}

// findLogin returns the index of the word that names the program, and the index of the
// first word after "login". The result "ok" is false if the command only prints or
// defines a login.
func (c Command) findLogin() (at, rest int, ok bool) {
	if len(c.Words) == 0 || printsOnly(c.Words[0].Text) {
		return 0, 0, false
	}
	for i, w := range c.Words {
		before, known := tools[base(w.Text)]
		if !known {
			continue
		}
		j := skipFlags(c.Words, i+1)
		if before != "" {
			if j >= len(c.Words) || c.Words[j].Text != before {
				continue
			}
			j = skipFlags(c.Words, j+1)
		}
		if j < len(c.Words) && c.Words[j].Text == "login" {
			return i, j + 1, true
		}
	}
	return 0, 0, false
}

func skipFlags(words []Word, i int) int {
	for i < len(words) && strings.HasPrefix(words[i].Text, "-") {
		if flagsWithValue[words[i].Text] {
			i++
		}
		i++
	}
	return i
}

func (c Command) tool(at int) string {
	name := strings.TrimSuffix(base(c.Words[at].Text), ".exe")
	if before := tools[base(c.Words[at].Text)]; before != "" {
		name += " " + before
	}
	return name + " login"
}

// parseArguments reads the flags and arguments of a login. The result "stdin" is true if
// the login reads the password from standard input.
func (l *Login) parseArguments(words []Word) (stdin bool) {
	for i := 0; i < len(words); i++ {
		flag, value, inline := cutFlag(words[i])
		if !inline && flagsWithValue[flag] && i+1 < len(words) {
			i++
			value = &words[i]
		}
		switch flag {
		case "-u", "--username", "--user":
			l.Username = value
		case "-p", "--password", "--pass":
			if value != nil {
				l.Password = []Word{*value}
			}
		case "--password-stdin", "--pass-stdin", "--identity-token-stdin":
			stdin = true
		case "":
			if l.Registry == nil {
				l.Registry = &words[i]
			}
		}
	}
	return stdin
}

// cutFlag splits a word such as --flag=value, -pvalue or -p=value into the flag and the
// value. The result "flag" is "" if the word is not a flag.
func cutFlag(w Word) (flag string, value *Word, inline bool) {
	if !strings.HasPrefix(w.Text, "-") || len(w.Text) < 2 {
		return "", nil, false
	}
	name, text, ok := strings.Cut(w.Text, "=")
	skip := len(name) + 1
	if !strings.HasPrefix(w.Text, "--") && len(w.Text) > 2 && w.Text[2] != '=' && flagsWithValue[w.Text[:2]] {
		name, text, ok, skip = w.Text[:2], w.Text[2:], true, 2
	}
	if !ok {
		return w.Text, nil, false
	}
	return name, &Word{Text: text, Start: w.Start + skip, End: w.End, Refs: w.Refs}, true
}

// stdinWords returns the words that the command with the index i reads from
// standard input. The words come from a here-string, from the previous command
// in the pipe, or from a file that an earlier command wrote.
func stdinWords(commands []Command, i int) []Word {
	for ; i >= 0; i-- {
		c := commands[i]
		if words := withRefs(c.Stdin); len(words) > 0 {
			return words
		}
		if len(c.Stdin) > 0 {
			return writtenTo(commands[:i], c.Stdin[0].Text)
		}
		if !c.Piped || i == 0 {
			return nil
		}
		before := commands[i-1]
		if words := withRefs(before.Words); len(words) > 0 {
			return words
		}
		if isReader(before) {
			return writtenTo(commands[:i-1], before.Words[1].Text)
		}
	}
	return nil
}

func withRefs(words []Word) []Word {
	var out []Word
	for _, w := range words {
		if len(w.Refs) > 0 {
			out = append(out, w)
		}
	}
	return out
}

// writtenTo returns the words that a command of the script wrote to a file, for
// example with "echo TEXT > file".
func writtenTo(commands []Command, file string) []Word {
	for i := len(commands) - 1; i >= 0; i-- {
		for _, f := range commands[i].Files {
			if f.Text == file {
				return withRefs(commands[i].Words)
			}
		}
	}
	return nil
}

func isReader(c Command) bool {
	if len(c.Words) < 2 {
		return false
	}
	switch strings.ToLower(c.Words[0].Text) {
	case "cat", "type", "get-content", "gc":
		return true
	}
	return false
}

func printsOnly(word string) bool {
	switch strings.ToLower(word) {
	case "echo", "printf", "print", "write-output", "write-host", "alias", "function":
		return true
	}
	return false
}

// credentials finds the flags --creds, --src-creds and --dest-creds whose value has the
// form user:password. Several commands of skopeo, podman and buildah accept these flags.
func credentials(c Command) []Login {
	var out []Login
	for i := range c.Words {
		flag, value, inline := cutFlag(c.Words[i])
		if flag != "--creds" && flag != "--dest-creds" && flag != "--src-creds" {
			continue
		}
		if !inline && i+1 < len(c.Words) {
			value = &c.Words[i+1]
		}
		if value == nil || printsOnly(c.Words[0].Text) {
			continue
		}
		out = append(out, Login{
			Tool: base(c.Words[0].Text) + " " + flag, At: c.Words[0].Start,
			Registry: c.image(flag), Password: []Word{*value}, AfterColon: true,
		})
	}
	return out
}

// image returns the argument whose registry receives the credentials. For the flag
// --src-creds, the method "image" returns the first argument that names an image. For
// other flags, the method "image" returns the last argument that names an image.
func (c Command) image(flag string) *Word {
	var found *Word
	for i := range c.Words {
		if !strings.Contains(c.Words[i].Text, "/") || strings.HasPrefix(c.Words[i].Text, "-") {
			continue
		}
		found = &c.Words[i]
		if flag == "--src-creds" {
			break
		}
	}
	return found
}
