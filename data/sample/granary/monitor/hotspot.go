// SPDX-License-Identifier: Apache-2.0

package monitor

import (
	"fmt"
	"math"

	"example.org/granary/series"
)

// Alarm says how urgent a finding is.
type Alarm int

//go:generate stringer -type=Alarm -trimprefix=Alarm

// The alarms in rising order of urgency.
const (
	AlarmNone Alarm = iota
	AlarmWatch
	AlarmAerate
	AlarmEmpty
)

// HotSpot is a place that is warmer than it should be.
type HotSpot struct {
	Position Position
	Celsius  float64
	Excess   float64 // °C above the median of the silo
	Trend    float64 // °C a day
	Alarm    Alarm
}

// String describes the hot spot in one line.
func (h HotSpot) String() string {
	return fmt.Sprintf("cable %d at %.1f m: %.1f °C, %+.1f against the median, %+.2f a day (%v)",
		h.Position.Cable, h.Position.HeightM, h.Celsius, h.Excess, h.Trend, h.Alarm)
}

// Limits are the thresholds from which a place counts as a hot spot.
type Limits struct {
	Deviations float64 // robust standard deviations above the median
	MinExcess  float64 // °C above the median, whatever the spread
	FastTrend  float64 // °C a day
	Spoiling   float64 // °C at which the grain must be moved
}

// DefaultLimits suit dry grain in temperate climates.
var DefaultLimits = Limits{Deviations: 3, MinExcess: 2.5, FastTrend: 0.3, Spoiling: 40}

// FindHotSpots compares each sensor with the median of its silo. The spread is measured by the median absolute
// deviation, which a few hot sensors cannot inflate.
func FindHotSpots(silo *Silo, limits Limits) ([]HotSpot, error) {
	latest := silo.Latest()
	celsius := make([]float64, 0, len(latest))
	for _, reading := range latest {
		celsius = append(celsius, reading.Celsius)
	}
	median, err := series.Median(celsius)
	if err != nil {
		return nil, fmt.Errorf("silo %s: %w", silo.Name, err)
	}
	spread, err := series.MAD(celsius)
	if err != nil {
		return nil, fmt.Errorf("silo %s: %w", silo.Name, err)
	}
	threshold := math.Max(limits.MinExcess, limits.Deviations*spread)

	var spots []HotSpot
	for _, reading := range latest {
		excess := reading.Celsius - median
		if excess < threshold && reading.Celsius < limits.Spoiling {
			continue
		}
		// A sensor with a single reading has no trend yet; it is judged by its excess alone.
		trend, err := silo.Trend(reading.Position)
		if err != nil {
			trend = 0
		}
		spots = append(spots, HotSpot{
			Position: reading.Position,
			Celsius:  reading.Celsius,
			Excess:   excess,
			Trend:    trend,
			Alarm:    judge(reading.Celsius, trend, limits),
		})
	}
	return spots, nil
}

func judge(celsius, trend float64, limits Limits) Alarm {
	switch {
	case celsius >= limits.Spoiling:
		return AlarmEmpty
	case trend >= limits.FastTrend:
		return AlarmAerate
	default:
		return AlarmWatch
	}
}

// Worst returns the highest alarm among hot spots.
func Worst(spots []HotSpot) Alarm {
	worst := AlarmNone
	for _, spot := range spots {
		worst = max(worst, spot.Alarm)
	}
	return worst
}
