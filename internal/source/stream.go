package source

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/source/archive"
)

// stdin is the name of standard input as a source.
const stdin = "-"

// isStdin reports whether a source is standard input, and returns the name of
// the image after "-#". After a transport prefix, "-:NAME" has the same
// meaning as "-#NAME".
func isStdin(rest string, colons bool) (pick string, ok bool) {
	after, ok := strings.CutPrefix(rest, stdin)
	if !ok || after != "" && after[0] != '#' && (!colons || after[0] != ':') {
		return "", false
	}
	return strings.TrimLeft(after, "#:"), true
}

// isStream reports whether a file is a named pipe. For example, a shell replaces the
// process substitution <(docker save web) by the name of a pipe.
func isStream(info fs.FileInfo) bool { return info.Mode()&fs.ModeNamedPipe != 0 }

// openStream opens an archive that can be read only once.
func (s *Source) openStream(ctx context.Context, at location, opts Options) (*archive.Archive, error) {
	in, err := openPipe(ctx, at, opts)
	if err != nil {
		return nil, err
	}
	if file, ok := in.(*os.File); ok {
		info, err := file.Stat()
		if err == nil && info.Mode().IsRegular() { // The standard input is a file, for example after "publish - < image.tar".
			return archive.OpenFile(ctx, at.path, file)
		}
		if err == nil && info.Mode()&fs.ModeCharDevice != 0 {
			return nil, diag.New(CodeNotFound, diag.Source, "Send the image to standard input with a pipe, for example docker save web | ghcr-publish publish -. In a workflow, set the input source to a file.", nil,
				"the source is standard input, but standard input contains no image")
		}
		defer file.Close() // The error of Close is ignored, because the program only reads the pipe.
	}
	a, spool, err := archive.OpenSpool(ctx, at.path, in, opts.Temp)
	if err != nil {
		return nil, err
	}
	s.Notices = append(s.Notices, diag.Notice{
		Code: codeSpooled, Level: diag.Info, Title: "The image is stored on the disk during the run",
		Text: fmt.Sprintf("%s can be read only once. The run has stored %s in a temporary file in %s. The run removes the temporary file at its end.", at.streamName(), size(spool.Size), filepath.ToSlash(spool.Folder)),
	})
	return a, nil
}

// streamName returns the name of the stream for the beginning of a sentence
// in a message.
func (p location) streamName() string {
	if p.path == stdin {
		return "Standard input"
	}
	return fmt.Sprintf("The pipe %q", p.path)
}

// size formats a number of bytes in kB or MB.
func size(n int64) string {
	if n < 1e6 {
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}

// openPipe opens standard input or a named pipe. The operating system opens a
// named pipe only when another process opens the pipe for writing. openPipe
// waits for this process until the context ends.
func openPipe(ctx context.Context, at location, opts Options) (io.Reader, error) {
	if at.path == stdin {
		if opts.Stdin == nil {
			return nil, diag.New(CodeNotSupported, diag.Source, "Write the image to a file, and use the file as the source. With --token-stdin, standard input contains only the token.", nil,
				"this run cannot read an image from standard input")
		}
		return opts.Stdin, nil
	}
	type result struct {
		file *os.File
		err  error
	}
	opened := make(chan result, 1)
	go func() {
		file, err := os.Open(at.path)
		opened <- result{file, err}
	}()
	select {
	case r := <-opened:
		if r.err != nil {
			return nil, unreadable(r.err, "the pipe %q cannot be opened", at.path)
		}
		return r.file, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("opening the pipe %q: %w", at.path, context.Cause(ctx))
	}
}
