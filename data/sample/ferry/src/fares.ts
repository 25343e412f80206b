/** Fares in whole cents: ferries are paid in cash too often to trust floating point. */

export type Age = "adult" | "child" | "infant";

export interface Passenger {
  readonly age: Age;
  readonly resident?: boolean;
}

export interface Vehicle {
  readonly kind: "bicycle" | "motorcycle" | "car" | "lorry";
  readonly lengthM: number;
}

export interface Tariff {
  readonly adult: number;
  readonly childShare: number;
  readonly residentShare: number;
  readonly perMetre: number;
  readonly flat: Readonly<Record<"bicycle" | "motorcycle", number>>;
}

export interface Quote {
  readonly passengers: number;
  readonly vehicle: number;
  readonly reduction: number;
  readonly total: number;
}

export class FareError extends Error {
  constructor(
    message: string,
    readonly code: "no_adult" | "too_long" | "bad_tariff",
  ) {
    super(message);
    this.name = "FareError";
  }
}

const LONGEST_VEHICLE_M = 18.75;

/** The fare of one passenger in cents, before group reductions. */
export function passengerFare(passenger: Passenger, tariff: Tariff): number {
  if (passenger.age === "infant") return 0;
  const base = passenger.age === "child" ? tariff.adult * tariff.childShare : tariff.adult;
  return Math.round(passenger.resident ? base * tariff.residentShare : base);
}

/**
 * The fare of a vehicle in cents. Cars and lorries pay by the started half metre.
 *
 * @throws FareError if the vehicle does not fit on the deck
 */
export function vehicleFare(vehicle: Vehicle, tariff: Tariff): number {
  if (vehicle.lengthM > LONGEST_VEHICLE_M) {
    throw new FareError(`a vehicle of ${vehicle.lengthM} m does not fit`, "too_long");
  }
  switch (vehicle.kind) {
    case "bicycle":
    case "motorcycle":
      return tariff.flat[vehicle.kind];
    case "car":
    case "lorry": {
      const billed = Math.ceil(vehicle.lengthM * 2) / 2;
      return Math.round(billed * tariff.perMetre * (vehicle.kind === "lorry" ? 1.4 : 1));
    }
    default:
      return unreachable(vehicle.kind);
  }
}

function unreachable(value: never): never {
  throw new FareError(`unknown kind ${String(value)}`, "bad_tariff");
}

/** Families of two adults and at least two children get the cheapest child's fare back. */
export const familyReduction = (passengers: readonly Passenger[], tariff: Tariff): number => {
  const adults = passengers.filter((p) => p.age === "adult");
  const children = passengers.filter((p) => p.age === "child");
  if (adults.length < 2 || children.length < 2) return 0;
  return Math.min(...children.map((child) => passengerFare(child, tariff)));
};

/**
 * Price a whole party. Children do not travel without an adult, and the reduction never exceeds the passengers' fares.
 */
export function quote(passengers: readonly Passenger[], tariff: Tariff, vehicle?: Vehicle): Quote {
  if (passengers.length > 0 && !passengers.some((p) => p.age === "adult")) {
    throw new FareError("children need an adult", "no_adult");
  }
  const people = passengers.reduce((sum, p) => sum + passengerFare(p, tariff), 0);
  const wheels = vehicle ? vehicleFare(vehicle, tariff) : 0;
  const reduction = Math.min(people, familyReduction(passengers, tariff));
  return { passengers: people, vehicle: wheels, reduction, total: people + wheels - reduction };
}

/** Format cents for a receipt in the customer's own locale. */
export function formatCents(cents: number, locale = "en-IE", currency = "EUR"): string {
  return new Intl.NumberFormat(locale, { style: "currency", currency }).format(cents / 100);
}
