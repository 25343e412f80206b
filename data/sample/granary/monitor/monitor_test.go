// SPDX-License-Identifier: Apache-2.0

package monitor

import (
	"context"
	"errors"
	"math"
	"testing"
	"time"
)

var noon = time.Date(2025, time.October, 1, 12, 0, 0, 0, time.UTC)

// fill records daily readings of four cables; the last cable warms by rise °C a day.
func fill(t *testing.T, days int, rise float64) *Silo {
	t.Helper()
	silo, err := NewSilo("north", Wheat, 14, 10)
	if err != nil {
		t.Fatal(err)
	}
	for day := 0; day < days; day++ {
		for cable := 1; cable <= 4; cable++ {
			celsius := 15 + 0.1*float64(cable)
			if cable == 4 {
				celsius += rise * float64(day)
			}
			reading := Reading{Position{cable, 2}, noon.AddDate(0, 0, day), celsius}
			if err := silo.Record(reading); err != nil {
				t.Fatal(err)
			}
		}
	}
	return silo
}

func TestAWarmingSensorIsFound(t *testing.T) {
	spots, err := FindHotSpots(fill(t, 8, 1), DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	if len(spots) != 1 || spots[0].Position.Cable != 4 {
		t.Fatalf("FindHotSpots() = %v, want cable 4", spots)
	}
	if got := spots[0].Trend; math.Abs(got-1) > 1e-9 {
		t.Errorf("trend = %v, want 1", got)
	}
	if got := Worst(spots); got != AlarmAerate {
		t.Errorf("Worst() = %v, want %v", got, AlarmAerate)
	}
}

func TestEvenGrainRaisesNoAlarm(t *testing.T) {
	spots, err := FindHotSpots(fill(t, 8, 0), DefaultLimits)
	if err != nil || len(spots) != 0 {
		t.Errorf("FindHotSpots() = %v, %v", spots, err)
	}
}

func TestOldReadingsAreRefused(t *testing.T) {
	silo := fill(t, 3, 0)
	if err := silo.Record(Reading{Position{1, 2}, noon, 20}); err == nil {
		t.Error("an old reading was taken")
	}
}

func TestEquilibriumMoistureIsPlausible(t *testing.T) {
	got, err := EquilibriumMoisture(Wheat, Air{Celsius: 20, Humidity: 0.65})
	if err != nil {
		t.Fatal(err)
	}
	if got < 12 || got > 15 {
		t.Errorf("wheat at 20 °C and 65 %% holds %.1f %%", got)
	}
	if _, err := EquilibriumMoisture(Crop(9), Air{20, 0.5}); !errors.Is(err, ErrUnknownCrop) {
		t.Errorf("unknown crop gave %v", err)
	}
}

func TestDewPointOfSaturatedAirIsItsTemperature(t *testing.T) {
	if got := DewPoint(Air{Celsius: 12, Humidity: 1}); math.Abs(got-12) > 1e-9 {
		t.Errorf("DewPoint() = %v, want 12", got)
	}
}

type fakeFan struct{ switched []bool }

func (f *fakeFan) Switch(_ context.Context, on bool) error {
	f.switched = append(f.switched, on)
	return nil
}

type fixedSky Air

func (s fixedSky) Air(context.Context) (Air, error) { return Air(s), nil }

func TestTheFanIsSwitchedOnlyOnChange(t *testing.T) {
	fan := &fakeFan{}
	controller := &Controller{
		Silo:   fill(t, 3, 0),
		Fan:    fan,
		Sky:    fixedSky{Celsius: 5, Humidity: 0.6},
		Policy: Policy{FanRise: 1, MinCooling: 4, MaxWetting: 0.5},
	}
	for range 3 {
		if _, err := controller.Step(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if len(fan.switched) != 1 || !fan.switched[0] {
		t.Errorf("switched = %v, want [true]", fan.switched)
	}
}
