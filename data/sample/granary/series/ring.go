// SPDX-License-Identifier: Apache-2.0

// Package series holds short histories of readings in constant space.
package series

import (
	"cmp"
	"errors"
	"math"
	"slices"
)

// ErrEmpty is returned by statistics of nothing.
var ErrEmpty = errors.New("series: no values")

// Number is any type that readings can have.
type Number interface {
	~int | ~int32 | ~int64 | ~float32 | ~float64
}

// Ring keeps the last values that were pushed into it. The zero Ring holds nothing; use NewRing.
type Ring[T any] struct {
	values []T
	start  int
	length int
}

// NewRing returns a ring for at most capacity values. It panics if capacity is not positive.
func NewRing[T any](capacity int) *Ring[T] {
	if capacity <= 0 {
		panic("series: capacity must be positive")
	}
	return &Ring[T]{values: make([]T, capacity)}
}

// Push adds a value and reports the value that it displaced, if the ring was full.
func (r *Ring[T]) Push(value T) (displaced T, full bool) {
	index := (r.start + r.length) % len(r.values)
	if r.length < len(r.values) {
		r.values[index] = value
		r.length++
		return displaced, false
	}
	displaced = r.values[index]
	r.values[index] = value
	r.start = (r.start + 1) % len(r.values)
	return displaced, true
}

// Len returns the number of values held.
func (r *Ring[T]) Len() int { return r.length }

// Last returns the value pushed most recently.
func (r *Ring[T]) Last() (T, bool) {
	var none T
	if r.length == 0 {
		return none, false
	}
	return r.values[(r.start+r.length-1)%len(r.values)], true
}

// Slice returns a copy of the values, oldest first.
func (r *Ring[T]) Slice() []T {
	out := make([]T, 0, r.length)
	for i := 0; i < r.length; i++ {
		out = append(out, r.values[(r.start+i)%len(r.values)])
	}
	return out
}

// Mean returns the arithmetic mean.
func Mean[T Number](values []T) (float64, error) {
	if len(values) == 0 {
		return 0, ErrEmpty
	}
	var sum float64
	for _, value := range values {
		sum += float64(value)
	}
	return sum / float64(len(values)), nil
}

// Median returns the middle value, or the mean of the two middle ones. It does not change its argument.
func Median[T Number](values []T) (float64, error) {
	if len(values) == 0 {
		return 0, ErrEmpty
	}
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return float64(sorted[middle]), nil
	}
	return (float64(sorted[middle-1]) + float64(sorted[middle])) / 2, nil
}

// MAD returns the median absolute deviation from the median, scaled so that it estimates the
// standard deviation of normally distributed values.
func MAD[T Number](values []T) (float64, error) {
	centre, err := Median(values)
	if err != nil {
		return 0, err
	}
	deviations := make([]float64, len(values))
	for i, value := range values {
		deviations[i] = math.Abs(float64(value) - centre)
	}
	spread, err := Median(deviations)
	return 1.4826 * spread, err
}

// Slope returns the change of y for one unit of x along the line of least squares.
func Slope(x, y []float64) (float64, error) {
	if len(x) != len(y) {
		return 0, errors.New("series: x and y differ in length")
	}
	meanX, err := Mean(x)
	if err != nil {
		return 0, err
	}
	meanY, _ := Mean(y)
	var covariance, variance float64
	for i := range x {
		covariance += (x[i] - meanX) * (y[i] - meanY)
		variance += (x[i] - meanX) * (x[i] - meanX)
	}
	if variance == 0 {
		return 0, errors.New("series: all x are equal")
	}
	return covariance / variance, nil
}

// GroupBy collects values by a key, keeping their order within each group.
func GroupBy[T any, K comparable](values []T, key func(T) K) map[K][]T {
	groups := make(map[K][]T)
	for _, value := range values {
		k := key(value)
		groups[k] = append(groups[k], value)
	}
	return groups
}

// SortedKeys returns the keys of a map in ascending order.
func SortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
