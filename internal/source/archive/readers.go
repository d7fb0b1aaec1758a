package archive

import "io"

// bounded is a reader that returns an error after maxPlain bytes, and after maxOutside bytes
// that are not the content of a file, because the tar can be a decompression bomb.
type bounded struct {
	*cursor
	path string
	most int64 // maxOutside, and the size of all files whose headers have been read, in bytes
}

func (b *bounded) Read(p []byte) (int, error) {
	switch {
	case b.pos > maxPlain:
		return 0, tooLarge(b.path)
	case b.pos > b.most:
		return 0, tooMuchOutside(b.path)
	}
	return b.cursor.Read(p)
}

// permit permits the content of a file with the given size in bytes.
func (b *bounded) permit(size int64) { b.most += padded(min(size, maxPlain)) }

// tail is a reader that keeps the last block. The package archive/tar returns io.EOF also
// for a tar that ends after the extended header of a file. Only a complete tar ends with
// a block of zeros.
type tail struct {
	in   io.Reader
	last [blockSize]byte
}

// Read implements [io.Reader].
func (t *tail) Read(p []byte) (int, error) {
	n, err := t.in.Read(p)
	if n >= blockSize {
		copy(t.last[:], p[n-blockSize:n])
	} else {
		copy(t.last[:], t.last[n:])
		copy(t.last[blockSize-n:], p[:n])
	}
	return n, err
}

// empty reports whether the last block contains only zeros.
func (t *tail) empty() bool { return t.last == [blockSize]byte{} }

// seekingTail is a tail whose reader can skip the content of files.
type seekingTail struct {
	*tail
	io.Seeker
}
