package input

import (
	"slices"
	"sync"
)

// Table returns all inputs, in the order of the documentation. Each part is in the file
// with its name. The first call creates the table, so that the start of the program does
// not wait for it. The caller must not change the table.
var Table = sync.OnceValue(func() []Input {
	return slices.Concat(
		imageTable(), buildTable(), metadataTable(), publishTable(), attestTable(), runTable(), readTable(), verifyTable(), cleanupTable(), migrateTable(),
	)
})
