//go:build !integration

package random

// Packages is the number of packages for a test of a property. The build tag integration
// selects more packages, because the tests without this tag must end soon on two processors.
const Packages = 250
