// SPDX-License-Identifier: Apache-2.0

package monitor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"time"
)

// Air is the state of the air outside.
type Air struct {
	Celsius  float64
	Humidity float64 // relative, 0 to 1
}

// henderson holds the constants of the modified Henderson equation (ASAE D245).
type henderson struct{ k, n, c float64 }

var constants = map[Crop]henderson{
	Wheat:  {k: 1.2299e-5, n: 2.5558, c: 64.346},
	Barley: {k: 2.2919e-5, n: 2.0123, c: 195.267},
	Maize:  {k: 8.6541e-5, n: 1.8634, c: 49.810},
}

// ErrUnknownCrop means that no constants are known for a crop.
var ErrUnknownCrop = errors.New("monitor: unknown crop")

// EquilibriumMoisture returns the moisture in percent, wet basis, that a crop takes on in air.
func EquilibriumMoisture(crop Crop, air Air) (float64, error) {
	h, ok := constants[crop]
	if !ok {
		return 0, fmt.Errorf("%w: %v", ErrUnknownCrop, crop)
	}
	if air.Humidity <= 0 || air.Humidity >= 1 {
		return 0, fmt.Errorf("monitor: relative humidity %.2f is not between 0 and 1", air.Humidity)
	}
	dry := math.Pow(-math.Log(1-air.Humidity)/(h.k*(air.Celsius+h.c)), 1/h.n)
	return 100 * dry / (100 + dry), nil
}

// SaturationPressure returns the pressure of saturated water vapour in hectopascals (Magnus formula over water).
func SaturationPressure(celsius float64) float64 {
	return 6.112 * math.Exp(17.62*celsius/(243.12+celsius))
}

// DewPoint returns the temperature in °C at which the air's vapour condenses.
func DewPoint(air Air) float64 {
	gamma := math.Log(air.Humidity) + 17.62*air.Celsius/(243.12+air.Celsius)
	return 243.12 * gamma / (17.62 - gamma)
}

// Warmed returns the air after the fan has warmed it; its vapour stays the same, so that its humidity falls.
func (a Air) Warmed(by float64) Air {
	vapour := a.Humidity * SaturationPressure(a.Celsius)
	return Air{Celsius: a.Celsius + by, Humidity: math.Min(1, vapour/SaturationPressure(a.Celsius+by))}
}

// Policy says when running the fan does good.
type Policy struct {
	FanRise    float64 // °C by which the fan warms the air
	MinCooling float64 // °C by which the air must be cooler than the grain
	MaxWetting float64 // percentage points by which the air may wet the grain
}

// Decision is whether to run the fan, and why.
type Decision struct {
	Run    bool
	Reason string
}

// Decide judges the air outside for a silo of a mean temperature.
func (p Policy) Decide(silo *Silo, grain float64, outside Air) (Decision, error) {
	air := outside.Warmed(p.FanRise)
	cooling := grain - air.Celsius
	if cooling < p.MinCooling {
		return Decision{false, fmt.Sprintf("the air is only %.1f °C cooler than the grain", cooling)}, nil
	}
	moisture, err := EquilibriumMoisture(silo.Crop, air)
	if err != nil {
		return Decision{}, err
	}
	if wetting := moisture - silo.Moisture; wetting > p.MaxWetting {
		return Decision{false, fmt.Sprintf("the air would wet the grain to %.1f %%", moisture)}, nil
	}
	return Decision{true, fmt.Sprintf("cools by %.1f °C at %.1f %% equilibrium", cooling, moisture)}, nil
}

// Fan is a fan that can be switched.
type Fan interface {
	Switch(ctx context.Context, on bool) error
}

// Sky tells the air outside.
type Sky interface {
	Air(ctx context.Context) (Air, error)
}

// Controller switches a fan by a policy.
type Controller struct {
	Silo   *Silo
	Fan    Fan
	Sky    Sky
	Policy Policy
	Log    *slog.Logger

	running bool
}

// Step decides once and switches the fan if the decision changed.
func (c *Controller) Step(ctx context.Context) (Decision, error) {
	grain, err := c.Silo.MeanCelsius()
	if err != nil {
		return Decision{}, fmt.Errorf("silo %s: %w", c.Silo.Name, err)
	}
	outside, err := c.Sky.Air(ctx)
	if err != nil {
		return Decision{}, fmt.Errorf("weather for silo %s: %w", c.Silo.Name, err)
	}
	decision, err := c.Policy.Decide(c.Silo, grain, outside)
	if err != nil {
		return Decision{}, err
	}
	if decision.Run != c.running {
		if err := c.Fan.Switch(ctx, decision.Run); err != nil {
			return decision, fmt.Errorf("fan of silo %s: %w", c.Silo.Name, err)
		}
		c.running = decision.Run
	}
	return decision, nil
}

// Run steps at every interval until the context ends, and leaves the fan switched off.
func (c *Controller) Run(ctx context.Context, every time.Duration) error {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	defer func() {
		if c.running {
			// The context has ended, but the fan must be stopped all the same.
			if err := c.Fan.Switch(context.WithoutCancel(ctx), false); err != nil {
				c.Log.Error("the fan could not be stopped", "silo", c.Silo.Name, "error", err)
			}
		}
	}()
	for {
		decision, err := c.Step(ctx)
		if err != nil {
			c.Log.Warn("no decision", "silo", c.Silo.Name, "error", err)
		} else {
			c.Log.Info("decided", "silo", c.Silo.Name, "run", decision.Run, "reason", decision.Reason)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}
