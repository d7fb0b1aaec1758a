package files

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

// elf is the first four bytes of a Linux program (System V ABI, "ELF
// Header").
var elf = []byte("\x7fELF")

// program reports whether a file is an ELF file or a script. The program sets
// the executable bit of such a file, because Windows and the artifacts of a
// workflow do not keep the executable bit.
func program(head []byte) bool {
	return bytes.HasPrefix(head, elf) || bytes.HasPrefix(head, []byte("#!"))
}

// machines maps the field e_machine of an ELF header to an architecture.
// PowerPC uses one number for little-endian and big-endian programs, and the
// map contains only the little-endian architecture.
var machines = map[uint16]string{
	3: "386", 40: "arm", 62: "amd64", 183: "arm64", 243: "riscv64", 22: "s390x", 21: "ppc64le", 258: "loong64",
}

// machine returns the architecture of an ELF file. For other files, machine
// returns "".
func machine(head []byte) string {
	if len(head) < headSize || !bytes.HasPrefix(head, elf) {
		return ""
	}
	if head[5] == 2 { // EI_DATA: big-endian
		m := machines[binary.BigEndian.Uint16(head[18:])]
		if m != "s390x" {
			return ""
		}
		return m
	}
	return machines[binary.LittleEndian.Uint16(head[18:])]
}

// foreignPrograms adds a warning if the layer contains programs but no
// program for the architecture of the image.
func (m *builder) foreignPrograms(l *layer, p v1.Platform) {
	if len(l.machines) == 0 || l.machines[p.Architecture] {
		return
	}
	m.notices = append(m.notices, diag.Notice{
		Code: codeArchitecture, Level: diag.Warning, Title: "The programs in the image are for another architecture",
		Text: fmt.Sprintf("The image for %s contains programs only for %s. Write the placeholder {platform} in the path in the input content, or set the input platform to the platform of the programs.",
			p, strings.Join(slices.Sorted(maps.Keys(l.machines)), ", ")),
	})
}
