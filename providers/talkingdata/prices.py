"""What the pool's models cost in credits.

Not documented: two credits a second of 720p film, half for 480p, twice for 1080p. One table serves all models, so a
parameter's value means the same for each that has it. Prices are those of five seconds at 720p, or of one picture.
"""

from __future__ import annotations

from decimal import Decimal

from ..base import PriceFactor

#: five seconds at 720p
FILM = Decimal(10)
#: a length that the model chooses itself: held for the longest, paid for what it was (`Snapshot.used`)
LONGEST = 15

PRICE_FACTORS: tuple[PriceFactor, ...] = (
    *(PriceFactor("duration", str(seconds), Decimal(seconds) / 5) for seconds in range(3, LONGEST + 1)),
    PriceFactor("duration", "-1", Decimal(LONGEST) / 5),
    PriceFactor("resolution", "480p", Decimal("0.5")),
    PriceFactor("resolution", "1080P", Decimal(2)),
    PriceFactor("resolution", "4K", Decimal(2)),
    PriceFactor("quality", "image2_medium", Decimal(2)),
    PriceFactor("quality", "image2_high", Decimal(4)),
)
