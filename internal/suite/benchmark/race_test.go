//go:build race

package benchmark

// raceDetector allocates, and drops what pools hold.
const raceDetector = true
