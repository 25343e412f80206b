// SPDX-License-Identifier: Apache-2.0

package series

import (
	"errors"
	"math"
	"slices"
	"testing"
)

func TestRingKeepsTheLastValues(t *testing.T) {
	ring := NewRing[int](3)
	for n := 1; n <= 5; n++ {
		ring.Push(n)
	}
	if got := ring.Slice(); !slices.Equal(got, []int{3, 4, 5}) {
		t.Errorf("Slice() = %v, want [3 4 5]", got)
	}
	if last, ok := ring.Last(); !ok || last != 5 {
		t.Errorf("Last() = %d, %t, want 5, true", last, ok)
	}
}

func TestPushReportsWhatItDisplaces(t *testing.T) {
	ring := NewRing[string](1)
	if _, full := ring.Push("a"); full {
		t.Error("an empty ring displaced a value")
	}
	if displaced, full := ring.Push("b"); !full || displaced != "a" {
		t.Errorf("Push() = %q, %t, want a, true", displaced, full)
	}
}

func TestStatistics(t *testing.T) {
	tests := []struct {
		name   string
		values []float64
		median float64
		mad    float64
	}{
		{"one value", []float64{4}, 4, 0},
		{"even count", []float64{1, 3, 2, 4}, 2.5, 1.4826},
		{"outlier", []float64{10, 11, 12, 13, 90}, 12, 1.4826},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			median, err := Median(test.values)
			if err != nil || median != test.median {
				t.Errorf("Median() = %v, %v, want %v", median, err, test.median)
			}
			mad, err := MAD(test.values)
			if err != nil || math.Abs(mad-test.mad) > 1e-9 {
				t.Errorf("MAD() = %v, %v, want %v", mad, err, test.mad)
			}
		})
	}
}

func TestStatisticsOfNothing(t *testing.T) {
	if _, err := Median[int](nil); !errors.Is(err, ErrEmpty) {
		t.Errorf("Median(nil) gave %v", err)
	}
}

func TestSlope(t *testing.T) {
	slope, err := Slope([]float64{0, 1, 2}, []float64{1, 3, 5})
	if err != nil || slope != 2 {
		t.Errorf("Slope() = %v, %v, want 2", slope, err)
	}
	if _, err := Slope([]float64{1, 1}, []float64{0, 5}); err == nil {
		t.Error("a vertical line has a slope")
	}
}
