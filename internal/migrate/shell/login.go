package shell

import "strings"

// Login is one command that hands a credential to a registry.
type Login struct {
	// Tool is the command as people call it: "docker login", "helm registry
	// login", "skopeo copy --dest-creds".
	Tool string
	// At is the offset of the tool's name in the script.
	At int
	// Registry and Username are nil where the command has none.
	Registry, Username *Word
	// Password are the words the password comes from; the references in them
	// that follow AfterColon carry it. Empty: from somewhere out of sight.
	Password []Word
	// AfterColon tells that Password has the form user:password.
	AfterColon bool
}

// tools are the commands with a login, and the words that must stand before
// "login".
var tools = map[string]string{
	"docker": "", "podman": "", "buildah": "", "skopeo": "", "nerdctl": "", "oras": "", "cosign": "",
	"ko": "", "img": "", "docker.exe": "", "podman.exe": "",
	"helm": "registry", "regctl": "registry", "crane": "auth", "gcrane": "auth", "notation": "",
}

// valued are the flags of these tools that take a word of their own.
var valued = map[string]bool{
	"-u": true, "--username": true, "--user": true, "-p": true, "--password": true, "--pass": true,
	"--config": true, "-c": true, "--context": true, "--authfile": true, "--cert-dir": true,
	"--registry-config": true, "--ca-file": true, "--cert-file": true, "--key-file": true,
	"-H": true, "--host": true, "-l": true, "--log-level": true, "-v": true, "--verbosity": true,
	"-n": true, "--namespace": true, "--creds": true, "--dest-creds": true, "--src-creds": true,
}

// Logins finds the logins among a script's commands.
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
	stdin := l.read(c.Words[rest:])
	if stdin || len(l.Password) == 0 {
		l.Password = input(commands, i)
	}
	return l, true
}

// findLogin returns the index of the tool's word and of the first word after
// "login". A command that prints or defines is none.
func (c Command) findLogin() (at, rest int, ok bool) {
	if len(c.Words) == 0 || isPrinter(c.Words[0].Text) {
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
		if valued[words[i].Text] {
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

// read takes flags and arguments; it reports whether the password is read from
// standard input.
func (l *Login) read(words []Word) (stdin bool) {
	for i := 0; i < len(words); i++ {
		flag, value, inline := cutFlag(words[i])
		if !inline && valued[flag] && i+1 < len(words) {
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

// cutFlag splits --flag=value, -pvalue and -p=value; flag is "" for an argument.
func cutFlag(w Word) (flag string, value *Word, inline bool) {
	if !strings.HasPrefix(w.Text, "-") || len(w.Text) < 2 {
		return "", nil, false
	}
	name, text, ok := strings.Cut(w.Text, "=")
	skip := len(name) + 1
	if !strings.HasPrefix(w.Text, "--") && len(w.Text) > 2 && w.Text[2] != '=' && valued[w.Text[:2]] {
		name, text, ok, skip = w.Text[:2], w.Text[2:], true, 2
	}
	if !ok {
		return w.Text, nil, false
	}
	return name, &Word{Text: text, Start: w.Start + skip, End: w.End, Refs: w.Refs}, true
}

// input finds the words that reach the standard input of command i: a
// here-string, what the command before it prints, or a file that an earlier
// command of the script wrote.
func input(commands []Command, i int) []Word {
	for ; i >= 0; i-- {
		c := commands[i]
		if words := withRefs(c.Stdin); len(words) > 0 {
			return words
		}
		if len(c.Stdin) > 0 {
			return written(commands[:i], c.Stdin[0].Text)
		}
		if !c.Piped || i == 0 {
			return nil
		}
		before := commands[i-1]
		if words := withRefs(before.Words); len(words) > 0 {
			return words
		}
		if isReader(before) {
			return written(commands[:i-1], before.Words[1].Text)
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

// written finds what a script wrote to a file: echo … > file.
func written(commands []Command, file string) []Word {
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

func isPrinter(word string) bool {
	switch strings.ToLower(word) {
	case "echo", "printf", "print", "write-output", "write-host", "alias", "function":
		return true
	}
	return false
}

// credentials finds --creds user:password and its kin, which skopeo, podman
// and buildah take on any command.
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
		if value == nil || isPrinter(c.Words[0].Text) {
			continue
		}
		out = append(out, Login{
			Tool: base(c.Words[0].Text) + " " + flag, At: c.Words[0].Start,
			Registry: c.image(flag), Password: []Word{*value}, AfterColon: true,
		})
	}
	return out
}

// image is the argument whose registry the credentials are for: the first one
// that names an image for --src-creds, else the last.
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
