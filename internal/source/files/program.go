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

// elf is the start of a Linux program (System V ABI, "ELF Header").
var elf = []byte("\x7fELF")

// program reports whether Linux can execute a file. It returns true for ELF
// files and scripts. The content determines the mode, because neither Windows
// nor the artifacts of a job keep the executable bit.
func program(head []byte) bool {
	return bytes.HasPrefix(head, elf) || bytes.HasPrefix(head, []byte("#!"))
}

// machines maps e_machine to the architecture. PowerPC and MIPS use one number
// for both byte orders. The map contains only the little-endian architecture
// of PowerPC.
var machines = map[uint16]string{
	3: "386", 40: "arm", 62: "amd64", 183: "arm64", 243: "riscv64", 22: "s390x", 21: "ppc64le", 258: "loong64",
}

// machine returns the architecture of an ELF file, or an empty text for other
// files.
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

// foreignPrograms adds a warning if the files contain programs, and all these
// programs are for other platforms.
func (m *builder) foreignPrograms(l *layer, p v1.Platform) {
	if len(l.machines) == 0 || l.machines[p.Architecture] {
		return
	}
	m.notices = append(m.notices, diag.Notice{
		Code: codeArchitecture, Level: diag.Warning, Title: "Programs for another architecture",
		Text: fmt.Sprintf("The image for %s contains programs only for %s. Put {platform} into the path, or set platform.",
			p, strings.Join(slices.Sorted(maps.Keys(l.machines)), ", ")),
	})
}
