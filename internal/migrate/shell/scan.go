package shell

import "strings"

// Parse splits a script into commands. Parse returns nil for the dialect None.
func Parse(script string, d Dialect) []Command {
	if d == None {
		return nil
	}
	s := &scanner{src: script, d: d}
	for s.at < len(s.src) {
		s.step()
	}
	s.endCommand(false)
	return s.commands
}

type scanner struct {
	src      string
	d        Dialect
	at       int
	commands []Command
	cur      Command
	pipe     bool     // pipe is true if the next command reads the output of the previous command.
	target   *[]Word  // The scanner appends the next word to this list. If the list is nil, the scanner appends the word to cur.Words.
	heredocs []string // heredocs contains the delimiters of the here-documents that start on the next line.
	owner    int      // owner is the index of the command that reads these here-documents.
}

func (s *scanner) step() {
	c := s.src[s.at]
	switch {
	case c == '\n':
		s.newline()
	case c == ' ' || c == '\t' || c == '\r':
		s.at++
	case s.continues():
		s.at += strings.IndexByte(s.src[s.at:], '\n') + 1
	case s.comment():
		s.skipLine()
	case s.d == PowerShell && s.has("<#"):
		s.skipPast("#>")
	case s.separator() > 0:
		pipe := c == '|' && s.separator() == 1
		s.at += s.separator()
		s.endCommand(pipe)
	case (c == '<' || c == '>') || s.has("&>"):
		s.redirect()
	case c >= '0' && c <= '9' && s.at+1 < len(s.src) && (s.src[s.at+1] == '>' || s.src[s.at+1] == '<'):
		s.at++
	default:
		s.addWord(s.word())
	}
}

// separator returns the length of the separator that ends a command at the
// current offset, or 0.
func (s *scanner) separator() int {
	switch c := s.src[s.at]; {
	case s.has("&&"), s.has("||"):
		return 2
	case c == '|', c == '(', c == ')', c == ';' && s.d != Cmd, c == '&' && !s.has("&>"):
		return 1
	}
	return 0
}

func (s *scanner) has(prefix string) bool { return strings.HasPrefix(s.src[s.at:], prefix) }

// The method "continues" reports whether the command continues on the next line. A
// command continues if a backslash, backtick or caret precedes the line break.
func (s *scanner) continues() bool {
	mark := [...]byte{POSIX: '\\', PowerShell: '`', Cmd: '^'}[s.d]
	return s.src[s.at] == mark && (s.at+1 < len(s.src) && s.src[s.at+1] == '\n' || strings.HasPrefix(s.src[s.at+1:], "\r\n"))
}

func (s *scanner) comment() bool {
	if s.d == Cmd {
		return len(s.cur.Words) == 0 && (s.has("::") || strings.HasPrefix(strings.ToLower(s.src[s.at:]), "rem "))
	}
	return s.src[s.at] == '#'
}

func (s *scanner) skipLine() {
	for s.at < len(s.src) && s.src[s.at] != '\n' {
		s.at++
	}
}

func (s *scanner) skipPast(end string) {
	if i := strings.Index(s.src[s.at:], end); i >= 0 {
		s.at += i + len(end)
		return
	}
	s.at = len(s.src)
}

func (s *scanner) newline() {
	s.at++
	if s.pipe && len(s.cur.Words) == 0 {
		return // A pipe at the end of a line continues the command on the next line.
	}
	s.endCommand(false)
	for _, delimiter := range s.heredocs {
		s.heredoc(delimiter)
	}
	s.heredocs = nil
}

// heredoc reads the body of a here-document and adds the body to the standard
// input of the command.
func (s *scanner) heredoc(delimiter string) {
	start := s.at
	for s.at < len(s.src) {
		line := s.at
		s.skipLine()
		text := strings.TrimSpace(s.src[line:s.at])
		if s.at < len(s.src) {
			s.at++
		}
		if text == delimiter {
			s.commands[s.owner].Stdin = append(s.commands[s.owner].Stdin, s.raw(start, line))
			return
		}
	}
	s.commands[s.owner].Stdin = append(s.commands[s.owner].Stdin, s.raw(start, len(s.src)))
}

func (s *scanner) endCommand(pipe bool) {
	s.target = nil
	if len(s.cur.Words) == 0 && len(s.cur.Stdin) == 0 {
		s.pipe = s.pipe || pipe && len(s.commands) > 0
		return
	}
	s.cur.Piped = s.pipe
	s.pipe = pipe
	if len(s.cur.Words) > 0 {
		s.cur.Start = s.cur.Words[0].Start
	}
	s.commands = append(s.commands, s.cur)
	s.cur = Command{}
}

func (s *scanner) addWord(w Word) {
	if s.target != nil {
		*s.target = append(*s.target, w)
		s.target = nil
		return
	}
	s.cur.Words = append(s.cur.Words, w)
}

func (s *scanner) redirect() {
	switch {
	case s.d == POSIX && s.has("<<<"):
		s.at += 3
		s.target = &s.cur.Stdin
	case s.d == POSIX && s.has("<<"):
		s.at += 2
		if s.has("-") {
			s.at++
		}
		for s.has(" ") {
			s.at++
		}
		if s.at < len(s.src) && s.src[s.at] != '\n' {
			s.heredocs = append(s.heredocs, s.word().Text)
			s.owner = len(s.commands)
			s.keepCommand()
		}
	case s.d == POSIX && s.has("<("):
		s.addWord(s.word())
	case s.has("<"):
		s.at++
		s.target = &s.cur.Stdin
	default:
		for s.at < len(s.src) && strings.IndexByte("&>|", s.src[s.at]) >= 0 {
			s.at++
		}
		s.target = &s.cur.Files
	}
}

// keepCommand adds an empty word to a command without words, so that the body
// of a here-document always belongs to a command.
func (s *scanner) keepCommand() {
	if len(s.cur.Words) == 0 {
		s.cur.Words = append(s.cur.Words, Word{Start: s.at, End: s.at})
	}
}
