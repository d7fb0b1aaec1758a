// Package doors holds the rooms of this program apart: which dependency is
// used behind which door, and which package may know which other. It has
// tests only; DESIGN's picture of the layout is the table in them.
package doors
