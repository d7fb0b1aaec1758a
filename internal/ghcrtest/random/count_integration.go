//go:build integration

package random

// Packages is the number of packages for a test of a property.
const Packages = 2000
