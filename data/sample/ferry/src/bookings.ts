import type { Passenger, Vehicle } from "./fares.js";

export type BookingState = "held" | "paid" | "boarded" | "cancelled";

export interface Booking {
  readonly reference: string;
  readonly sailing: string;
  readonly passengers: readonly Passenger[];
  readonly vehicle?: Vehicle;
  readonly state: BookingState;
  readonly heldUntil: number;
}

export interface Deck {
  readonly seats: number;
  readonly laneMetres: number;
}

export type Result<T, E = string> = { ok: true; value: T } | { ok: false; error: E };

const ok = <T>(value: T): Result<T, never> => ({ ok: true, value });
const fail = <E>(error: E): Result<never, E> => ({ ok: false, error });

/** Which state may follow which. */
const TRANSITIONS: Readonly<Record<BookingState, readonly BookingState[]>> = {
  held: ["paid", "cancelled"],
  paid: ["boarded", "cancelled"],
  boarded: [],
  cancelled: [],
};

/** Space between vehicles on the deck. */
const GAP_M = 0.4;

/**
 * Bookings of all sailings, kept in memory. Holds that were not paid in time lapse by themselves and free their space.
 */
export class BookingDesk {
  private readonly bookings = new Map<string, Booking>();
  private counter = 0;

  constructor(
    private readonly decks: ReadonlyMap<string, Deck>,
    private readonly now: () => number,
    private readonly holdMs = 15 * 60_000,
  ) {}

  /** Reserve space on a sailing until the hold lapses. */
  hold(sailing: string, passengers: readonly Passenger[], vehicle?: Vehicle): Result<Booking> {
    const deck = this.decks.get(sailing);
    if (!deck) return fail(`no sailing ${sailing}`);
    const { seats, laneMetres } = this.free(sailing, deck);
    const infants = passengers.filter((p) => p.age === "infant").length;
    if (passengers.length - infants > seats) return fail(`only ${seats} seats are left`);
    if (vehicle && laneLength(vehicle) > laneMetres) {
      return fail(`only ${laneMetres.toFixed(1)} m of deck are left`);
    }
    const booking: Booking = {
      reference: this.nextReference(),
      sailing,
      passengers: [...passengers],
      ...(vehicle ? { vehicle } : {}),
      state: "held",
      heldUntil: this.now() + this.holdMs,
    };
    this.bookings.set(booking.reference, booking);
    return ok(booking);
  }

  /** Move a booking to another state, if the rules allow it. */
  transition(reference: string, to: BookingState): Result<Booking> {
    const booking = this.bookings.get(reference);
    if (!booking) return fail(`no booking ${reference}`);
    if (booking.state === "held" && this.lapsed(booking)) return fail(`the hold of ${reference} has lapsed`);
    if (!TRANSITIONS[booking.state].includes(to)) return fail(`a ${booking.state} booking cannot be ${to}`);
    const changed = { ...booking, state: to };
    this.bookings.set(reference, changed);
    return ok(changed);
  }

  /** Seats and lane metres that are still free on a sailing. */
  free(sailing: string, deck: Deck): Deck {
    let { seats, laneMetres } = deck;
    for (const booking of this.active(sailing)) {
      seats -= booking.passengers.filter((p) => p.age !== "infant").length;
      if (booking.vehicle) laneMetres -= laneLength(booking.vehicle);
    }
    return { seats, laneMetres: Math.max(0, laneMetres) };
  }

  *active(sailing: string): Generator<Booking> {
    for (const booking of this.bookings.values()) {
      if (booking.sailing !== sailing || booking.state === "cancelled") continue;
      if (booking.state === "held" && this.lapsed(booking)) continue;
      yield booking;
    }
  }

  private lapsed(booking: Booking): boolean {
    return booking.heldUntil <= this.now();
  }

  private nextReference(): string {
    this.counter += 1;
    const body = this.counter.toString(36).toUpperCase().padStart(5, "0");
    return `${body}${checkCharacter(body)}`;
  }
}

/** Lane metres that a vehicle takes; bicycles hang on the wall and take none. */
export function laneLength(vehicle: Vehicle): number {
  return vehicle.kind === "bicycle" ? 0 : vehicle.lengthM + GAP_M;
}

/** A check character that catches single typing errors and swapped neighbours in most cases. */
export function checkCharacter(body: string): string {
  const sum = [...body].reduce((total, character, index) => total + parseInt(character, 36) * (index + 1), 0);
  return (sum % 36).toString(36).toUpperCase();
}

/** Run a task for each item with at most `limit` of them under way, keeping the order of results. */
export async function mapLimited<T, R>(
  items: readonly T[],
  limit: number,
  task: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const index = next;
      next += 1;
      results[index] = await task(items[index] as T, index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return results;
}
