// SPDX-License-Identifier: Apache-2.0

// Package monitor watches grain in silos: temperatures, hot spots, moisture and fans.
package monitor

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"example.org/granary/series"
)

// Crop is a kind of grain.
type Crop int

// The crops whose constants are known.
const (
	Wheat Crop = iota
	Barley
	Maize
)

// String returns the English name of the crop.
func (c Crop) String() string {
	switch c {
	case Wheat:
		return "wheat"
	case Barley:
		return "barley"
	case Maize:
		return "maize"
	}
	return fmt.Sprintf("Crop(%d)", int(c))
}

// Position is the place of a sensor: which cable, and how high above the floor.
type Position struct {
	Cable   int
	HeightM float64
}

// Reading is one temperature at one place and time.
type Reading struct {
	Position Position
	At       time.Time
	Celsius  float64
}

// Silo holds one lot of one crop. It is safe for use by several goroutines.
type Silo struct {
	Name     string
	Crop     Crop
	Moisture float64 // percent, wet basis, when the silo was filled

	mu      sync.RWMutex
	history map[Position]*series.Ring[Reading]
	keep    int
}

// NewSilo returns an empty silo that keeps the given number of readings for each sensor.
func NewSilo(name string, crop Crop, moisture float64, keep int) (*Silo, error) {
	if moisture <= 0 || moisture >= 100 {
		return nil, fmt.Errorf("silo %s: moisture of %.1f %% is impossible", name, moisture)
	}
	if keep < 2 {
		return nil, fmt.Errorf("silo %s: trends need at least 2 readings, not %d", name, keep)
	}
	return &Silo{
		Name:     name,
		Crop:     crop,
		Moisture: moisture,
		history:  make(map[Position]*series.Ring[Reading]),
		keep:     keep,
	}, nil
}

// Record takes a reading. Readings that are older than the last one of the same sensor are refused.
func (s *Silo) Record(reading Reading) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	ring, ok := s.history[reading.Position]
	if !ok {
		ring = series.NewRing[Reading](s.keep)
		s.history[reading.Position] = ring
	}
	if last, ok := ring.Last(); ok && !reading.At.After(last.At) {
		return fmt.Errorf("silo %s: reading of %s is not newer than the last", s.Name, reading.At.Format(time.RFC3339))
	}
	ring.Push(reading)
	return nil
}

// Latest returns the newest reading of each sensor, by cable and then from the floor upwards.
func (s *Silo) Latest() []Reading {
	s.mu.RLock()
	defer s.mu.RUnlock()
	latest := make([]Reading, 0, len(s.history))
	for _, ring := range s.history {
		if reading, ok := ring.Last(); ok {
			latest = append(latest, reading)
		}
	}
	slices.SortFunc(latest, func(a, b Reading) int {
		if a.Position.Cable != b.Position.Cable {
			return a.Position.Cable - b.Position.Cable
		}
		switch {
		case a.Position.HeightM < b.Position.HeightM:
			return -1
		case a.Position.HeightM > b.Position.HeightM:
			return 1
		}
		return 0
	})
	return latest
}

// Trend returns how fast the temperature at a place changes, in °C a day.
func (s *Silo) Trend(at Position) (float64, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	ring, ok := s.history[at]
	if !ok {
		return 0, fmt.Errorf("silo %s: no sensor on cable %d at %.1f m", s.Name, at.Cable, at.HeightM)
	}
	readings := ring.Slice()
	days := make([]float64, len(readings))
	celsius := make([]float64, len(readings))
	for i, reading := range readings {
		days[i] = reading.At.Sub(readings[0].At).Hours() / 24
		celsius[i] = reading.Celsius
	}
	return series.Slope(days, celsius)
}

// MeanCelsius returns the mean of the newest readings.
func (s *Silo) MeanCelsius() (float64, error) {
	latest := s.Latest()
	celsius := make([]float64, len(latest))
	for i, reading := range latest {
		celsius[i] = reading.Celsius
	}
	return series.Mean(celsius)
}

// Silent returns the sensors that have not reported since a time.
func (s *Silo) Silent(since time.Time) []Position {
	var silent []Position
	for _, reading := range s.Latest() {
		if reading.At.Before(since) {
			silent = append(silent, reading.Position)
		}
	}
	return silent
}
