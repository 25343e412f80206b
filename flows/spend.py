"""How far a run of calls is and what it cost, in a sentence for whoever waits."""

from __future__ import annotations

from dataclasses import dataclass, field

from tilth.llm.conversation import Usage


def dollars(amount: float) -> str:
    """An amount with cents, and with more places where it is a fraction of one.

    >>> dollars(1234.5), dollars(0.004), dollars(0)
    ('$1,234.50', '$0.0040', '$0.00')
    """
    return f"${amount:,.4f}" if 0 < amount < 0.1 else f"${amount:,.2f}"


@dataclass
class Spend:
    """What has been used so far of a run that has `total` items to come to, where that is known."""

    total: int | None = None
    budget_usd: float | None = None
    done: int = 0
    usage: Usage = field(default_factory=Usage)

    def add(self, usage: Usage) -> None:
        """One more item is done."""
        self.done += 1
        self.usage = self.usage.plus(usage)

    @property
    def cost_usd(self) -> float:
        """Dollars of this run's calls; those of models without a price are missing."""
        return self.usage.cost_microusd / 1e6

    @property
    def projected_usd(self) -> float | None:
        """Dollars that the run comes to if the rest costs what the part so far did; None while nothing is known."""
        if not self.total or not self.done:
            return None
        return self.cost_usd * max(self.total, self.done) / self.done

    def said(self) -> str:
        """The sentence.

        >>> Spend(4, 1.0, 2, Usage(calls=2, cost_microusd=500_000)).said()
        '2 of 4, 2 calls, 0 replayed, 0 failed, $0.50 of $1.00, about $1.00 in the end'
        """
        used = self.usage
        of = f" of {self.total:,}" if self.total else ""
        told = [
            f"{self.done:,}{of}",
            f"{used.calls:,} calls",
            f"{used.replayed:,} replayed",
            f"{used.failed:,} failed",
        ]
        if used.unpriced:
            told.append(f"{used.input_tokens + used.output_tokens:,} tokens without a price")
        else:
            bound = "" if self.budget_usd is None else f" of {dollars(self.budget_usd)}"
            told.append(f"{dollars(self.cost_usd)}{bound}")
            if self.projected_usd is not None and self.total != self.done:
                told.append(f"about {dollars(self.projected_usd)} in the end")
        return ", ".join(told)
